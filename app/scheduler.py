"""The scheduler: runs of the cron lines, deliveries and expiries, one at a time.

What of a schedule runs is decided by its timetable, which looks into the ledger: at each slot, and
at every tick for slots that came while this process was down or another one ran.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from app.cron import SlotTrigger, slots_of
from app.timetable import Desk, Seen, Timetable
from tools.clock import Clock
from tools.workspace_config import Schedule

CHORE_GRACE: Final = timedelta(minutes=10)


class Work(Desk, Protocol):
    """What falls due. Each may be called twice for one thing and does it once."""

    def finish(self) -> None:
        """Finish runs that a death or the storage broke off."""
        ...

    def deliver(self) -> None:
        """Hand over every effect whose slot has come."""
        ...

    def expire(self) -> None:
        """Close every review that nobody answered in time."""
        ...


@dataclass
class Failures:
    """The newest failure of each job that has not succeeded since, in one sentence each."""

    by_job: dict[str, str] = field(default_factory=dict)

    def note(self, event: JobExecutionEvent) -> None:
        if event.code == EVENT_JOB_EXECUTED:
            self.by_job.pop(event.job_id, None)
        elif event.code == EVENT_JOB_MISSED:
            self.by_job[event.job_id] = f"{event.job_id} missed {event.scheduled_run_time}."
        else:
            self.by_job[event.job_id] = f"{event.job_id} failed: {event.exception}"

    def sentences(self) -> tuple[str, ...]:
        return tuple(self.by_job.values())


@dataclass(frozen=True)
class Scheduler:
    """Started, it works in the background until stopped; what fails is noted and tried again."""

    background: BackgroundScheduler
    failures: Failures

    def start(self) -> None:
        self.background.start()

    def stop(self) -> None:
        """Let what runs finish; start nothing more."""
        self.background.shutdown(wait=True)

    def next_due(self) -> dict[str, datetime]:
        """When each job comes next, UTC. Empty until started."""
        jobs = self.background.get_jobs()
        found = {job.id: getattr(job, "next_run_time", None) for job in jobs}
        return {name: at.astimezone(UTC) for name, at in found.items() if at is not None}


def build_scheduler(
    schedules: Sequence[Schedule],
    zone: ZoneInfo,
    work: Work,
    clock: Clock,
    every: timedelta = timedelta(minutes=1),
) -> Scheduler:
    """A scheduler that is not started. `clock` names slots; use the system's clock.

    One worker: a run and a delivery of this process never overlap. Raises ConfigurationError
    where a cron line can't be read.
    """
    background = BackgroundScheduler(
        timezone=zone,
        executors={"default": ThreadPoolExecutor(max_workers=1)},
        job_defaults={"coalesce": True, "max_instances": 1},
    )
    failures = Failures()
    background.add_listener(failures.note, EVENT_JOB_ERROR | EVENT_JOB_EXECUTED | EVENT_JOB_MISSED)
    seen = Seen()
    tables = [Timetable(one, slots_of(one.cron, zone), work, clock, seen=seen) for one in schedules]
    for table in tables:
        name = f"run {table.schedule.name}"
        _add(background, table.attend, SlotTrigger(table.slots), name, None)
    pace = IntervalTrigger(seconds=every.total_seconds(), timezone=zone)
    _add(background, lambda: _catch_up(work, tables), pace, "catch up", CHORE_GRACE)
    _add(background, work.deliver, pace, "deliver", CHORE_GRACE)
    _add(background, work.expire, pace, "expire", CHORE_GRACE)
    return Scheduler(background, failures)


def _catch_up(work: Work, tables: Sequence[Timetable]) -> None:
    """What was broken off, then slots that came while this process was down, or another one ran. A
    slot whose run was broken off is recorded, so that no timetable would come back to it."""
    work.finish()
    for table in tables:
        table.attend()


def _add(
    background: BackgroundScheduler,
    job: Callable[[], None],
    trigger: BaseTrigger,
    name: str,
    grace: timedelta | None,
) -> None:
    """grace: how late it may begin; None: however late, the job itself looks what is too late."""
    seconds = None if grace is None else int(grace.total_seconds())
    background.add_job(job, trigger, id=name, name=name, misfire_grace_time=seconds)
