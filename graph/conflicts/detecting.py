"""Conflicts: two sides that could not both have their way, by name, with what giving way costs."""

from collections.abc import Callable
from typing import Final

import polars as pl

from domain.tables import CONFLICTS
from graph.conflicts import budgets, bundles, holds, limits, objectives, owners, rivals, times
from graph.conflicts.scene import Scene

RULES: Final[tuple[Callable[[Scene], pl.DataFrame], ...]] = (
    holds.cap_used_up,
    holds.deal_open,
    holds.complaint_open,
    holds.customer_chased,
    holds.holdout_leaked,
    times.simultaneous,
    times.quiet_hours,
    rivals.beaten,
    rivals.priced_out,
    rivals.explored,
    owners.two_reps,
    owners.another_owner,
    owners.automation,
    budgets.two_optimisers,
    budgets.unlearned,
    limits.contradictory,
    bundles.torn,
    objectives.competing,
)


def detect(scene: Scene) -> pl.DataFrame:
    """CONFLICTS of a run, by type and candidate.

    Stake: the value of what gave way, minor units, zero where it was worth less than nothing. One
    candidate can stand in several conflicts; those about limits and budgets have none.
    """
    found = pl.concat([rule(scene) for rule in RULES])
    return CONFLICTS.conform(found.sort("type", "candidate", "subject", nulls_last=True))
