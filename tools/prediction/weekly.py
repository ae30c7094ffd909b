"""Spend and revenue by whole weeks counted back from an instant."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from tools.prediction.propensity import Floats

WEEK_DAYS: Final = 7
REVENUE_KIND: Final = "revenue"
"""Kind of an event that states the account's revenue of a week, in `value`."""
CONTROL_KIND: Final = "control"
"""Kind of an event that states something else which moves revenue (a promotion, a competitor's
price), named by `subject`; `value` says how much of it, none: that it happened."""


@dataclass(frozen=True)
class Weeks:
    """Oldest week first; the newest is the last whole week before the instant.

    `spend` weeks x campaigns, minor units; `attributed` the same for the revenue a platform
    claims, NaN where a row states none; `account` the account's whole revenue per week, NaN where
    no event states it; `controls` weeks x names of controls, sorted; `until` the day after the
    newest week.
    """

    campaigns: tuple[str, ...]
    platforms: tuple[str, ...]
    spend: Floats
    attributed: Floats
    account: Floats
    controls: Floats
    until: date

    def position(self, day: date) -> int:
        """Which week a day lies in, from 0; outside of the weeks below 0 or their count or more."""
        return len(self.account) - 1 - ((self.until - day).days - 1) // WEEK_DAYS


def by_week(spend: pl.DataFrame, events: pl.DataFrame, at: datetime) -> Weeks:
    """`spend` rows (campaign_id, platform, date, spend, revenue) and `events` rows (kind, at,
    value) as weeks. A day without a spend row spent nothing, save in the newest weeks: while no
    campaign has a row they are not reported yet. Rows from the day of `at` on are unseen."""
    today = at.date()
    dated = (
        spend.with_columns(pl.col("date").cast(pl.Date))
        .filter(pl.col("date") < today)
        .with_columns(week=_weeks_back(pl.col("date"), today))
    )
    unreported = min((int(week) for week in dated.get_column("week").unique()), default=0)
    dated = dated.with_columns(pl.col("week") - unreported)
    pairs = dated.select("campaign_id", "platform").unique().sort("campaign_id", "platform")
    count = max((int(week) for week in dated.get_column("week").unique()), default=-1) + 1
    empty = np.full((count, pairs.height), np.nan)
    weeks = Weeks(
        tuple(pairs.get_column("campaign_id")),
        tuple(pairs.get_column("platform")),
        np.zeros((count, pairs.height)),
        empty,
        np.full(count, np.nan),
        _controls(events, at, count, unreported),
        today - timedelta(days=WEEK_DAYS * unreported),
    )
    if not count:
        return weeks
    sums = (
        dated.join(pairs.with_row_index("column"), on=["campaign_id", "platform"])
        .group_by("week", "column")
        .agg(
            pl.col("spend").cast(pl.Float64).sum(),
            pl.col("revenue").cast(pl.Float64).sum(),
            stated=pl.col("revenue").count() > 0,
        )
    )
    row = count - 1 - sums.get_column("week").to_numpy()
    column = sums.get_column("column").to_numpy()
    weeks.spend[row, column] = sums.get_column("spend").to_numpy()
    stated = sums.get_column("stated").to_numpy()
    weeks.attributed[row, column] = np.where(stated, sums.get_column("revenue").to_numpy(), np.nan)
    told = (
        events.filter((pl.col("kind") == REVENUE_KIND) & (pl.col("at") < at))
        .with_columns(week=_weeks_back(pl.col("at").dt.date(), today) - unreported)
        .filter(pl.col("week").is_between(0, count - 1))
        .group_by("week")
        .agg(pl.col("value").cast(pl.Float64).sum())
    )
    weeks.account[count - 1 - told.get_column("week").to_numpy()] = told.get_column(
        "value"
    ).to_numpy()
    return weeks


def _controls(events: pl.DataFrame, at: datetime, count: int, unreported: int) -> Floats:
    if "subject" not in events.columns:
        return np.zeros((count, 0))
    told = (
        events.filter(
            (pl.col("kind") == CONTROL_KIND) & (pl.col("at") < at) & pl.col("subject").is_not_null()
        )
        .with_columns(week=_weeks_back(pl.col("at").dt.date(), at.date()) - unreported)
        .filter(pl.col("week").is_between(0, count - 1))
        .group_by("week", "subject")
        .agg(pl.col("value").fill_null(1).cast(pl.Float64).sum())
    )
    names = told.get_column("subject").unique().sort()
    found = np.zeros((count, len(names)))
    column = told.join(
        names.to_frame().with_row_index("column"), on="subject", maintain_order="left"
    )
    found[
        count - 1 - told.get_column("week").to_numpy(), column.get_column("column").to_numpy()
    ] = told.get_column("value").to_numpy()
    return found


def _weeks_back(day: pl.Expr, today: object) -> pl.Expr:
    return ((pl.lit(today) - day).dt.total_days() - 1) // WEEK_DAYS
