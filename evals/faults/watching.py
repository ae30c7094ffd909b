"""A watch over the lives of a run: do they still come on, however slow the machine is?"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from evals.faults.shared import CALLS, REACHED, Shared

SILENT: Final = 40.0
"""Seconds without a fault point, a call of the database or the end of a life: somebody hangs."""
LONGEST: Final = 400.0
"""Seconds after which lives that still come to points go round in a circle."""


STEP: Final = 1.0
"""Seconds between two looks that count at most: who looks every few milliseconds and comes back
later than that was not let run, and then neither were the lives."""


@dataclass
class Watched:
    """A stopwatch of the time that was watched, so that a machine that stands still ages nobody."""

    stopwatch: Callable[[], float] = time.perf_counter
    seconds: float = 0.0
    _last: float | None = None

    def look(self) -> float:
        """Seconds so far; to be looked at again and again."""
        now = self.stopwatch()
        if self._last is not None:
            self.seconds += min(now - self._last, STEP)
        self._last = now
        return self.seconds


@dataclass
class Watch:
    """Begun with the lives. A bound on their time alone would measure how busy the machine is:
    beside ten other jobs the same three lives take 7 to 22 seconds."""

    shared: Shared
    silent: float = SILENT
    longest: float = LONGEST
    watched: Watched = field(default_factory=Watched)
    _moved: float = 0.0
    _signs: int = -1

    def trouble(self, ended: int) -> str | None:
        """What is the matter in a sentence; None while they come on. `ended`: lives so far."""
        now = self.watched.look()
        signs = self.shared.get(REACHED) + self.shared.get(CALLS) + ended
        if signs != self._signs:
            self._signs, self._moved = signs, now
        if now - self._moved > self.silent:
            return "A process hung under fire."
        if now > self.longest:
            return "Processes went on and on under fire."
        return None
