"""Bracketing: the smallest amount that does something, found by asking, and proven from both sides.

What is asked may answer unevenly: a plan of whole touches is repaired touch by touch, so a little
more is at times worse than a little less. What is promised holds all the same: the amount found
does it, and 95% of it does not.
"""

from collections.abc import Callable
from dataclasses import dataclass

NEARLY = 0.95
GUESSED = (1.05, 1.2, 1.6, 2.5, 4.0)
"""By how much each amount that does not suffice grows, from a good guess; the last repeats."""
GROPING = (4.0,)
"""The same where the start is no guess."""
SHRINKING = (0.85, 0.6, 0.35, 0.1)
"""To what share each amount that still suffices shrinks; the last repeats."""
HAIR = 1e-4
"""An amount too small for a person to tell from none; what suffices there shrinks in leaps."""
LEAP, LEAST = 1e-3, 1e-20
"""Each leap, and an amount below which no number of a problem changes any more."""


@dataclass(frozen=True)
class Found:
    """The amount. tied: it is at most a hair, since two were as good as equal."""

    amount: float
    tied: bool


def smallest(
    does: Callable[[float], bool],
    start: float,
    top: float,
    growth: tuple[float, ...] = GUESSED,
) -> Found | None:
    """The smallest amount that `does`, and of which 95% does not; None where `top` does not.

    start: a guess above nothing, from which to grow and shrink. Nothing at all must not do it.
    """
    failed, high = [0.0], min(start, top)
    growing, shrinking = iter(growth), iter((NEARLY, *SHRINKING))
    while not does(high):
        if high >= top:
            return None
        failed.append(high)
        high = min(top, high * next(growing, growth[-1]))
    while high > LEAST:
        low = max(one for one in failed if one < high)
        if low >= NEARLY * high:
            at = NEARLY * high  # at or below one that failed: asked itself, for it may not
        elif low > 0.0:
            at = (low * high) ** 0.5
        elif high > HAIR:
            at = high * next(shrinking, SHRINKING[-1])
        else:
            at = high * LEAP
        if does(at):
            high = at
        elif at == NEARLY * high:
            return Found(high, high <= HAIR)
        else:
            failed.append(at)
    return Found(high, True)
