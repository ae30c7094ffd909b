"""How far a contact's own expected effect may lie from the one that is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tools.prediction.at_once import at_once, steady_threads
from tools.prediction.linear import Design, design_of
from tools.prediction.propensity import Floats

COVERED: Final = 0.9
LINES: Final = tuple(float(one) for one in np.geomspace(0.01, 0.3, 5))
"""Standard deviations of the effects along straight lines, as shares of the outcome's own, that
are thought possible."""
BENT: Final = LINES[1:]
"""The same along waves: what bends is never thought to be less than this, since few rows can tell
it from nothing."""
SMALLER: Final = 0.75
"""Power by which a small standard deviation along lines is likelier before rows speak."""
WAVES: Final = 96
"""Cosines of random directions, for what no straight line tells (Rahimi and Recht 2007)."""
BENDS: Final = 2.0
"""How often a wave bends: a typical one turns once within pi / BENDS standard deviations of what
is told of contacts, taken together."""
SEED: Final = 23
PARAMETERS: Final[tuple[Any, ...]] = (COVERED, LINES, BENT, SMALLER, WAVES, BENDS, SEED)
BLOCK: Final = 2_048
"""Rows whose numbers are formed at once: few enough to stay near the processor."""


@dataclass(frozen=True, eq=False)
class Basis:
    """What a contact's effect may go by: 1, the standardised design, and waves through that.

    Not by the contrast of the two propensities: what a fold's models say was learnt without its
    answers, so its errors are the opposite of theirs wherever folds differ.
    """

    design: Design
    centre: Floats
    scale: Floats
    """Of the design; infinite where all rows are alike, which then tells nothing."""
    ways: Floats
    """Directions of the waves: design x WAVES."""
    begins: Floats

    def rows(self, matrix: Floats) -> Floats:
        """Rows of `matrix` as rows x (1, design, waves)."""
        level = self.design.of(matrix)
        level -= self.centre
        level /= self.scale
        waves = level @ self.ways
        waves += self.begins
        np.cos(waves, out=waves)
        waves *= np.sqrt(2.0)
        return np.concatenate([np.ones((len(matrix), 1)), level, waves], axis=1)


@dataclass(frozen=True, eq=False)
class Spread:
    """tau(x) = g . row(x), g a posteriori with this mean and covariance.

    A Bayesian linear regression of what randomised rows say of their own effects (doubly robust
    pseudo-outcomes, weighed by their precision), averaged over prior variances (LINES, BENT) by
    their evidence. Intervals of that kind cover their share of the contacts, on average over them
    (Wahba 1983; Nychka 1988). Not of what is left over beyond the effect told: that was made from
    the same answers, whose errors it would hide.
    """

    basis: Basis
    mean: Floats
    covariance: Floats

    def half_width(self, matrix: Floats, effect: Floats) -> Floats:
        """h per row such that tau(x) lies within effect -+ h with COVERED."""
        tasks = [partial(self._of, matrix[one], effect[one]) for one in _blocks(len(matrix))]
        found = at_once(tasks) if len(tasks) > 1 else [task() for task in tasks]
        return np.concatenate([np.zeros(0), *found])

    def _of(self, matrix: Floats, effect: Floats) -> Floats:
        rows = self.basis.rows(matrix)
        square = np.einsum("ij,ij->i", rows @ self.covariance, rows)
        error = np.sqrt(np.maximum(square, 1e-18))
        off = np.abs(rows @ self.mean - effect)
        return np.asarray(error * folded_quantile(off / error))


def measure_spread(
    matrix: Floats,
    categorical: npt.NDArray[np.bool_],
    psi: Floats,
    noise: Floats,
    outcome_sd: float,
) -> Spread:
    """From randomised rows. `psi` (rows): their pseudo-outcomes; `noise`: the variance of those, up
    to a factor, which is fitted; `outcome_sd`: standard deviation of the outcome."""
    noise = noise * float(np.square(psi - psi.mean()).sum() / noise.sum())
    with steady_threads():
        basis = _basis(matrix, categorical)
        gram, told = _sums(basis, matrix, psi, noise)
        mean, covariance = _posterior(gram, told, outcome_sd, np.isfinite(basis.scale))
    return Spread(basis, mean, covariance)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, rows, BLOCK))


def _basis(matrix: Floats, categorical: npt.NDArray[np.bool_]) -> Basis:
    design = design_of(matrix, categorical)
    total, square = np.zeros(1), np.zeros(1)
    for one in _blocks(len(matrix)):
        plain = design.of(matrix[one])
        sums = plain.sum(axis=0), np.square(plain).sum(axis=0)
        total, square = sums[0] + total, sums[1] + square
    centre = total / len(matrix)
    scale = np.sqrt(np.maximum(square / len(matrix) - np.square(centre), 0.0))
    telling, draws = scale > 1e-6, np.random.default_rng(SEED)
    often = BENDS / np.sqrt(max(telling.sum(), 1) / 2.0)
    ways = often * draws.normal(size=(len(centre), WAVES))
    begins = draws.uniform(0.0, 2.0 * np.pi, WAVES)
    return Basis(design, centre, np.where(telling, scale, np.inf), ways, begins)


def _sums(basis: Basis, matrix: Floats, psi: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Of the regression: products of rows, and of rows with psi, by their precision."""
    size = 1 + len(basis.centre) + WAVES
    gram, told = np.zeros((size, size)), np.zeros(size)
    for one in _blocks(len(matrix)):
        rows = basis.rows(matrix[one])
        gram += (rows / noise[one, None]).T @ rows
        told += rows.T @ (psi[one] / noise[one])
    return gram, told


def _posterior(
    gram: Floats, told: Floats, outcome_sd: float, telling: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Mean and covariance of the coefficients, averaged by their evidence over the variances that
    are thought possible. The lines share theirs among the columns that are telling."""
    straight = np.full(len(telling), 1.0 / max(telling.sum(), 1))
    waves = np.full(WAVES, 1.0 / WAVES)
    found = [
        _given(
            gram,
            told,
            outcome_sd**2 * np.concatenate([line**2 * straight, wave**2 * waves]),
        )
        for line, wave in product(LINES, BENT)
    ]
    before = -SMALLER * np.log([line for line, _ in product(LINES, BENT)])
    evidence = before + np.array([one[2] for one in found])
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    means = np.array([one[0] for one in found])
    mean = weights @ means
    within = sum(weight * one[1] for weight, one in zip(weights, found, strict=True))
    return mean, np.asarray(within + ((means - mean).T * weights) @ (means - mean))


def _given(gram: Floats, told: Floats, variance: Floats) -> tuple[Floats, Floats, float]:
    """Posterior mean and covariance of coefficients with these prior variances (the first, the
    level, has none and is free), and the logarithm of their evidence, up to what all share."""
    precision = np.concatenate([[0.0], 1.0 / variance])
    whole = gram + np.diag(precision)
    logarithm = float(np.linalg.slogdet(whole)[1])
    covariance = np.linalg.inv(whole)
    mean = covariance @ told
    evidence = 0.5 * float(told @ mean - np.log(variance).sum() - logarithm)
    return np.asarray(mean), np.asarray(covariance), evidence


def folded_quantile(off: Floats) -> Floats:
    """h with P(|N(off, 1)| <= h) = COVERED; off is not negative."""
    grid, found = _quantiles()
    return np.where(off < grid[-1], np.interp(off, grid, found), off + found[-1] - grid[-1])


@cache
def _quantiles() -> tuple[Floats, Floats]:
    """The quantile on a grid of `off`, by bisection; from its end on it grows as `off` does."""
    from scipy.special import ndtr

    grid = np.linspace(0.0, 6.0, 601)
    low, high = grid.copy(), grid + 2.0
    for _ in range(50):
        middle = (low + high) / 2.0
        enough = ndtr(middle - grid) - ndtr(-middle - grid) >= COVERED
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return grid, high
