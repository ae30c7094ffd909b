"""Quiet hours hold where the contact lives, through summer time, and everywhere it may live."""

from datetime import UTC, datetime, time, timedelta
from time import perf_counter

import polars as pl
import pytest

from domain.zones import known_zones
from policies.quiet import asleep, is_quiet
from policies.zones import candidate_zones, every_zone, zones_by_country
from tests.policies.worlds import facts_of, quiet

NIGHTS = (quiet(time(21), time(8), "email"),)


def sleeps(at: datetime, timezone: str | None, country: str | None = None) -> bool:
    facts = facts_of({"at": at, "timezone": timezone, "country": country})
    return bool(asleep(facts, NIGHTS)[0])


def test_quiet_hours_that_wrap_midnight_hold_on_both_sides_of_it() -> None:
    rule = quiet(time(21), time(8), "email")

    assert [is_quiet(rule, time(hour)) for hour in (20, 21, 23, 0, 7, 8)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]


def test_quiet_hours_within_a_day_begin_at_the_start_and_end_before_the_end() -> None:
    rule = quiet(time(12), time(14), "call")

    assert [is_quiet(rule, time(hour)) for hour in (11, 12, 13, 14)] == [False, True, True, False]


def test_the_same_utc_hour_is_quiet_in_winter_and_open_in_summer() -> None:
    winter = datetime(2026, 3, 28, 6, 30, tzinfo=UTC)  # 07:30 in Berlin
    summer = datetime(2026, 3, 29, 6, 30, tzinfo=UTC)  # 08:30: the clocks went forward that night

    assert sleeps(winter, "Europe/Berlin")
    assert not sleeps(summer, "Europe/Berlin")


def test_zones_off_the_full_hour_count_by_their_own_clock() -> None:
    assert not sleeps(datetime(2026, 3, 2, 15, 29, tzinfo=UTC), "Asia/Kolkata")  # 20:59 there
    assert sleeps(datetime(2026, 3, 2, 15, 30, tzinfo=UTC), "Asia/Kolkata")  # 21:00 there


def test_without_a_zone_all_zones_of_the_country_must_be_awake() -> None:
    morning_in_new_york = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    noon_in_new_york = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    after_lunch = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)

    assert not sleeps(morning_in_new_york, "America/New_York", "US")
    assert sleeps(morning_in_new_york, None, "US")
    assert sleeps(noon_in_new_york, None, "US")  # 07:00 in Honolulu
    assert not sleeps(after_lunch, None, "US")


def test_without_zone_and_country_no_hour_is_open_for_ordinary_nights() -> None:
    hours = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(24)]

    assert all(sleeps(at, None, None) for at in hours)
    assert all(sleeps(at, "Mars/Olympus", "XX") for at in hours)
    assert not all(sleeps(at, "Europe/London", None) for at in hours)


@pytest.mark.parametrize("name", ["localtime", "Factory", "", "europe/berlin"])
def test_a_name_that_says_no_place_is_no_zone(name: str) -> None:
    assert candidate_zones(name, "DE") == ("Europe/Berlin", "Europe/Busingen")


def test_a_known_zone_stands_for_itself() -> None:
    assert candidate_zones("Asia/Tokyo", "US") == ("Asia/Tokyo",)


def test_every_country_has_zones_and_every_zone_can_be_read() -> None:
    assert len(zones_by_country()) > 200
    assert set(every_zone()) <= known_zones()
    assert candidate_zones(None, None) == every_zone()


def test_a_channel_without_quiet_hours_never_sleeps() -> None:
    facts = facts_of({"channel": "ads", "at": datetime(2026, 3, 2, 2, 0, tzinfo=UTC)})

    assert asleep(facts, NIGHTS).to_list() == [False]
    assert asleep(facts, ()).to_list() == [False]


def test_answers_stay_with_their_rows() -> None:
    night = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    rows = [
        {"contact_id": f"c{i}", "at": night + timedelta(hours=i % 5 * 3), "timezone": zone}
        for i, zone in enumerate(["Europe/London", None, "Asia/Tokyo", "America/Lima"] * 5)
    ]
    facts = facts_of(*rows)

    together = asleep(facts, NIGHTS).to_list()

    alone = [asleep(facts[i], NIGHTS)[0] for i in range(facts.height)]
    assert together == alone
    assert len(set(together)) == 2


def test_a_million_cells_are_asked_in_moments() -> None:
    zones = every_zone()[::4][:100]
    places = pl.DataFrame({"timezone": zones})
    instants = pl.DataFrame(
        {"at": [datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=3 * i) for i in range(8)]}
    )
    cells = places.join(instants, how="cross").with_columns(
        channel=pl.lit("email"), country=pl.lit(None, dtype=pl.String)
    )
    million = pl.concat([cells] * 1250)

    start = perf_counter()
    answers = asleep(million, NIGHTS)
    seconds = perf_counter() - start

    assert seconds < 5  # 0.2 s on two idle cores; asking each cell by itself takes a minute
    assert answers.len() == 1_000_000
    assert 0.2 < float(answers.mean() or 0) < 0.8  # type: ignore[arg-type]
