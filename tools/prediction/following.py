"""Chances that follow a world which drifts, and which now and then jumps.

The correction of log odds (`recalibrating.py`) is a state that moves from day to day: a dynamic
logistic regression (McCormick, Raftery, Madigan and Burd 2012) in which each day is either a quiet
one or a jump (the multi-process models of Harrison and Stevens 1976, of the second class). A list
of other people to call is such a jump: what the last weeks taught is then worth little.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from domain.errors import UsageError
from tools.prediction.at_once import steady_threads
from tools.prediction.propensity import DIGITS, Floats
from tools.prediction.recalibrating import INTERCEPT_SD, SLOPE_SD, chance_of, newton

Ints = npt.NDArray[np.int64]
DRIFTS: Final = (0.03, 0.1, 0.3)
"""By how much log odds may move in a day, standard deviation."""
JUMPS: Final = (0.01, 0.03, 0.1)
"""Chances that a day is a jump, of as much as nobody knew the level before anything was seen."""
SLOPES_PART: Final = 0.03
"""The slope moves by so much of what the level does."""
MOVES_COST: Final = 2.0
"""By how much likelier, as a logarithm, a world that moves must be than one that stands still."""
PARAMETERS: Final = (DRIFTS, JUMPS, MOVES_COST, SLOPES_PART, INTERCEPT_SD, SLOPE_SD)


@dataclass(frozen=True)
class Motion:
    """How the world moves: `drift` (standard deviation of log odds a day) and `jump`, the chance
    that a day is one."""

    drift: float
    jump: float

    def ahead(self, belief: "Belief", days: int) -> tuple[tuple[float, "Belief"], ...]:
        """Chance and belief after so many days: no jump in any of them, or one."""
        jumped = 1.0 - (1.0 - self.jump) ** days
        quiet = belief.spread_by(self.drift * np.sqrt(days))
        if jumped == 0.0:
            return ((1.0, quiet),)
        return (1.0 - jumped, quiet), (jumped, quiet.spread_by(INTERCEPT_SD))


STILL: Final = Motion(0.0, 0.0)
"""A world that does not move."""


@dataclass(frozen=True)
class Belief:
    """A normal belief about intercept and slope: `mean` (2), `covariance` (2 x 2)."""

    mean: Floats
    covariance: Floats

    def spread_by(self, sd: float) -> "Belief":
        moved = np.diag(np.square([sd, SLOPES_PART * sd]))
        return Belief(self.mean, self.covariance + moved)

    def chance(self, logits: Floats) -> Floats:
        """The mean of the chances that the belief holds possible (MacKay 1992)."""
        columns = np.column_stack([np.ones(len(logits)), logits])
        variance = np.einsum("ij,jk,ik->i", columns, self.covariance, columns)
        return chance_of(columns @ self.mean / np.sqrt(1.0 + np.pi * variance / 8.0))


UNMOVED: Final = Belief(np.array([0.0, 1.0]), np.diag(np.square([INTERCEPT_SD, SLOPE_SD])))


@dataclass(frozen=True)
class Rows:
    """Rows in order of time, with the day each was judged on.

    `day` never falls; `known`: how many of the oldest rows had a known answer when the row's day
    began. All as long as the rows. Raises UsageError where that is not so.
    """

    logits: Floats
    answered: npt.NDArray[np.bool_]
    day: Ints
    known: Ints

    def __post_init__(self) -> None:
        if (np.diff(self.day) < 0).any() or (np.diff(self.known) < 0).any():
            raise UsageError("Expected rows in order of time, found a day after a later one.")
        if (self.known > np.searchsorted(self.day, self.day, side="left")).any():
            raise UsageError("Expected answers known before the row's day, found some of that day.")

    @property
    def edges(self) -> Ints:
        """The first row of each day, and the number of rows."""
        first = np.flatnonzero(np.diff(self.day, prepend=self.day[:1] - 1))
        return np.asarray(np.append(first, len(self.day)), dtype=np.int64)

    def days_known(self, row: int) -> int:
        """How many of the oldest days had all their answers known when the row's day began."""
        return int(np.searchsorted(self.edges[1:], self.known[row], side="right"))


def known_after(day: Ints, days: int) -> Ints:
    """How many rows' answers are known when each row's day begins, where answers are known after
    so many whole days more; 0: all of the days before it. Days are counted as they occur."""
    numbers = np.unique(day, return_inverse=True)[1]
    return np.asarray(np.searchsorted(numbers, numbers - days, side="left"), dtype=np.int64)


def followed_chance(rows: Rows, start: int, motion: Motion | None = None) -> Floats:
    """Chances of rows `start`.., as a product would have said them when the row's day began.

    motion: as `fit_motion` finds it in what was known when the day of row `start` began, where
    none is given.
    """
    moves = motion or fit_motion(rows, start)
    edges = rows.edges
    beliefs, _ = _beliefs(rows, moves, len(edges) - 1)
    chance = np.empty(len(rows.day) - start)
    for today in range(len(edges) - 1):
        first = max(int(edges[today]), start)
        mine = slice(first, int(edges[today + 1]))
        if mine.stop > first:
            known = rows.days_known(first)
            later = moves.ahead(beliefs[known], today - known + 1)
            said = sum(share * one.chance(rows.logits[mine]) for share, one in later)
            chance[first - start : mine.stop - start] = said
    return chance


def fit_motion(rows: Rows, start: int) -> Motion:
    """The drift and the chance of a jump under which the answers that were known when the day of
    row `start` began are likeliest."""
    known = rows.days_known(start)
    return max(_moving(), key=lambda one: _beliefs(rows, one, known)[1])


def moved(rows: Rows) -> "Moved | None":
    """What the rows' answers ask of the log odds, day by day; None where a world that stands still
    is as likely (Akaike 1974: drift and jump are two parameters more)."""
    days = len(rows.edges) - 1
    with steady_threads():
        told = [_beliefs(rows, one, days) for one in _moving()]
        _, likely_still = _beliefs(rows, STILL, days)
    beliefs, likely = max(told, key=lambda one: one[1])
    if likely - MOVES_COST <= likely_still:
        return None
    means = np.round(np.array([one.mean for one in beliefs]), DIGITS)
    return Moved(rows.day[rows.edges[:-1]], np.maximum(means, (-np.inf, 0.0)))


@dataclass(frozen=True)
class Moved:
    """Intercept and slope by which a model's log odds are corrected: `means` (days + 1 x 2), first
    before anything was known, then after each of `days`. No slope is below 0: answers may take all
    differences between contacts away, never turn them round."""

    days: Ints
    means: Floats

    @property
    def newest(self) -> tuple[float, float]:
        """After the last of the days."""
        return float(self.means[-1, 0]), float(self.means[-1, 1])

    def chance(self, logits: Floats, day: Ints, delay: int) -> Floats:
        """Of rows, each corrected by the answers of days more than `delay` before its own."""
        mean = self.means[np.searchsorted(self.days + delay, day, side="left")]
        return chance_of(mean[:, 0] + mean[:, 1] * logits)


def _moving() -> list[Motion]:
    return [Motion(drift, jump) for drift in DRIFTS for jump in JUMPS]


def _beliefs(rows: Rows, motion: Motion, days: int) -> tuple[list[Belief], float]:
    """What is believed before the first day and after each of `days`; how likely their answers
    were, as a logarithm."""
    beliefs, likely, edges = [UNMOVED], 0.0, rows.edges
    for day in range(days):
        mine = slice(int(edges[day]), int(edges[day + 1]))
        belief, told = _learned(
            motion.ahead(beliefs[-1], 1), rows.logits[mine], rows.answered[mine]
        )
        beliefs.append(belief)
        likely += told
    return beliefs, likely


def _learned(
    before: tuple[tuple[float, Belief], ...], logits: Floats, answered: npt.NDArray[np.bool_]
) -> tuple[Belief, float]:
    """The belief after a day's answers: each possible one before it by Bayes' rule (Laplace), then
    one normal with the mean and covariance of all together."""
    every = [_by_answers(one, logits, answered) for _, one in before]
    weighed = [np.log(share) + told for (share, _), (_, told) in zip(before, every, strict=True)]
    likely = float(np.logaddexp.reduce(weighed))
    shares = np.exp(np.array(weighed) - likely)
    mean = sum(share * one.mean for share, (one, _) in zip(shares, every, strict=True))
    covariance = sum(
        share * (one.covariance + np.outer(one.mean - mean, one.mean - mean))
        for share, (one, _) in zip(shares, every, strict=True)
    )
    return Belief(np.asarray(mean), np.asarray(covariance)), likely


def _by_answers(
    before: Belief, logits: Floats, answered: npt.NDArray[np.bool_]
) -> tuple[Belief, float]:
    """The belief after the answers, and the logarithm of how likely they were (Laplace)."""
    precision = np.asarray(np.linalg.inv(before.covariance), dtype=np.float64)
    mean, bent = newton(before.mean, precision, logits, answered)
    z = mean[0] + mean[1] * logits
    away = mean - before.mean
    told = float((answered * z - np.logaddexp(0.0, z)).sum() - away @ precision @ away / 2.0)
    told += float(np.linalg.slogdet(precision)[1] - np.linalg.slogdet(bent)[1]) / 2.0
    return Belief(mean, np.asarray(np.linalg.inv(bent), dtype=np.float64)), told
