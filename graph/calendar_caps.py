"""Caps of the calendar against touches that happened: each is counted with those before it."""

from datetime import timedelta

import polars as pl

from domain.periods import DAYS, THEIRS, same_period
from graph.facts import HOLDER
from policies.touch_limits import Cap


def so_far(touches: pl.DataFrame, cap: Cap) -> pl.Series:
    """How many touches of its holder's day, week or month each one is, itself and those that stand
    before it counted, in the table's order. touches: contact_id, account_id, at and DAYS, oldest
    first; a touch that nobody holds is the first of its own."""
    assert cap.calendar is not None
    holder = HOLDER[cap.per]
    numbered = touches.select(holder, "at", *DAYS).with_row_index("place")
    earlier = numbered.select(
        holder, before="place", before_at="at", **dict(zip(THEIRS, DAYS, strict=True))
    )
    near = pl.col("at") - pl.col("before_at") < timedelta(hours=cap.reach_hours)
    found = (
        numbered.join(earlier, on=holder, how="inner")
        .filter((pl.col("before") <= pl.col("place")) & near & same_period(cap.calendar))
        .group_by("place")
        .agg(count=pl.len())
    )
    counted = numbered.join(found, on="place", how="left", maintain_order="left")
    return counted.get_column("count").fill_null(1)
