"""What each objective gives of a touch's value: its share, and what that was made of."""

from datetime import timedelta
from typing import Any

import polars as pl

from app.concert_told import times_of
from app.tiring_told import tiring_of
from domain.objective import Objective
from graph.opening import objectives_of, pins_of
from graph.tower import Tower
from tools.prediction.stored import predictions_of

FACTORS = ("base", "effect", "effect_se", "low", "high", "worth", "support", "model")
"""low, high: the 90% interval of the contact's own effect; null in runs that kept none."""


def foreseen(tower: Tower, run_id: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The predictions a choice rests on, the leading objective's first; none for what no model
    foretold, such as a budget."""
    if row["contact"] is None:
        return []
    objectives = objectives_of(tower, pins_of(tower, run_id))
    same = [pl.col(key) == row[key] for key in ("contact", "treatment_id", "channel")]
    rows = predictions_of(tower.folder(run_id), objectives[0]).filter(*same)
    order = {one.outcome: place for place, one in enumerate(objectives)}
    return sorted(rows.to_dicts(), key=lambda one: order[one["outcome"]])


def factors(known: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What the leading objective's share was made of; None where nothing was foretold."""
    return {name: known[0].get(name) for name in FACTORS} if known else None


def shares(
    tower: Tower, run_id: str, row: dict[str, Any], known: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each objective's outcome, purpose, own_worth (whether the purpose gave this contact's worth,
    not the declared one), noun, weight, evidence, value (minor units) and factors.

    The values add up to the touch's value before its cost and what it may lose. Those of all but
    the leading one are weight x worth x effect x times, faded to the slot; the leading one has the
    rest, which is its own such product, or the declared share of a deal that took its place.
    """
    if not known:
        return []
    left = _left(tower, run_id, row)
    times = {one["outcome"]: one["multiplier"] for one in times_of(tower, run_id, row)}
    values = [
        round(
            one["weight"] * one["worth"] * one["effect"] * times.get(one["outcome"], 1.0) * left, 2
        )
        for one in known
    ]
    tiring = tiring_of(tower, run_id, row)
    paid = row["cost"] + (0.0 if tiring is None else tiring["loss"])
    values[0] = round(round(row["value"], 2) + paid - sum(values[1:]), 2)
    declared = {one.outcome: one for one in objectives_of(tower, pins_of(tower, run_id))}
    return [
        {
            "outcome": one["outcome"],
            "purpose": declared[one["outcome"]].purpose or "conversion",
            "own_worth": _is_own(declared[one["outcome"]], one["worth"]),
            "noun": declared[one["outcome"]].noun,
            "weight": one["weight"],
            "value": value,
            "evidence": one["evidence"],
            **{name: one.get(name) for name in FACTORS},
        }
        for one, value in zip(known, values, strict=True)
    ]


def _is_own(objective: Objective, worth: float) -> bool:
    """The declared worth speaks where the data don't, to the last digit; nothing learnt does."""
    return objective.of_each and worth != objective.worth


def _left(tower: Tower, run_id: str, row: dict[str, Any]) -> float:
    """Share of the value at the run's instant that is left at the slot."""
    days = (row["slot_at"] - pins_of(tower, run_id).at) / timedelta(days=1)
    return float((1 - tower.config.cycle.decay_per_day) ** days)
