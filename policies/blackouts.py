"""Blackout dates: whether a delivery falls on one, anywhere the contact may live."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from policies.touch_limits import Blackout
from policies.zones import candidate_zones

PLACE = ("channel", "timezone", "country", "at")
ELSEWHERE = timedelta(days=1)
"""No place's date is further than this from the date in UTC."""


def blacked_out(facts: pl.DataFrame, rules: Sequence[Blackout]) -> pl.Series:
    """Whether each row of FACTS falls on a date that is closed for its channel (Boolean, no nulls).

    Dates are those where the contact lives; of one who may live in several places, all count.
    Asked once per channel, zone, country and instant, since contacts share those.
    """
    asked = facts.select(PLACE)
    places = asked.filter(_near(rules)).unique(maintain_order=True)
    told = places.with_columns(closed=pl.Series(_answers(places, rules), dtype=pl.Boolean))
    joined = asked.join(told, on=PLACE, how="left", nulls_equal=True, maintain_order="left")
    return joined.get_column("closed").fill_null(False)


def _near(rules: Sequence[Blackout]) -> pl.Expr:
    """Rows that one of the rules might close, by the date in UTC. The day of the row is moved, not
    the rule's, which may be the first or the last of all."""
    day = pl.col("at").dt.date()
    return pl.any_horizontal(
        pl.lit(False),
        *(
            pl.col("channel").is_in(list(rule.channels))
            & (day + ELSEWHERE >= rule.first)
            & (day - ELSEWHERE <= rule.last)
            for rule in rules
        ),
    )


def _answers(places: pl.DataFrame, rules: Sequence[Blackout]) -> list[bool]:
    local = cache(_date)  # one reading of the clock per zone and instant, freed with this call
    return [
        any(
            channel in rule.channels and rule.first <= local(zone, at) <= rule.last
            for zone in candidate_zones(zone_id, country)
            for rule in rules
        )
        for channel, zone_id, country, at in places.iter_rows()
    ]


def _date(zone: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
