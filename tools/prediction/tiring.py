"""What whom one more touch loses is worth: by channel and step for all, by contact how many came.

A loss for each contact and channel would say the same thousands of times over: it depends on the
channel and on the step of earlier touches alone. So it is put together where an option is placed.
"""

from datetime import datetime
from typing import Final

import polars as pl

from domain.fatigue import Losses
from domain.model_tables import RECENT_TOUCHES, TOUCH_LOSSES, TOUCHING
from tools.prediction.fatigue import STEPS, Fatigue, fit_fatigue, step_of
from tools.prediction.fatigue_cost import LEAVING, touch_costs
from tools.prediction.normal import Z_90
from tools.prediction.recent_touches import touches_before, touches_with_answers

PLACE: Final = ("channel", *STEPS)


def price_touches(
    touches: pl.DataFrame, outcomes: pl.DataFrame, losses: Losses, at: datetime
) -> pl.DataFrame:
    """TOUCH_LOSSES from past touches of contacts to learn from (touches, outcomes: as
    tools.prediction.recent_touches asks for them)."""
    return losses_by_step(fit_fatigue(touches_with_answers(touches, outcomes, at), at), losses)


def losses_by_step(fatigue: Fatigue, losses: Losses) -> pl.DataFrame:
    """TOUCH_LOSSES of every channel that touches; loss_se is that of a normal error with the same
    90% interval."""
    steps = fatigue.table.filter(
        (pl.col("outcome") == LEAVING[0]) & pl.col("channel").is_in(TOUCHING)
    ).select(*PLACE, "support", "model", "as_of")
    priced = touch_costs(steps, fatigue, losses).drop("evidence")
    return TOUCH_LOSSES.conform(
        priced.rename({f"fatigue_cost{end}": f"loss{end}" for end in ("", "_low", "_high")})
        .join(_evidence(fatigue, losses), on=list(PLACE), how="left", maintain_order="left")
        .with_columns(loss_se=(pl.col("loss_high") - pl.col("loss_low")) / (2 * Z_90))
    )


def _evidence(fatigue: Fatigue, losses: Losses) -> pl.DataFrame:
    """The evidence of the priced outcomes together: one that rests on a prior makes it one."""
    priced = [one for one in LEAVING if getattr(losses, one) is not None]
    measured = (pl.col("evidence") == "measured").all()
    return (
        fatigue.table.filter(pl.col("outcome").is_in(priced))
        .group_by(PLACE)
        .agg(evidence=pl.when(measured).then(pl.lit("measured")).otherwise(pl.lit("prior")))
    )


def recent_touches(touches: pl.DataFrame, observations: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """RECENT_TOUCHES at the run's instant."""
    counts = touches_before(touches, observations, at)
    known = observations.select("contact", "contact_id")
    return RECENT_TOUCHES.conform(
        known.join(counts, on="contact_id", how="left", maintain_order="left").filter(
            pl.col("touches_28d") > 0
        )
    )


def with_losses(rows: pl.DataFrame, recent: pl.DataFrame, losses: pl.DataFrame) -> pl.DataFrame:
    """Rows (contact, channel), in order, with loss, loss_se (minor units; 0 on a channel that does
    not touch) and loss_evidence."""
    counted = rows.join(recent, on="contact", how="left", maintain_order="left")
    placed = counted.with_columns(pl.col(*STEPS).fill_null(0)).with_columns(
        step_of(name).alias(name) for name in STEPS
    )
    kept = losses.select(*PLACE, "loss", "loss_se", loss_evidence="evidence")
    return (
        placed.join(kept, on=list(PLACE), how="left", maintain_order="left")
        .with_columns(pl.col("loss", "loss_se").fill_null(0.0))
        .drop(*STEPS)
    )
