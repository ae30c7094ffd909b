"""Which date it is where somebody lives, or may live."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.periods import DAYS, LASTS, THEIRS, Calendar, same_period
from domain.tables import INSTANT
from policies.local_days import local_days, with_days
from policies.zones import candidate_zones, every_zone

INSTANTS = st.builds(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes),
    st.integers(0, 17 * 366 * 24 * 60),
)
NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def days(zone: str | None, country: str | None, *instants: datetime) -> list[tuple[date, date]]:
    rows = pl.DataFrame(
        {"timezone": zone, "country": country, "at": pl.Series(instants, dtype=INSTANT)},
        schema_overrides={"timezone": pl.String, "country": pl.String},
    )
    return local_days(rows).select(DAYS).rows()


def test_a_known_zone_has_one_date_and_a_country_may_have_two() -> None:
    last, first = date(2025, 12, 31), date(2026, 1, 1)

    assert days("Europe/London", "GB", NEW_YEAR) == [(first, first)]
    assert days("America/New_York", "US", NEW_YEAR) == [(last, last)]
    assert days(None, "RU", NEW_YEAR - timedelta(hours=4)) == [(last, first)]
    assert days("Mars/Base", None, NEW_YEAR) == [(last, first)]


def test_whom_nobody_knows_may_live_anywhere() -> None:
    rows = pl.DataFrame({"contact_id": ["joe"], "at": pl.Series([NEW_YEAR], dtype=INSTANT)})
    nobody = pl.DataFrame(
        schema={"contact_id": pl.String, "timezone": pl.String, "country": pl.String}
    )

    assert with_days(rows, nobody).columns == ["contact_id", "at", *DAYS]
    assert with_days(rows, nobody).row(0)[2:] == (date(2025, 12, 31), date(2026, 1, 1))


@settings(deadline=None, max_examples=60)
@given(
    INSTANTS,
    st.sampled_from([None, *every_zone()]),
    st.sampled_from([None, "US", "RU", "GB", "KI", "XX"]),
)
def test_the_dates_are_the_first_and_last_of_all_places_it_may_be(
    at: datetime, zone: str | None, country: str | None
) -> None:
    dates = {at.astimezone(ZoneInfo(one)).date() for one in candidate_zones(zone, country)}
    ((first, last),) = days(zone, country, at)

    assert first <= min(dates) <= max(dates) <= last
    if zone or country in ("US", "RU", "GB", "KI"):
        assert (first, last) == (min(dates), max(dates))


def together(calendar: Calendar, one: date, other: date) -> bool:
    dates = {name: [one] for name in DAYS} | {name: [other] for name in THEIRS}
    return bool(pl.DataFrame(dates).select(same_period(calendar)).item())


@given(st.dates(date(1969, 1, 1), date(2040, 1, 1)), st.integers(0, 40))
def test_periods_are_those_of_the_calendar(one: date, later: int) -> None:
    other = one + timedelta(days=later)

    assert together("day", one, other) == (one == other)
    assert together("week", one, other) == (one.isocalendar()[:2] == other.isocalendar()[:2])
    assert together("month", one, other) == ((one.year, one.month) == (other.year, other.month))


@pytest.mark.parametrize("calendar", LASTS)
@settings(deadline=None, max_examples=40)
@given(
    INSTANTS,
    st.sampled_from(every_zone()),
)
def test_no_period_of_a_place_outlasts_what_is_said_of_it(
    calendar: Calendar, at: datetime, zone: str
) -> None:
    later = at + timedelta(hours=LASTS[calendar])
    one, other = (day for day, _ in days(zone, None, at, later))

    assert not together(calendar, one, other)
