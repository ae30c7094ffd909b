"""Parity: whether a campaign reaches every category of people about as often, and what it may do
where it does not: nothing.

Every category is looked at, however few people it has, once there are enough of them to tell. The
ratio is the four-fifths rule's (29 CFR 1607.4 D), here against everybody else rather than the
category that is reached most, which may be a handful of people.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from policies.account_limits import Parity

BEYOND_CHANCE: Final = 3.0
"""Standard errors by which a rate must lie below everybody else's (two proportions, pooled): by
chance alone one category in 740 does."""
UNEQUAL: Final = {
    "campaign_id": pl.String,
    "parity": pl.String,
    "category": pl.String,
    "people": pl.Int64,
    "reached": pl.Int64,
    "rate": pl.Float64,
    "rate_of_others": pl.Float64,
}


def held_back(
    placed: pl.DataFrame, observations: pl.DataFrame, parities: Sequence[Parity]
) -> pl.DataFrame:
    """The placed candidates; none is chosen of a campaign that reaches some category too seldom."""
    found = unequal(placed, observations, parities)
    if found.is_empty():
        return placed
    held = pl.col("chosen") & pl.col("campaign_id").is_in(
        found.get_column("campaign_id").unique().to_list()
    )
    return placed.with_columns(
        chosen=pl.col("chosen") & ~held,
        reason=pl.when(held).then(pl.lit("unequal")).otherwise("reason"),
    )


def unequal(
    placed: pl.DataFrame, observations: pl.DataFrame, parities: Sequence[Parity]
) -> pl.DataFrame:
    """UNEQUAL: categories that a campaign reaches too seldom.

    placed: contact, campaign_id, class, findings, ghost, chosen. People are those who were open to
    a promotion of the campaign; who is in the holdout, or closed by a guardrail, is none of them.
    """
    empty = pl.DataFrame(schema=UNEQUAL)
    open_ones = placed.filter((pl.col("findings") == 0) & ~pl.col("ghost").fill_null(False))
    asked = open_ones.filter(pl.col("class") == "marketing").group_by("campaign_id", "contact")
    people = asked.agg(reached=pl.col("chosen").any())
    return pl.concat([empty, *(_of(one, people, observations) for one in parities)])


def _of(rule: Parity, people: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """Of an attribute that nobody has, everybody is of one category, and nobody is set back."""
    known = rule.attribute in observations.columns
    category = pl.col(rule.attribute) if known else pl.lit(None)
    named = observations.select("contact", category=category.cast(pl.String).fill_null(NOT_SAID))
    counted = (
        people.join(named, on="contact", how="inner")
        .group_by("campaign_id", "category")
        .agg(people=pl.len().cast(pl.Int64), reached=pl.col("reached").sum().cast(pl.Int64))
    )
    total = {name: pl.col(name).sum().over("campaign_id") for name in ("people", "reached")}
    others = {name: total[name] - pl.col(name) for name in total}
    together = total["reached"] / total["people"]
    error = (together * (1 - together) * (1 / pl.col("people") + 1 / others["people"])).sqrt()
    return (
        counted.with_columns(
            rate=pl.col("reached") / pl.col("people"),
            rate_of_others=others["reached"] / others["people"],
            error=error,
        )
        .filter(
            (others["people"] > 0)
            & (pl.col("people") >= rule.people)
            & (pl.col("rate") < rule.at_least * pl.col("rate_of_others"))
            & (pl.col("rate_of_others") - pl.col("rate") > BEYOND_CHANCE * pl.col("error"))
        )
        .with_columns(parity=pl.lit(rule.name))
        .select(pl.col(name).cast(dtype) for name, dtype in UNEQUAL.items())
        .sort("campaign_id", "category")
    )


NOT_SAID: Final = "(not said)"
