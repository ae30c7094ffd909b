"""Which date it is where a contact lives, or may live: what caps of the calendar count by."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from domain.periods import DAYS
from domain.zones import known_zones
from policies.schema import Policy
from policies.zones import candidate_zones, zones_by_country

PLACE: Final = ("timezone", "country", "quarter")
QUARTER: Final = "15m"
"""Dates begin on quarters of an hour, everywhere."""
BEHIND, AHEAD = timedelta(hours=12), timedelta(hours=14)
"""No clock on earth is further behind UTC, or ahead of it."""


def counts_by_calendar(policy: Policy) -> bool:
    """Whether any cap asks for dates."""
    return any(cap.calendar is not None for cap in policy.caps)


def with_days(rows: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """The rows (contact_id, at) with DAYS; contacts: contact_id, timezone, country. Whom nobody
    knows may live anywhere."""
    homes = contacts.select("contact_id", "timezone", "country")
    placed = rows.join(homes, on="contact_id", how="left", maintain_order="left")
    return local_days(placed).drop("timezone", "country")


def local_days(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows (timezone, country, at) with DAYS: the first and the last date it may be there.

    Asked once per zone, country and quarter of an hour, since contacts share those.
    """
    asked = rows.with_columns(quarter=pl.col("at").dt.truncate(QUARTER))
    places = asked.select(PLACE).unique(maintain_order=True)
    days = [_span(zone, country, at) for zone, country, at in places.iter_rows()]
    found = pl.DataFrame(days, schema=dict.fromkeys(DAYS, pl.Date), orient="row")
    told = places.hstack(found)
    return asked.join(told, on=PLACE, how="left", nulls_equal=True, maintain_order="left").drop(
        "quarter"
    )


def _span(zone: str | None, country: str | None, at: datetime) -> tuple[date, date]:
    if zone not in known_zones() and country not in zones_by_country():
        now = at.astimezone(UTC)
        return (now - BEHIND).date(), (now + AHEAD).date()
    days = [at.astimezone(_clock(one)).date() for one in candidate_zones(zone, country)]
    return min(days), max(days)


@cache
def _clock(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)
