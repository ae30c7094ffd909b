"""A figure of an evaluation: its value, its error, and what it was to reach."""

import math
from typing import Literal

from domain.record import Record
from tools.measurement.lift import Z_95

Verdict = Literal["reached", "missed", "shown"]


class Figure(Record):
    """`target` None: shown for itself. `se` None: a count."""

    name: str
    words: str
    value: float
    se: float | None
    target: float | None
    verdict: Verdict

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.se is None:
            return None
        return self.value - Z_95 * self.se, self.value + Z_95 * self.se


def shown(name: str, words: str, value: float, se: float | None = None) -> Figure:
    return Figure(name=name, words=words, value=value, se=se, target=None, verdict="shown")


def aimed(
    name: str, words: str, value: float, se: float, target: float, *, within_errors: float
) -> Figure:
    """A figure that reaches its target where it lies at most so many errors below it. A figure
    that is no number reaches nothing."""
    reached = math.isfinite(value) and value >= target - within_errors * se
    verdict: Verdict = "reached" if reached else "missed"
    return Figure(name=name, words=words, value=value, se=se, target=target, verdict=verdict)
