"""Periods of the calendar: days, weeks from Monday, months, as they are where somebody lives; and
at what instant a touch counts that did not go at its slot."""

from datetime import timedelta
from typing import Final, Literal

import polars as pl

Calendar = Literal["day", "week", "month"]
DAYS: Final = ("first_day", "last_day")
"""Dates it may be where somebody lives: the same one twice where that place is known."""
THEIRS: Final = ("their_first_day", "their_last_day")
LASTS: Final[dict[str, int]] = {"day": 26, "week": 7 * 24 + 2, "month": 31 * 24 + 2}
"""Hours that no period of one place outlasts: an hour of summer time, and one to spare."""
AROUND: Final = 26
"""Hours from the first place on earth at which a date begins to the last."""
IN_TIME: Final = timedelta(hours=1)
"""What went so soon after its slot counts at its slot: handing over takes a while, and a daily
message would otherwise be kept back by the seconds that the one of yesterday took."""
LATEST: Final = timedelta(hours=24)
"""So long after its slot a touch may still go out."""


def counted_at() -> pl.Expr:
    """When a touch counts, of its slot (`at`) and when it went, or may have (`went_at`; null: it
    did not yet)."""
    late = (pl.col("went_at") - pl.col("at") > IN_TIME).fill_null(False)
    return pl.when(late).then("went_at").otherwise("at")


def reach_hours(calendar: Calendar, per: str) -> int:
    """Less than so many hours lie between two touches of one period: of one contact, or of an
    account's contacts, who may live anywhere."""
    return LASTS[calendar] + (AROUND if per == "account" else 0)


def same_period(calendar: Calendar) -> pl.Expr:
    """Whether the dates of DAYS and of THEIRS may lie in one period; dates nobody knows may."""
    first, last, their_first, their_last = (_number(calendar, one) for one in (*DAYS, *THEIRS))
    return ((first <= their_last) & (their_first <= last)).fill_null(True)


def theirs(rows: pl.DataFrame) -> dict[str, pl.Expr]:
    """The rows' own DAYS as another's, where they have them."""
    pairs = zip(THEIRS, DAYS, strict=True)
    return {their: pl.col(own) for their, own in pairs if own in rows.columns}


def _number(calendar: Calendar, column: str) -> pl.Expr:
    """The period's number, which rises by one from each to the next."""
    day = pl.col(column)
    if calendar == "month":
        return day.dt.year().cast(pl.Int32) * 12 + day.dt.month().cast(pl.Int32)
    since = day.cast(pl.Int32)  # days since Thursday, 1970-01-01
    return since if calendar == "day" else (since + 3).floordiv(7)
