"""The scheduler: cron lines as people mean them, slots named by their instant, failures kept."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from hypothesis import given
from hypothesis import strategies as st

from app.cron import WEEKDAYS, newest_slot, trigger_of
from app.scheduler import Failures, Scheduler, build_scheduler, run_job
from domain.errors import ConfigurationError
from tools.clock import FrozenClock, SystemClock
from tools.workspace import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@dataclass
class WorkTwin:
    diary: list[tuple[str, ...]] = field(default_factory=list)
    delivered: threading.Event = field(default_factory=threading.Event)
    expired: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    inside: bool = False
    overlapped: bool = False
    breaks: bool = False

    def run(self, schedule: str, slot: str) -> None:
        self.diary.append(("run", schedule, slot))

    def deliver(self) -> None:
        self.delivered.set()
        if self.breaks:
            raise ConfigurationError("The door is shut.")
        self.inside = True
        self.left.wait(0.2)  # long enough for an expiry to fall due meanwhile
        self.inside = False

    def expire(self) -> None:
        self.overlapped |= self.inside
        self.expired.set()


def built(work: WorkTwin, *schedules: Schedule, every: float = 60.0) -> Scheduler:
    return build_scheduler(schedules, BERLIN, work, SystemClock(), timedelta(seconds=every))


def test_a_slot_is_named_by_its_scheduled_instant_however_late_the_job_starts() -> None:
    work = WorkTwin()
    trigger = trigger_of("0 6 * * 1-5", BERLIN)
    monday = datetime(2026, 3, 2, 5, tzinfo=UTC)

    for late in (timedelta(0), timedelta(milliseconds=3), timedelta(minutes=40)):
        run_job("morning", trigger, work, FrozenClock(monday + late))()

    assert work.diary == [("run", "morning", "2026-03-02T05:00:00+00:00")] * 3


def test_a_job_without_a_slot_that_has_come_runs_nothing() -> None:
    work = WorkTwin()
    sunday = datetime(2026, 3, 1, 12, tzinfo=UTC)

    run_job("morning", trigger_of("0 6 * * 1-5", BERLIN), work, FrozenClock(sunday))()

    assert work.diary == []


def test_of_slots_missed_together_the_newest_runs() -> None:
    trigger = trigger_of("*/10 * * * *", BERLIN)
    now = datetime(2026, 3, 2, 8, 25, tzinfo=UTC)

    assert newest_slot(trigger, now, HOUR) == datetime(2026, 3, 2, 8, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", {"sun"}),
        ("7", {"sun"}),
        ("1-5", {"mon", "tue", "wed", "thu", "fri"}),
        ("5-7", {"fri", "sat", "sun"}),
        ("fri-mon", {"fri", "sat", "sun", "mon"}),
        ("MON,3", {"mon", "wed"}),
        ("*/2", {"sun", "tue", "thu", "sat"}),
    ],
)
def test_weekdays_are_counted_from_sunday_as_cron_does(field: str, days: set[str]) -> None:
    trigger = trigger_of(f"0 12 * * {field}", BERLIN)
    week = [datetime(2026, 3, day, 11, 30, tzinfo=UTC) for day in range(1, 8)]  # 1 March: Sunday

    found = {
        name
        for name, at in zip(WEEKDAYS, week, strict=True)
        if newest_slot(trigger, at, HOUR) is not None
    }

    assert found == days


@pytest.mark.parametrize(
    "line", ["", "* * * *", "61 * * * *", "0 6 * * 9", "0 6 1 * 1", "0 6 * * x", "0 6 * * 1/0"]
)
def test_a_line_that_is_no_cron_line_stops_the_start_with_one_sentence(line: str) -> None:
    with pytest.raises(ConfigurationError, match="Expected a cron line of five fields"):
        built(WorkTwin(), Schedule(name="s", cron=line))


@given(minutes=st.integers(0, 60 * 24 * 400))
def test_the_newest_slot_has_come_and_no_later_one_has(minutes: int) -> None:
    trigger = trigger_of("15 */3 * * *", BERLIN)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    slot = newest_slot(trigger, now, timedelta(hours=6))

    assert slot is not None
    assert slot <= now
    following = trigger.get_next_fire_time(slot, slot + timedelta(seconds=1))
    assert following is not None
    assert following > now


def test_in_the_background_deliveries_and_expiries_come_round_and_never_overlap() -> None:
    work = WorkTwin()
    scheduler = built(work, Schedule(name="morning", cron="0 6 * * *"), every=0.05)

    scheduler.start()
    came = work.delivered.wait(5) and work.expired.wait(5)
    due = scheduler.next_due()
    scheduler.stop()

    assert came
    assert set(due) == {"run morning", "deliver", "expire"}
    assert due["run morning"].tzinfo is UTC
    assert not work.overlapped
    assert scheduler.failures.sentences() == ()


def test_a_job_that_fails_is_noted_and_forgotten_when_it_succeeds() -> None:
    failures = Failures()
    error = ConfigurationError("The door is shut.")

    failures.note(_event(EVENT_JOB_ERROR, error))
    noted = failures.sentences()
    failures.note(_event(EVENT_JOB_EXECUTED, None))

    assert noted == ("deliver failed: The door is shut.",)
    assert failures.sentences() == ()


def test_a_delivery_that_fails_stops_neither_the_scheduler_nor_the_expiries() -> None:
    work = WorkTwin(breaks=True)
    scheduler = built(work, every=0.05)

    scheduler.start()
    came = work.delivered.wait(5) and work.expired.wait(5)
    scheduler.stop()

    assert came
    assert scheduler.failures.sentences() == ("deliver failed: The door is shut.",)


def _event(code: int, error: Exception | None) -> JobExecutionEvent:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return JobExecutionEvent(code, "deliver", "default", at, exception=error)
