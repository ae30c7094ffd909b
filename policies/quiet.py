"""Quiet hours: whether a delivery would wake somebody, anywhere the contact may live."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from policies.touch_limits import QuietHours
from policies.zones import candidate_zones

PLACE = ("channel", "timezone", "country", "at")


def asleep(facts: pl.DataFrame, rules: Sequence[QuietHours]) -> pl.Series:
    """Whether each row of FACTS falls into its channel's quiet hours (Boolean, no nulls).

    Asked once per channel, zone, country and instant, since contacts share those. A contact
    without a known zone is asleep as soon as somebody in its country is; without a country
    either, as soon as anybody anywhere is.
    """
    windows = _by_channel(rules)
    asked = facts.select(PLACE)
    places = asked.filter(pl.col("channel").is_in(sorted(windows))).unique(maintain_order=True)
    told = places.with_columns(asleep=pl.Series(_answers(places, windows), dtype=pl.Boolean))
    joined = asked.join(told, on=PLACE, how="left", nulls_equal=True, maintain_order="left")
    return joined.get_column("asleep").fill_null(False)


def dropped(rules: Sequence[QuietHours]) -> pl.Expr:
    """Rows whose channel's quiet hours do not let them wait (Boolean)."""
    windows = _by_channel(rules)
    return pl.col("channel").is_in([one for one, rule in windows.items() if rule.then == "drop"])


def _by_channel(rules: Sequence[QuietHours]) -> dict[str, QuietHours]:
    return {channel: rule for rule in rules for channel in rule.channels}


def _answers(places: pl.DataFrame, windows: Mapping[str, QuietHours]) -> list[bool]:
    local = cache(_local)  # one reading of the clock per zone and instant, freed with this call
    return [
        any(
            is_quiet(windows[channel], local(zone, at))
            for zone in candidate_zones(zone_id, country)
        )
        for channel, zone_id, country, at in places.iter_rows()
    ]


def _local(zone: str, at: datetime) -> time:
    return at.astimezone(ZoneInfo(zone)).time()


def is_quiet(rule: QuietHours, local: time) -> bool:
    """Whether the wall clock stands in the rule's hours: `start` within, `end` no more."""
    if rule.start <= rule.end:
        return rule.start <= local < rule.end
    return local >= rule.start or local < rule.end
