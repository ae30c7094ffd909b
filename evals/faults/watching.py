"""A watch over the lives of a run: do they still come on, however slow the machine is?"""

import time
from dataclasses import dataclass, field
from typing import Final

from evals.faults.shared import CALLS, REACHED, Shared

SILENT: Final = 40.0
"""Seconds without a fault point, a call of the database or the end of a life: somebody hangs."""
LONGEST: Final = 400.0
"""Seconds after which lives that still come to points go round in a circle."""


@dataclass
class Watch:
    """Begun with the lives. A bound on their time alone would measure how busy the machine is:
    beside ten other jobs the same three lives take 7 to 22 seconds."""

    shared: Shared
    silent: float = SILENT
    longest: float = LONGEST
    began: float = field(default_factory=time.perf_counter)
    _moved: float = field(default_factory=time.perf_counter)
    _signs: int = -1

    def trouble(self, ended: int) -> str | None:
        """What is the matter in a sentence; None while they come on. `ended`: lives so far."""
        now = time.perf_counter()
        signs = self.shared.get(REACHED) + self.shared.get(CALLS) + ended
        if signs != self._signs:
            self._signs, self._moved = signs, now
        if now - self._moved > self.silent:
            return "A process hung under fire."
        if now - self.began > self.longest:
            return "Processes went on and on under fire."
        return None
