"""Tiring: a placed option is worth less by whom the touch may lose, as declared.

docs/decisions/in_concert.md: value = ... - loss, where loss = sum over unsubscribe and complaint of
chance(channel, earlier touches) x declared loss, minor units.
"""

import polars as pl

from agents.desk import Desk
from tools.prediction.tiring import with_losses


def less_whom_it_loses(valued: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Options with value and value_se after what the touch may lose; all as it was where nobody
    declared a loss.

    Like the cost it does not fade with waiting. Its error is added as it is. What rests on a
    prior in the loss rests on a prior.
    """
    if not desk.folder.has("touch_losses"):
        return valued
    recent, losses = (desk.folder.read(name) for name in ("recent_touches", "touch_losses"))
    believed = (pl.col("loss_evidence") == "prior").fill_null(False) & (pl.col("loss_se") > 0)
    return (
        with_losses(valued, recent, losses)
        .with_columns(
            value=pl.col("value") - pl.col("loss"),
            value_se=pl.col("value_se") + pl.col("loss_se"),
            evidence=pl.when(believed).then(pl.lit("prior")).otherwise("evidence"),
        )
        .drop("loss", "loss_se", "loss_evidence")
    )
