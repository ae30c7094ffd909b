"""What `clearance report models` tells: how far each model can be believed, and by what."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from app.model_desk import shown
from domain.objective import Objective
from domain.run import Pins
from graph.opening import objectives_of, pins_of
from graph.people import by_person
from tools.ledger import model_versions, runs
from tools.measurement.answers import NOTHING
from tools.prediction.appointing import name_of
from tools.prediction.registry.curves import qini_curve, wilson
from tools.prediction.response import ResponseCurve, fit_curves
from tools.prediction.training import learn_from

if TYPE_CHECKING:
    from app.compose import House


def model_report(house: "House") -> dict[str, Any]:
    """Champions and challengers with their calibration, Qini curves of the newest run's measured
    predictions, and response curves of campaigns; in the documented keys. Money in minor units."""
    with house.tower.ledger.read() as session:
        ids = [
            row.version_id
            for row in model_versions.listed(session)
            if row.state in ("champion", "challenger")
        ]
    newest = runs.latest(house.tower.ledger)
    pins = None if newest is None else pins_of(house.tower, newest.run_id)
    data: dict[str, Any] = {
        "run_id": None if pins is None else pins.run_id,
        "currency": house.tower.config.currency,
        "models": [_model(house, one) for one in ids],
        "qini": [] if pins is None else list(_qini(house, pins)),
        "responses": [_response(one) for one in _curves(house)],
        "note": house.tower.config.note,
    }
    return {**data, "missing": missing(data)}


def missing(data: dict[str, Any]) -> list[str]:
    """What the report can't show, why, and what to do."""
    why_no_qini = (
        "no prediction of the newest run rests on a comparison that chance made: keep a holdout"
        if data["run_id"]
        else "no run was made yet: `clearance run`"
    )
    told = {
        "models": "No model decides or challenges yet: `clearance run` fits and files them.",
        "qini": f"No Qini curve: {why_no_qini}.",
        "responses": "No response curve: no campaign has spend. `clearance import spend FILE`.",
    }
    return [words for part, words in told.items() if not data[part]]


def _model(house: "House", version_id: str) -> dict[str, Any]:
    said = shown(house, version_id)
    said["calibration"] = [_with_interval(one) for one in said["calibration"]]
    said["support"] = said["card"]["touches"] + said["card"]["controls"]
    return said


def _with_interval(one: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(one["observed"], one["rows"])
    return {**one, "low": low, "high": high}


def _qini(house: "House", pins: Pins) -> Iterator[dict[str, Any]]:
    """A curve for each treatment that the run's predictions call measured, on evaluation contacts
    whom chance treated or left alone."""
    folder = house.tower.folder(pins.run_id)
    if not folder.has("predictions"):
        return
    predictions = folder.read("predictions").filter(pl.col("evidence") == "measured")
    for objective in objectives_of(house.tower, pins):
        evaluation = _evaluation(house, pins, objective)
        of_it = predictions.filter(pl.col("outcome") == objective.outcome)
        for (treatment_id, channel), rows in of_it.group_by(
            "treatment_id", "channel", maintain_order=True
        ):
            found = _curve(rows, evaluation, str(treatment_id), str(channel))
            if found is not None:
                yield {"name": name_of(objective.outcome, str(channel), str(treatment_id)), **found}


def _evaluation(house: "House", pins: Pins, objective: Objective) -> pl.DataFrame:
    people = by_person(house.tower, pins.at)
    return learn_from(
        house.tower.folder(pins.run_id).read("observations"),
        people.table("touches"),
        people.table("outcomes"),
        objective,
        pins.at,
    ).evaluation


def _curve(
    predicted: pl.DataFrame, evaluation: pl.DataFrame, treatment_id: str, channel: str
) -> dict[str, Any] | None:
    rows = evaluation.filter(
        (pl.col("channel") == channel)
        & pl.col("treatment_id").is_in([NOTHING, treatment_id])
        & pl.col("propensity").is_between(0.0, 1.0, closed="right")
    ).join(predicted.select("contact", "effect"), on="contact", maintain_order="left")
    treated = (rows.get_column("treatment_id") != NOTHING).to_numpy()
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        return None
    curve = qini_curve(
        rows.get_column("effect").to_numpy(),
        treated,
        rows.get_column("answered").to_numpy().astype(np.float64),
        rows.get_column("contact").to_numpy().astype(np.int64),
    )
    points = {key: getattr(curve, key).tolist() for key in curve.__dataclass_fields__}
    return {"rows": rows.height, "treated": int(treated.sum()), **points}


def _curves(house: "House") -> tuple[ResponseCurve, ...]:
    tower = house.tower
    table = tower.warehouse.table
    return fit_curves(
        table("spend"),
        table("events"),
        tower.config.objective,
        tower.clock.now(),
        lift_tests=table("lift_tests"),
        incremental_share=tower.config.ads.incremental_share,
        margin=tower.config.ads.margin,
        seed=tower.config.cycle.seed,
    )


def _response(one: ResponseCurve) -> dict[str, Any]:
    low, high = one.interval
    return {
        "campaign_id": one.campaign_id,
        "platform": one.platform,
        "evidence": one.evidence,
        "model": one.model,
        "spend_now": one.spend_now,
        "low": low,
        "high": high,
        "curve": [
            {"spend": spend, "value": float(one.curve.value(spend)), "low": down, "high": up}
            for spend, down, up in one.band
        ],
        "words": one.words,
    }
