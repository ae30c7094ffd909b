"""Figures the strategists' rules reason about: treatments as predicted, shares with their error."""

import math
from typing import Final

import polars as pl

from agents.desk import Desk
from agents.pricing import costed
from domain.names import AgentName

Z95: Final = 1.96
"""Two-sided 95% of the normal distribution."""
POWER_Z: Final = Z95 + 0.84
"""Two-sided 5% and 80% power."""


def treatment_figures(desk: Desk, agent: AgentName) -> pl.DataFrame:
    """One row per predicted treatment of the agent's channels, sorted by treatment_id.

    base, effect, effect_se: means over contacts; the mean of the standard errors is that of the
    mean effect if all contacts err alike, so it is never too small. worth, cost: minor units;
    people: contacts it is predicted for.
    """
    own = [one.channel for one in desk.channels_of(agent)]
    rows = (
        desk.folder.read("predictions")
        .filter(pl.col("channel").is_in(own))
        .group_by("treatment_id", "channel")
        .agg(
            pl.col("base", "effect", "effect_se", "worth").mean(),
            pl.col("evidence").first(),
            people=pl.len(),
        )
    )
    return costed(rows, desk).sort("treatment_id")


def least_share(hits: str, total: str) -> pl.Expr:
    """Lower end of the 95% interval of the share of two count columns.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927): few
    touches never condemn a treatment by one bad day.
    """
    n = pl.col(total).cast(pl.Float64)
    share = pl.col(hits) / n
    middle = share + Z95**2 / (2 * n)
    width = Z95 * (share * (1 - share) / n + Z95**2 / (4 * n**2)).sqrt()
    return (middle - width) / (1 + Z95**2 / n)


def sample_size(base: float, effect: float) -> int:
    """Contacts per arm that show a change of `effect` (not 0) from `base`, at 5% and 80% power.

    2 p q (z_a + z_b)^2 / d^2 with p the arms' mean: Fleiss, Levin and Paik, "Statistical Methods
    for Rates and Proportions" (2003), without continuity correction.
    """
    mean = min(max(base + effect / 2, 1e-4), 1 - 1e-4)
    return math.ceil(POWER_Z**2 * 2 * mean * (1 - mean) / effect**2)
