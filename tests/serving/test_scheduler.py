"""The scheduler: cron lines as people mean them, chores in turn, failures kept."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent

from app.cron import WEEKDAYS, slots_of
from app.due import Going, Skipped
from app.scheduler import Failures, Scheduler, build_scheduler
from domain.errors import ConfigurationError
from tools.clock import SystemClock
from tools.workspace_config import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@dataclass
class WorkTwin:
    delivered: threading.Event = field(default_factory=threading.Event)
    expired: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    inside: bool = False
    overlapped: bool = False
    breaks: bool = False

    def run(self, schedule: str, slot: datetime) -> None:
        raise NotImplementedError

    def skip(self, schedule: str, skipped: Skipped) -> bool:
        raise NotImplementedError

    def newest(self, schedule: str, until: datetime) -> datetime | None:
        return None

    def going(self, at: datetime) -> Going | None:
        return None

    def finish(self) -> None:
        self.finished.set()

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
    noons = slots_of(f"0 12 * * {field}", BERLIN)
    week = [datetime(2026, 3, day, 11, 30, tzinfo=UTC) for day in range(1, 8)]  # 1 March: Sunday

    found = {name for name, at in zip(WEEKDAYS, week, strict=True) if noons.between(at - HOUR, at)}

    assert found == days


@pytest.mark.parametrize(
    "line", ["", "* * * *", "61 * * * *", "0 6 * * 9", "0 6 1 * 1", "0 6 * * x", "0 6 * * 1/0"]
)
def test_a_line_that_is_no_cron_line_stops_the_start_with_one_sentence(line: str) -> None:
    with pytest.raises(ConfigurationError, match="Expected a cron line of five fields"):
        built(WorkTwin(), Schedule(name="s", cron=line))


def test_in_the_background_deliveries_and_expiries_come_round_and_never_overlap() -> None:
    work = WorkTwin()
    scheduler = built(work, Schedule(name="morning", cron="0 6 * * *"), every=0.05)

    scheduler.start()
    came = work.delivered.wait(5) and work.expired.wait(5) and work.finished.wait(5)
    due = scheduler.next_due()
    scheduler.stop()

    assert came
    assert set(due) == {"run morning", "catch up", "deliver", "expire"}
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
