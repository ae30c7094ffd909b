"""What campaigns spent of a quarter so far; time that no platform has told of yet is taken to cost
what the campaigns were told they may spend."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

from domain.tables import INSTANT

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


def spent_by_campaigns(
    spend: pl.DataFrame, weekly: Mapping[str, float], start: datetime, at: datetime
) -> float:
    """Minor units from `start` to `at`. spend: campaign_id, platform, date (first instant of a
    period), spend. weekly: a week's minor units at most, by campaign over all its platforms; one
    that is missing here goes on as its last period did."""
    if at <= start:
        return 0.0
    period = _period(spend)
    told = spend.filter((pl.col("date") >= start - period) & (pl.col("date") < at)).select(
        "campaign_id",
        "platform",
        pl.col("date").cast(INSTANT),
        inside=_share(period, start),
        spend=pl.col("spend").cast(pl.Float64),
    )
    known = float((told.get_column("inside") * told.get_column("spend")).sum())
    return known + _untold(told, weekly, period, start, at)


def _period(spend: pl.DataFrame) -> timedelta:
    """How long a period is: the shortest time between two; a week at most, a day where there is
    only one."""
    gaps = spend.select(pl.col("date").unique().sort().diff().drop_nulls()).get_column("date")
    shortest = gaps.min()
    return min(shortest, WEEK) if isinstance(shortest, timedelta) else DAY


def _share(period: timedelta, start: datetime) -> pl.Expr:
    """How much of a period lies in the quarter; of what was told up to now, all counts."""
    before = (pl.lit(start) - pl.col("date")).dt.total_microseconds() / (period / _TICK)
    return (1.0 - before.clip(0.0, 1.0)).alias("inside")


_TICK = timedelta(microseconds=1)


def _untold(
    told: pl.DataFrame,
    weekly: Mapping[str, float],
    period: timedelta,
    start: datetime,
    at: datetime,
) -> float:
    """Each campaign's time since its last period, at what it may spend, or each of its platforms'
    time since theirs, at what it spent last: the dearer of the two."""
    allowed = pl.DataFrame(
        {"campaign_id": [*weekly], "rate": [*weekly.values()]},
        schema={"campaign_id": pl.String, "rate": pl.Float64},
    )
    newest = told.sort("date").group_by("campaign_id", "platform").agg(pl.all().last())
    weeks = _weeks(pl.max_horizontal(pl.col("date") + period, pl.lit(start)).fill_null(start), at)
    by_campaign = newest.group_by("campaign_id").agg(
        pl.col("date").max(), went_on=(pl.col("spend") * (WEEK / period) * weeks).sum()
    )
    rows = by_campaign.join(allowed, on="campaign_id", how="full", coalesce=True)
    dearer = pl.max_horizontal("went_on", pl.col("rate") * weeks)
    return float(rows.select(dearer.sum()).item())


def _weeks(since: pl.Expr, at: datetime) -> pl.Expr:
    return (pl.lit(at) - since).dt.total_microseconds().clip(0) / (WEEK / _TICK)
