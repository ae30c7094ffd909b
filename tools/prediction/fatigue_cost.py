"""What one more touch costs, in money, by declared losses alone."""

from typing import Final

import polars as pl

from domain.fatigue import Losses
from tools.prediction.fatigue import USUAL, Fatigue

LEAVING: Final = ("unsubscribed", "complained")
"""Answers that lose what a contact would yet have bought."""


def touch_costs(
    asked: pl.DataFrame, fatigue: Fatigue, losses: Losses, future: pl.DataFrame | None = None
) -> pl.DataFrame:
    """asked (contact_id, channel, touches_7d, touches_28d) with fatigue_cost, fatigue_cost_low,
    fatigue_cost_high (minor units), unpriced (outcomes without a declared loss, by comma),
    evidence, and the risks.

    The cost is the sum, over outcomes, of chance x loss; its ends add up those of the chances, as
    if all were at their worst together, so it is never too narrow. `future` (contact_id, value):
    what each contact is yet expected to buy, minor units. Where no outcome has a loss the cost is
    null: nothing is priced, which is not the same as costing nothing.
    """
    told = fatigue.risks(asked)
    if future is not None:
        known = future.select("contact_id", future="value")
        told = told.join(known, on="contact_id", how="left", maintain_order="left")
    else:
        told = told.with_columns(future=pl.lit(None, dtype=pl.Float64))
    loss = {outcome: _loss(outcome, losses) for outcome in USUAL}
    priced = pl.any_horizontal(one.is_not_null() for one in loss.values())
    sums = {
        f"fatigue_cost{end}": pl.when(priced).then(
            pl.sum_horizontal(pl.col(f"{name}{end}") * one for name, one in loss.items())
        )
        for end in ("", "_low", "_high")
    }
    unsaid = pl.concat_list(pl.when(one.is_null()).then(pl.lit(name)) for name, one in loss.items())
    return told.with_columns(**sums, unpriced=unsaid.list.drop_nulls().list.join(", ")).drop(
        "future"
    )


def _loss(outcome: str, losses: Losses) -> pl.Expr:
    declared: int | None = getattr(losses, outcome)
    flat = pl.lit(declared, dtype=pl.Float64)
    if outcome not in LEAVING or losses.share_of_future is None:
        return flat
    return pl.coalesce(pl.col("future") * losses.share_of_future, flat)


def losses_said(losses: Losses) -> str:
    """What is priced and what is not, in a sentence for a reader."""
    unsaid = [
        name
        for name in USUAL
        if getattr(losses, name) is None
        and not (name in LEAVING and losses.share_of_future is not None)
    ]
    if len(unsaid) == len(USUAL):
        return "Nobody declared what a lost contact costs, so fatigue is told and not priced."
    if not unsaid:
        return "Ignored, unsubscribed and complained are priced as declared."
    return f"Not priced, since nobody declared what it costs: {', '.join(unsaid)}."
