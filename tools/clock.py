"""The one clock. Nothing else in the house asks what time it is."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class FrozenClock:
    """A clock that stands still: a test's, or a run's, whose instant is pinned."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def stopwatch() -> float:
    """Seconds of a monotonic clock, for durations only; never part of a record."""
    return time.perf_counter()
