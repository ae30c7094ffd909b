"""Runs that nobody knew of when a past run chose: the run itself and those after it."""

import polars as pl

from domain.run import Pins
from graph.tower import Tower


def later_runs(tower: Tower, pins: Pins) -> list[str]:
    """The run and those opened after it."""
    asked = "SELECT subject FROM audit WHERE kind = 'run_opened' ORDER BY seq"
    ids = tower.ledger.frame(asked, {"run_id": pl.String}).get_column("run_id").to_list()
    return ids[ids.index(pins.run_id) :] if pins.run_id in ids else [pins.run_id]


def later_effects(tower: Tower, pins: Pins) -> frozenset[str]:
    """Effects of the run itself and of those after it."""
    asked = "SELECT effect_id, run_id FROM effect"
    effects = tower.ledger.frame(asked, {"effect_id": pl.String, "run_id": pl.String})
    late = effects.filter(pl.col("run_id").is_in(later_runs(tower, pins)))
    return frozenset(late.get_column("effect_id"))
