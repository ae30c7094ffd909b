"""How fast a population buys, period by period, and how fast it may in the periods to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from tools.prediction.propensity import Floats

DAYS_A_WEEK: Final = 7.0
MEMORIES: Final = tuple(float(one) for one in np.linspace(0.0, 0.95, 20))
"""Correlations of one period's level with the next that are thought possible, all alike."""
SPREADS: Final = tuple(float(one) for one in np.geomspace(0.01, 1.0, 20))
"""Standard deviations of a level's logarithm that are thought possible, all alike."""


@dataclass(frozen=True)
class Clock:
    """How fast the population buys in each period, 1 on average over the days watched; the newest
    period last.

    Time runs by it: a customer's period of twice the average counts for two. The logarithms of
    the levels follow an autoregressive process of first order whose mean nobody knows, observed
    with the error of as many purchases (a Gaussian process: Rasmussen and Williams 2006, 2.7),
    averaged over MEMORIES and SPREADS by restricted likelihood (Harville 1974).
    """

    levels: Floats
    bought: Floats
    """Purchases in each period."""
    period_days: int

    @property
    def moves(self) -> bool:
        return len(self.levels) > 1

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of a period's level, beyond sampling error."""
        return float(sum(weight * one.spread for weight, one in self._followed))

    def ahead(self, weeks: float) -> tuple[float, float]:
        """Mean level over the next `weeks` and its standard error. No month's season is known
        before it was seen once, hence the error."""
        if not self.moves or weeks <= 0.0:
            return 1.0, 0.0
        edges = np.arange(0.0, weeks * DAYS_A_WEEK, self.period_days)
        share = np.diff(np.append(edges, weeks * DAYS_A_WEEK)) / (weeks * DAYS_A_WEEK)
        told = [(weight, *one.ahead(share)) for weight, one in self._followed]
        mean = sum(weight * level for weight, level, _ in told)
        square = sum(weight * (level**2 + variance) for weight, level, variance in told)
        return float(mean), float(np.sqrt(max(square - mean**2, 0.0)))

    @cached_property
    def _followed(self) -> tuple[tuple[float, "_Process"], ...]:
        """Each process of the grid with what it counts."""
        every = [*self._grid()]
        likelihood = np.array([one.log_likelihood for one in every])
        weights = np.exp(likelihood - likelihood.max())
        return tuple(zip((weights / weights.sum()).tolist(), every, strict=True))

    def _grid(self) -> Iterator["_Process"]:
        logs, noise = np.log(self.levels), 1.0 / np.maximum(self.bought, 1.0)
        yield from (_Process(logs, noise, one, other) for one in MEMORIES for other in SPREADS)


class _Process:
    """One memory and one spread, with what the levels say of them and of the periods ahead."""

    def __init__(self, logs: Floats, noise: Floats, memory: float, spread: float) -> None:
        self.memory, self.spread = memory, spread
        self._seen = np.arange(len(logs), dtype=np.float64)
        seen = self._covariance(self._seen, self._seen) + np.diag(noise)
        self._inverse = np.linalg.inv(seen)
        self._told = self._inverse.sum()
        self.mean = float(self._inverse.sum(axis=0) @ logs / self._told)
        self._apart = logs - self.mean
        off = float(self._apart @ self._inverse @ self._apart)
        self.log_likelihood = -0.5 * (np.linalg.slogdet(seen)[1] + np.log(self._told) + off)

    def ahead(self, share: Floats) -> tuple[float, float]:
        """Mean and variance of the average level over the next periods, weighed by their share:
        the best linear prediction of each logarithm, and the moments of a lognormal."""
        steps = len(self._seen) + np.arange(len(share), dtype=np.float64)
        near = self._covariance(steps, self._seen) @ self._inverse
        logs = self.mean + near @ self._apart
        unknown = 1.0 - near.sum(axis=1)
        covariance = (
            self._covariance(steps, steps)
            - near @ self._covariance(self._seen, steps)
            + np.outer(unknown, unknown) / self._told
        )
        levels = share * np.exp(logs + np.diag(covariance) / 2.0)
        return float(levels.sum()), float(levels @ np.expm1(covariance) @ levels)

    def _covariance(self, some: Floats, others: Floats) -> Floats:
        apart = np.abs(some[:, None] - others)
        return np.asarray(self.spread**2 * self.memory**apart, dtype=np.float64)
