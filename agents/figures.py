"""Figures the strategists' rules reason about: treatments as predicted, shares with their error."""

import math
from typing import Final

import polars as pl

from agents.desk import Desk
from agents.pricing import costed
from domain.names import AgentName
from tools.prediction.stored import only, predictions_of

Z95: Final = 1.96
"""Two-sided 95% of the normal distribution."""
POWER_Z: Final = Z95 + 0.84
"""Two-sided 5% and 80% power."""


def treatment_figures(desk: Desk, agent: AgentName) -> pl.DataFrame:
    """One row per predicted treatment of the agent's channels, sorted by treatment_id.

    base, effect, effect_se, evidence: of the leading objective. value, value_se: what one touch
    brings by all objectives, sums of weight x worth x effect and of its error, without its cost.
    All are means over contacts; the mean of the standard errors is that of the mean effect if all
    contacts err alike, so it is never too small. worth (of a leading outcome), value, cost: minor
    units; people: contacts it is predicted for.
    """
    predictions = predictions_of(desk.folder, desk.objective)
    leading, *others = (
        _means(only(predictions, one, len(desk.objectives)), desk, agent, one.weight)
        for one in desk.objectives
    )
    for other in others:
        added = other.select("treatment_id", "channel", more="value", more_se="value_se")
        leading = (
            leading.join(added, on=["treatment_id", "channel"], how="left")
            .with_columns(
                value=pl.col("value") + pl.col("more"),
                value_se=pl.col("value_se") + pl.col("more_se"),
            )
            .drop("more", "more_se")
        )
    return costed(leading, desk).sort("treatment_id")


def _means(predictions: pl.DataFrame, desk: Desk, agent: AgentName, weight: float) -> pl.DataFrame:
    """One objective's figures by treatment and channel."""
    own = [one.channel for one in desk.channels_of(agent)]
    return (
        predictions.filter(pl.col("channel").is_in(own))
        .group_by("treatment_id", "channel")
        .agg(
            pl.col("base", "effect", "effect_se", "worth").mean(),
            pl.col("evidence").first(),
            people=pl.len(),
            # Outcomes of different contacts differ in worth: it is weighed contact by contact.
            value=(pl.col("effect") * pl.col("worth")).mean() * weight,
            value_se=(pl.col("effect_se") * pl.col("worth").abs()).mean() * weight,
        )
    )


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
