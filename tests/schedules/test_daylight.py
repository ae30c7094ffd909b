"""Clocks that are set: a slot comes once, and is named by its instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compose import House
from app.cron import SlotTrigger, slots_of
from app.serving import HouseWork
from app.timetable import Timetable
from graph.opening import open_run, slot_name
from policies.quiet import asleep
from tests.schedules.conftest import Hands, rows_of
from tools.ledger.database import INSTANT
from tools.workspace_config import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC")
LINES = ("30 2 * * *", "30 1 * * *", "0 0 * * *", "15 */3 * * *", "0 9 * * mon-fri", "5 3 1 * *")
DAY = timedelta(days=1)


def came(cron: str, zone: ZoneInfo, first: date, days: int = 1) -> list[str]:
    """Slots of so many days from the local midnight, as UTC day and time."""
    start = datetime.combine(first, time(), zone)
    until = datetime.combine(first + days * DAY, time(), zone)
    found = slots_of(cron, zone).between(start - timedelta(seconds=1), until - timedelta(seconds=1))
    return [slot.strftime("%d %H:%M") for slot in found]


def test_F37_a_job_of_half_past_two_runs_once_on_the_day_without_that_time() -> None:
    assert came("30 2 * * *", BERLIN, date(2026, 3, 28), 3) == [
        "28 01:30",
        "29 01:30",
        "30 00:30",
    ]


def test_F37_a_job_of_half_past_one_runs_once_on_the_day_that_has_it_twice() -> None:
    assert came("30 1 * * *", NEW_YORK, date(2026, 10, 31), 3) == [
        "31 05:30",
        "01 05:30",
        "02 06:30",
    ]


def test_F37_a_line_of_every_hour_goes_on_hour_by_hour() -> None:
    spring = came("30 * * * *", BERLIN, date(2026, 3, 29))
    autumn = came("30 * * * *", BERLIN, date(2026, 10, 25))

    assert (len(spring), len(set(spring))) == (23, 23)
    assert (len(autumn), len(set(autumn))) == (25, 25)


def test_F37_the_librarys_scheduler_is_given_each_slot_once_in_the_hour_that_comes_twice() -> None:
    trigger = SlotTrigger(slots_of("*/20 2 * * *", BERLIN))
    fires, now = [], datetime(2026, 10, 25, 0, tzinfo=UTC)
    at = trigger.get_next_fire_time(None, now)
    while at is not None and at < now + DAY:
        fires.append(at.strftime("%H:%M"))
        at = trigger.get_next_fire_time(at, at)

    assert fires == ["00:00", "00:20", "00:40"]


@settings(deadline=None, max_examples=60)
@given(
    line=st.sampled_from(LINES),
    zone=st.sampled_from(ZONES),
    hours=st.integers(0, 24 * 365 * 3),
)
def test_F37_slots_rise_and_each_shows_its_wall_time_once(line: str, zone: str, hours: int) -> None:
    there = ZoneInfo(zone)
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)

    found = list(islice(slots_of(line, there).after(start), 12))

    assert found == sorted(set(found))
    assert found[0] > start
    walls = [slot.astimezone(there).replace(tzinfo=None) for slot in found]
    assert len(set(walls)) == len(walls)


def test_F37_under_new_rules_of_the_zone_no_slot_runs_twice(
    process: Callable[[str], House], hands: Hands
) -> None:
    """Nine o'clock comes an hour earlier from now on; what ran keeps its instant."""
    house = process("ann")
    hands.at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    nines = Schedule(name="daily", cron="0 9 * * *")
    before, after = (
        Timetable(nines, slots_of(nines.cron, ZoneInfo(zone)), Opening(house), hands)
        for zone in ("Etc/GMT-1", "Etc/GMT-2")
    )

    hands.at = datetime(2026, 3, 2, 8, 1, tzinfo=UTC)
    before.attend()
    after.attend()
    hands.at = datetime(2026, 3, 3, 7, 1, tzinfo=UTC)
    after.attend()

    assert [row.slot for row in rows_of(house)] == [
        "2026-03-02T08:00:00+00:00",
        "2026-03-03T07:00:00+00:00",
    ]


@dataclass(frozen=True)
class Opening(HouseWork):
    """Work that only opens the runs."""

    def run(self, schedule: str, slot: datetime) -> None:
        open_run(self.house.tower, schedule, slot_name(slot))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_F37_nobody_is_reached_outside_the_window_on_a_day_on_which_clocks_are_set(
    day: date, process: Callable[[str], House]
) -> None:
    policy = process("ann").tower.loaded.policy
    start = datetime.combine(day, time(), BERLIN).astimezone(UTC)
    at = [start + timedelta(minutes=10 * i) for i in range(6 * 24)]
    facts = pl.DataFrame(
        {"channel": "email", "timezone": "Europe/Berlin", "country": "DE", "at": at},
        schema_overrides={"at": INSTANT},
    )

    quiet = asleep(facts, policy.quiet_hours).to_list()

    assert quiet == [not 8 <= one.astimezone(BERLIN).hour < 21 for one in at]
