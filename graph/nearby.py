"""Counting touches around an instant: what caps and spacing need to know, in whole tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import polars as pl

from domain.periods import DAYS, Calendar, same_period
from domain.periods import theirs as period_of
from policies.named import NAMES, named_by, with_names

Holder = Literal["contact_id", "account_id"]
HOLDERS: tuple[Holder, ...] = ("contact_id", "account_id")


@dataclass(frozen=True)
class Count:
    """Touches of one holder on these channels less than so many hours away, on either side; of
    these agents and themes, or of unknown ones (none named: of all)."""

    name: str
    holder: Holder
    channels: tuple[str, ...]
    hours: int
    agents: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    calendar: Calendar | None = None
    """Only touches of the same day, week or month."""

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.hours)


def counts_near(
    cells: pl.DataFrame, touches: pl.DataFrame, counts: Sequence[Count]
) -> pl.DataFrame:
    """One UInt32 column per count, in the cells' rows and order.

    cells: contact_id, account_id, at; optional decision_id, whose own touch is not counted.
    touches: contact_id, account_id, channel, at, decision_id (null where it is none of ours),
    optional agent and theme. A cell without an account has no touches of its account. Both with
    DAYS, where a count is of the calendar.
    """
    counted, touches = cells, with_names(touches)
    for holder in HOLDERS:
        wanted = [count for count in counts if count.holder == holder]
        if wanted:
            place = [holder, "at", *_days(cells)]
            found = _around(cells.select(place).unique(), touches, holder, wanted)
            counted = counted.join(found, on=place, how="left", maintain_order="left")
    names = [count.name for count in counts]
    totals = counted.select(pl.col(names).fill_null(0))
    if "decision_id" not in cells.columns:
        return totals
    own = _own(cells, touches, counts)
    return pl.DataFrame([totals.get_column(name) - own.get_column(name) for name in names])


def _days(rows: pl.DataFrame) -> list[str]:
    return [name for name in DAYS if name in rows.columns]


def _around(
    places: pl.DataFrame, touches: pl.DataFrame, holder: Holder, counts: Sequence[Count]
) -> pl.DataFrame:
    """Counts per holder and instant: many cells share one place, so the join stays small."""
    longest = max(count.window for count in counts)
    channels = {channel for count in counts for channel in count.channels}
    first, last = places.select(
        first=pl.col("at").min() - longest, last=pl.col("at").max() + longest
    ).row(0)
    theirs = touches.filter(
        pl.col("channel").is_in(sorted(channels)) & pl.col("at").is_between(first, last)
    ).select(holder, "channel", *NAMES, touched_at="at", **period_of(touches))
    return (
        places.join(theirs, on=holder, how="inner")
        .with_columns(gap=_gap())
        .filter(pl.col("gap") < longest)
        .group_by(holder, "at", *_days(places))
        .agg(_within(count).sum().cast(pl.UInt32).alias(count.name) for count in counts)
    )


def _own(cells: pl.DataFrame, touches: pl.DataFrame, counts: Sequence[Count]) -> pl.DataFrame:
    """What of each count is the cell's own reservation."""
    reserved = touches.filter(pl.col("decision_id").is_not_null()).select(
        "decision_id",
        "channel",
        *NAMES,
        touched_at="at",
        of_contact_id="contact_id",
        of_account_id="account_id",
        **period_of(touches),
    )
    found = (
        cells.select("decision_id", "contact_id", "account_id", "at", *_days(cells))
        .with_row_index("cell")
        .join(reserved, on="decision_id", how="left", maintain_order="left")
        .with_columns(gap=_gap())
        .group_by("cell", maintain_order=True)
        .agg(
            (_within(count) & (pl.col(count.holder) == pl.col(f"of_{count.holder}")))
            .sum()
            .cast(pl.UInt32)
            .alias(count.name)
            for count in counts
        )
    )
    return found.sort("cell")


def _gap() -> pl.Expr:
    return (pl.col("at") - pl.col("touched_at")).abs()


def _within(count: Count) -> pl.Expr:
    near = (
        pl.col("channel").is_in(list(count.channels))
        & named_by(count.agents, count.themes)
        & (pl.col("gap") < count.window)
    )
    return near if count.calendar is None else near & same_period(count.calendar)
