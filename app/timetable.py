"""A schedule's timetable: which of its slots came, what runs now, and what is only recorded."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from app.cron import Slots
from app.due import Going, Skipped, due
from domain.errors import BusyError, FencedError
from graph.opening import slot_name
from tools.clock import Clock
from tools.ledger import runs
from tools.workspace_config import Schedule

LOG = logging.getLogger("clearance.schedules")
FURTHEST: Final = timedelta(days=14)
"""Slots missed before that are neither counted nor run."""


class Desk(Protocol):
    """What a timetable asks of the house. `run` and `skip` may be called twice for one slot and
    do it once; both raise BusyError where another process runs, FencedError where one took over.
    """

    def run(self, schedule: str, slot: datetime) -> None: ...
    def skip(self, schedule: str, skipped: Skipped) -> bool:
        """Whether it is recorded."""
        ...

    def newest(self, schedule: str, until: datetime) -> datetime | None:
        """The newest slot that is recorded, run or not."""
        ...

    def going(self, at: datetime) -> Going | None:
        """The run that another process is at."""
        ...


@dataclass
class Seen:
    """The run that was going last: ours, or another process's while we waited. All timetables of
    a process share it, since one run at a time is made of a workspace."""

    going: Going | None = None


@dataclass
class Timetable:
    schedule: Schedule
    slots: Slots
    desk: Desk
    clock: Clock
    seen: Seen = field(default_factory=Seen)
    started: datetime = field(init=False)
    """Where the ledger knows no slot of the schedule, nothing before this was missed."""

    def __post_init__(self) -> None:
        self.started = self.clock.now()

    def attend(self) -> None:
        """Record and run what came; again for what came while it ran. Rests where another process
        runs: what came meanwhile is looked at the next time."""
        try:
            while self._turn():
                pass
        except BusyError as busy:
            self.seen.going = self.desk.going(self.clock.now()) or self.seen.going
            LOG.info("%s rests. %s", self.schedule.name, busy)
        except FencedError as lost:
            LOG.warning("%s: %s", self.schedule.name, lost)

    def _turn(self) -> bool:
        """Whether something ran, so that more may have come."""
        name, now = self.schedule.name, self.clock.now()
        todo = due(self.schedule, self._came(now), now, self.seen.going)
        for skipped in todo.skipped:
            if not self.desk.skip(name, skipped):
                return False
            LOG.warning("%s: %s", name, skipped.reason)
        if todo.run is None:
            return False
        self.desk.run(name, todo.run)
        run_id = runs.id_of(name, slot_name(todo.run))
        self.seen.going = Going(run_id, now, max(now, self.clock.now()))
        return self.desk.newest(name, todo.run) == todo.run

    def _came(self, now: datetime) -> Sequence[datetime]:
        known = self.desk.newest(self.schedule.name, now)
        since = self.started if known is None else known
        return self.slots.between(max(since, now - FURTHEST), now)
