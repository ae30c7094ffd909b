"""What followed each past touch: whether the contact answered in time, and what it then bought."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from domain.names import OWN_SOURCE

NOTHING: Final = "nothing"
"""Treatment of a contact that was left alone by chance: the control group's own touch."""
VALUE_KINDS: Final = ("purchase", "won")
"""Outcomes whose value is money earned."""


def answers(
    touches: pl.DataFrame, outcomes: pl.DataFrame, kind: str, horizon_days: int, at: datetime
) -> pl.DataFrame:
    """One row per touch whose horizon has wholly passed at `at`, in order of (at, touch_id).

    Columns: touch_id, contact_id, channel, treatment_id, touched_at, propensity (null where it
    was not logged), own (our effect or ghost), answered (an outcome of `kind` in
    [touched_at, touched_at + horizon]) and value (minor units of what was bought in that window).
    A touch or outcome that names no contact, nor a touch that does, tells nothing here.
    """
    horizon = timedelta(days=horizon_days)
    past = (
        touches.filter(
            pl.col("contact_id").is_not_null()
            & pl.col("treatment_id").is_not_null()
            & (pl.col("at") + horizon <= at)
        )
        .sort("at", "touch_id")
        .select(
            "touch_id",
            "contact_id",
            "channel",
            "treatment_id",
            pl.col("at").alias("touched_at"),
            pl.col("propensity").cast(pl.Float64),
            (pl.col("source") == OWN_SOURCE).fill_null(False).alias("own"),
        )
        .with_row_index("touch")
    )
    seen = named(outcomes.filter(pl.col("at") <= at), touches)
    followed = (
        past.select("touch", "contact_id", "touched_at")
        .join(seen, on="contact_id", how="inner")
        .filter(pl.col("at").is_between(pl.col("touched_at"), pl.col("touched_at") + horizon))
        .group_by("touch")
        .agg(
            (pl.col("kind") == kind).any().alias("answered"),
            pl.col("value").filter(pl.col("kind").is_in(VALUE_KINDS)).sum().alias("value"),
        )
    )
    return (
        past.join(followed, on="touch", how="left", maintain_order="left")
        .with_columns(
            pl.col("answered").fill_null(False), pl.col("value").fill_null(0).cast(pl.Float64)
        )
        .drop("touch")
    )


def named(outcomes: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """Outcomes with their contact, taken from the touch they name where they name no contact."""
    owners = touches.select("touch_id", touched_contact="contact_id").unique("touch_id")
    return (
        outcomes.select("contact_id", "touch_id", "kind", "value", "at")
        .join(owners, on="touch_id", how="left")
        .with_columns(pl.coalesce("contact_id", "touched_contact").alias("contact_id"))
        .filter(pl.col("contact_id").is_not_null())
        .select("contact_id", "kind", "value", "at")
    )
