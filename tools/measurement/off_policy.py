"""What a policy that draws would have earned, from a log of somebody else's draws."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from domain.errors import DataError

Floats = npt.NDArray[np.float64]

RESAMPLES: Final = 1000
AT_ONCE: Final = 2_000_000
"""Weights of resampled rows held at a time."""
SEED: Final = 17
TAILS: Final = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """`low` and `high`: 95% of the bootstrap's samples of rows."""

    value: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class OffPolicy:
    """Mean reward per row: by inverse propensity (Horvitz and Thompson 1952), self-normalised
    (Swaminathan and Joachims 2015), doubly robust (Dudik, Langford and Li 2011)."""

    ipw: Estimate
    snipw: Estimate
    dr: Estimate


@dataclass(frozen=True)
class Judged:
    """One policy on logged rows. `weight`: its odds of what was logged over the logged
    propensity. `expected`: reward that a model expects of its own draw; `surprise`: logged reward
    less what the model expects of the logged choice."""

    weight: Floats
    reward: Floats
    expected: Floats
    surprise: Floats

    @property
    def effective(self) -> float:
        """Rows of equal weight that would tell as much: (sum w)^2 / sum w^2 (Kish 1965)."""
        squares = float(np.square(self.weight).sum())
        return float(self.weight.sum()) ** 2 / squares if squares > 0.0 else 0.0


def judged(
    odds: Floats,
    logged: npt.NDArray[np.integer],
    propensity: Floats,
    reward: Floats,
    model: Floats | None = None,
) -> Judged:
    """odds: rows x choices, of the policy; logged: choice of each row, and its propensity there;
    model: expected reward, rows x choices (None: 0, which makes doubly robust the first kind).

    The model must not have seen these rows. Raises DataError for a propensity outside (0, 1].
    """
    if len(reward) == 0 or not ((propensity > 0.0) & (propensity <= 1.0)).all():
        raise DataError(
            "Expected logged rows, each with a propensity in (0, 1].",
            "Leave out rows whose propensity was not logged.",
        )
    rows = np.arange(len(reward))
    told = np.zeros_like(odds) if model is None else model
    return Judged(
        odds[rows, logged] / propensity,
        reward,
        np.asarray((odds * told).sum(axis=1), dtype=np.float64),
        reward - told[rows, logged],
    )


def value_of(policy: Judged) -> OffPolicy:
    """The policy's mean reward."""
    return _told(_resampled(len(policy.reward), lambda rows: _estimates(policy, rows)))


def gain_over(policy: Judged, other: Judged) -> OffPolicy:
    """The first policy's mean reward minus the other's on the same rows, resampled in pairs."""
    return _told(
        _resampled(
            len(policy.reward), lambda rows: _estimates(policy, rows) - _estimates(other, rows)
        )
    )


def wins(gain: OffPolicy) -> bool:
    """Whether every estimate's whole interval lies above zero; otherwise nothing is claimed."""
    return all(one.low > 0.0 for one in (gain.ipw, gain.snipw, gain.dr))


def _resampled(rows: int, estimates: Callable[[Floats], Floats]) -> Floats:
    """Estimates of the rows as they are, then of RESAMPLES draws of rows, a few at a time."""
    draws, share = np.random.default_rng(SEED), np.full(rows, 1.0 / rows)
    found, at_once = [estimates(np.ones((1, rows)))], max(1, AT_ONCE // rows)
    for done in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - done)
        found.append(estimates(draws.multinomial(rows, share, size=size).astype(np.float64)))
    return np.concatenate(found)


def _estimates(policy: Judged, samples: Floats) -> Floats:
    """ipw, snipw and dr (columns) of each sample (rows: how often each logged row counts)."""
    rows = samples.shape[1]
    earned = samples @ (policy.weight * policy.reward)
    weight = samples @ policy.weight
    robust = samples @ (policy.expected + policy.weight * policy.surprise)
    normal = np.divide(earned, weight, out=np.zeros_like(earned), where=weight > 0.0)
    return np.column_stack([earned / rows, normal, robust / rows])


def _told(estimates: Floats) -> OffPolicy:
    value, drawn = estimates[0], estimates[1:]
    low, high = np.quantile(drawn, TAILS, axis=0)
    se = drawn.std(axis=0, ddof=1)
    each = [
        Estimate(float(value[i]), float(se[i]), float(low[i]), float(high[i])) for i in range(3)
    ]
    return OffPolicy(*each)
