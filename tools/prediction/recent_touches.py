"""What became of each touch, and how many the contact had had just before."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tools.measurement.answers import NOTHING

WINDOW: Final = timedelta(days=7)
"""How long what a contact does may answer a touch."""
RECENT: Final = {"touches_7d": timedelta(days=7), "touches_28d": timedelta(days=28)}
REFUSALS: Final = {"unsubscribed": "unsubscribe", "complained": "complaint"}
UNANSWERED: Final = ("open", "bounce", "unsubscribe", "complaint")
"""Kinds of outcome that are no answer; mail programs open by themselves."""


def touches_with_answers(
    touches: pl.DataFrame, outcomes: pl.DataFrame, at: datetime
) -> pl.DataFrame:
    """One row per touch of a known contact whose WINDOW has passed at `at`, by contact and time:
    touch_id, contact_id, channel, touched_at, touches_7d, touches_28d (earlier ones, by any
    channel and tool), ignored, unsubscribed, complained.

    touches: touch_id, contact_id, channel, treatment_id, at; outcomes: contact_id, touch_id, kind,
    at. What a contact does belongs to one touch: the one it names, else its newest before, within
    WINDOW. Who was left alone by chance (`nothing`) was not touched.
    """
    real = touches.filter(
        pl.col("contact_id").is_not_null()
        & (pl.col("treatment_id") != NOTHING).fill_null(True)
        & (pl.col("at") <= at)
    ).sort("contact_id", "at", "touch_id")
    counted = real.select("touch_id", "contact_id", "channel", touched_at="at").with_columns(
        pl.Series(name, _earlier(real, window)) for name, window in RECENT.items()
    )
    kinds = _kinds(counted, outcomes.filter(pl.col("at") <= at))
    return (
        counted.filter(pl.col("touched_at") + WINDOW <= at)
        .join(kinds, on="touch_id", how="left", maintain_order="left")
        .with_columns(pl.col("kinds").fill_null([]))
        .with_columns(
            *(pl.col("kinds").list.contains(kind).alias(name) for name, kind in REFUSALS.items()),
            ignored=pl.col("kinds").list.set_difference(list(UNANSWERED)).list.len() == 0,
        )
        .drop("kinds")
    )


def touches_before(touches: pl.DataFrame, contacts: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """contact_id, touches_7d, touches_28d of each contact at `at`: what one more would follow."""
    real = touches.filter(
        (pl.col("treatment_id") != NOTHING).fill_null(True) & (pl.col("at") <= at)
    )
    counts = real.group_by("contact_id").agg(
        (pl.col("at") >= at - window).sum().cast(pl.Int64).alias(name)
        for name, window in RECENT.items()
    )
    return (
        contacts.select("contact_id")
        .join(counts, on="contact_id", how="left", maintain_order="left")
        .with_columns(pl.col(*RECENT).fill_null(0))
    )


def _earlier(ordered: pl.DataFrame, window: timedelta) -> npt.NDArray[np.int64]:
    """Touches of the same contact within the window before each; rows by contact and time."""
    if ordered.is_empty():
        return np.zeros(0, dtype=np.int64)
    contact = ordered.get_column("contact_id").rank("dense").to_numpy().astype(np.int64)
    instant = ordered.get_column("at").dt.epoch("s").to_numpy()
    seconds = int(window.total_seconds())
    # Contacts lie farther apart than any window, so that one search serves all of them.
    line = contact * int(instant.max() - instant.min() + seconds + 1) + instant - instant.min()
    before = np.searchsorted(line, line, side="left")
    return np.asarray(before - np.searchsorted(line, line - seconds, side="left"), dtype=np.int64)


def _kinds(counted: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """touch_id, kinds: what each touch was answered by."""
    named = outcomes.filter(pl.col("touch_id").is_not_null()).join(
        counted.select("touch_id", "touched_at"), on="touch_id", how="inner"
    )
    unnamed = outcomes.filter(pl.col("touch_id").is_null() & pl.col("contact_id").is_not_null())
    newest = (
        unnamed.drop("touch_id")
        .sort("at")
        .join_asof(
            counted.select("contact_id", "touch_id", "touched_at").sort("touched_at"),
            left_on="at",
            right_on="touched_at",
            by="contact_id",
            strategy="backward",
            check_sortedness=False,
        )
    )
    columns = ["touch_id", "kind", "at", "touched_at"]
    return (
        pl.concat([named.select(columns), newest.select(columns)])
        .filter(pl.col("at").is_between(pl.col("touched_at"), pl.col("touched_at") + WINDOW))
        .group_by("touch_id")
        .agg(kinds=pl.col("kind").unique())
    )
