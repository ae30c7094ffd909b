"""A whole run of the company that asks its models together, and the receipts that tell of it."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.compose import House, open_house
from app.explaining import explain
from graph.opening import open_run, pins_of
from graph.people import by_person
from graph.replaying import replay_run
from graph.seeing import foresee, see_contacts
from graph.standing import standing
from graph.tiring import keep_touch_losses
from tests.app.commands import clearance
from tests.app.worlds import copy_of, fresh, ran
from tests.shared import made_once
from tools.ledger import runs
from tools.prediction.fatigue import STEPS

KEYS = """
[send_time]
use = true

[fatigue]
unsubscribed = 4000
"""


def asking() -> Path:
    """A workspace with the keys that had no run yet."""
    folder = copy_of(fresh("company"))
    config = folder / "clearance.toml"
    config.write_text(config.read_text() + KEYS)
    return folder


@cache
def together() -> Path:
    return made_once("company-together", _ran_together)


def _ran_together() -> Path:
    folder = asking()
    answer = clearance("run", "--json", workspace=folder)
    assert answer.code == 0, answer.error
    return folder


def tables(folder: Path) -> Path:
    return next((folder / "runs").iterdir())


def decisions(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(tables(folder) / "decisions.parquet")


def receipt(folder: Path, rule: pl.Expr) -> dict[str, Any]:
    row = decisions(folder).filter(rule).row(0, named=True)
    told: dict[str, Any] = explain(open_house(folder), row["decision_id"], confirm=False)
    return dict(told["receipts"][0])


def test_a_run_keeps_no_times_and_no_losses_unless_the_workspace_asks_for_them() -> None:
    names = {one.stem for one in tables(ran("company")).iterdir()}

    assert not names & {"send_times", "own_send_times", "send_time_notes"}
    assert not names & {"touch_losses", "recent_touches"}
    told = receipt(ran("company"), pl.col("channel") == "email")
    assert (told["times"], told["tiring"]) == ([], None)


def test_each_channel_of_a_run_says_how_far_its_hours_may_be_believed() -> None:
    told = pl.read_parquet(tables(together()) / "send_times.parquet")
    notes = (tables(together()) / "send_time_notes.jsonl").read_text()

    assert set(told["channel"]) == {"email", "call", "task"}
    assert set(told["evidence"]) <= {"measured", "prior"}
    assert (told["low"] < told["multiplier"]).all()
    assert (told["multiplier"] < told["high"]).all()
    assert all(notes.count(f'"channel":"{one}"') == 1 for one in set(told["channel"]))


def test_values_are_the_effects_times_the_hour_less_the_loss_as_the_receipt_says() -> None:
    folder = together()
    rows = decisions(folder).filter(
        (pl.col("channel") == "email") & (pl.col("class") == "marketing")
    )
    assert rows.height >= 3
    for row in rows.sort("slot", descending=True).head(3).iter_rows(named=True):
        told = explain(open_house(folder), row["decision_id"], confirm=False)["receipts"][0]
        (times,) = told["times"]
        factors = told["factors"]
        left = 0.95 ** (row["slot"] * 3 / 24)
        gain = factors["effect"] * factors["worth"] * times["multiplier"] * left
        loss = told["tiring"]["loss"]
        assert loss > 0
        assert abs(told["value"] - (gain - row["cost"] - loss)) < 0.01
        assert abs(told["objectives"][0]["value"] - gain) < 0.02


def test_a_loss_is_the_chance_after_so_many_touches_times_what_was_declared() -> None:
    folder = together()
    recent = pl.read_parquet(tables(folder) / "recent_touches.parquet")
    busiest = recent.sort("touches_7d", "touches_28d", "contact").row(-1, named=True)
    row = decisions(folder).filter(contact=busiest["contact"]).row(0, named=True)

    told = receipt(folder, pl.col("decision_id") == row["decision_id"])["tiring"]

    assert (told["touches_7d"], told["touches_28d"]) == (
        busiest["touches_7d"],
        busiest["touches_28d"],
    )
    assert abs(told["loss"] - told["chances"]["unsubscribed"]["chance"] * 4000) < 1e-9
    assert told["loss_low"] < told["loss"] < told["loss_high"]


def test_a_campaigns_budget_has_no_hour_and_tires_nobody() -> None:
    house = open_house(together())
    (run,) = runs.every(house.tower.ledger)
    budgets = standing(house.tower, run.run_id).filter(pl.col("contact").is_null())
    assert budgets.height

    told = explain(house, budgets.item(0, "decision_id"), confirm=False)["receipts"][0]

    assert (told["times"], told["tiring"]) == ([], None)


def test_a_run_decided_again_counts_the_hours_and_the_losses_that_it_counted(
    tmp_path: Path,
) -> None:
    tower = open_house(together()).tower
    (run,) = runs.every(tower.ledger)

    again = replay_run(tower, run.run_id, tower.loaded, tmp_path / "apart")

    keys = ["contact_id", "channel", "treatment_id", "slot"]
    then, now = (
        folder.read("candidates").select(*keys, "value", "value_se").sort(keys)
        for folder in (tower.folder(run.run_id), again.folder)
    )
    assert then.height > 1000
    assert now.equals(then)
    assert not [words for words in again.drift if "values" in words]


def test_a_run_that_died_before_its_predictions_finds_the_same_times_and_losses() -> None:
    house = open_house(asking())
    pins = pins_of(house.tower, open_run(house.tower, "morning", "one"))
    see_contacts(house.tower, pins)
    foresee(house.tower, pins)
    folder = house.tower.folder(pins.run_id)
    names = ("own_send_times", "send_times", "recent_touches", "touch_losses", "predictions")
    before = {one: folder.hash_of(one) for one in names}
    for one in names[1:]:
        (folder.path / f"{one}.parquet").unlink()

    foresee(house.tower, pins)

    assert {one: folder.hash_of(one) for one in names} == before


def test_the_command_says_why_this_hour_and_what_the_touch_may_lose() -> None:
    folder = together()
    row = decisions(folder).filter(pl.col("channel") == "email").row(0, named=True)

    said = clearance("explain", row["decision_id"], workspace=folder).out

    (times,) = receipt(folder, pl.col("decision_id") == row["decision_id"])["times"]
    assert " ".join(times["sentence"].split()) in " ".join(said.split())
    assert " local: " in times["sentence"]
    tiring = receipt(folder, pl.col("decision_id") == row["decision_id"])["tiring"]
    assert " ".join(tiring["sentence"].split()) in " ".join(said.split())


@pytest.mark.parametrize("judged_by", [True, False])
def test_whom_models_are_judged_by_teaches_no_loss(judged_by: bool) -> None:
    """Everybody of them unsubscribes after their touch; of as many others it would show."""
    house = open_house(asking())
    plain = losses_of(house, "plain")
    people = house.tower.folder("plain").read("observations").filter(evaluation=judged_by)
    at = house.tower.clock.now() - timedelta(days=20)
    touched = people.head(300).select(
        "contact_id",
        touch_id=pl.concat_str(pl.lit("left-"), "contact_id"),
        treatment_id=pl.lit("nurture_1"),
        channel=pl.lit("email"),
        at=pl.lit(at),
        source=pl.lit("other_tool"),
        **{"class": pl.lit("marketing")},
    )
    left = touched.select(
        "contact_id",
        outcome_id="touch_id",
        kind=pl.lit("unsubscribe"),
        at=pl.lit(at + timedelta(days=1)),
        source=pl.lit("other_tool"),
    )
    house.tower.warehouse.merge("touches", touched)
    house.tower.warehouse.merge("outcomes", left)

    assert losses_of(house, "later").equals(plain) is judged_by


def losses_of(house: House, name: str) -> pl.DataFrame:
    """Losses by channel and step of a run that opens now, its observations in a folder beside."""
    tower = house.tower
    pins = pins_of(tower, open_run(tower, "always_on", name))
    see_contacts(tower, pins)
    people = by_person(tower, pins.at)
    keep_touch_losses(tower, pins, people)
    folder = tower.folder(pins.run_id)
    tower.folder(name).write("observations", folder.read("observations"))
    return folder.read("touch_losses").select("channel", *STEPS, "loss", "loss_se")
