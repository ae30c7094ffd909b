"""A straight line through the log odds: the propensity's steadier half."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PENALTY: Final = 1.0
"""Ridge penalty per coefficient of a standardised column, as of one row."""
STEPS: Final = 25
FARTHEST: Final = 4.0
"""Standard deviations from the mean beyond which a number says no more."""
LEAST_SHARE: Final = 0.01
"""Share of the rows a value needs for an indicator of its own."""


@dataclass(frozen=True)
class Design:
    """How columns become numbers a line can use: codes as indicators of the values seen in
    training, numbers standardised, a missing number as the mean and an indicator."""

    coded: tuple[tuple[int, float], ...]
    """Column and code of each indicator."""
    numeric: npt.NDArray[np.intp]
    mean: Floats
    scale: Floats

    def of(self, matrix: Floats) -> Floats:
        """Rows of `matrix` as rows x (indicators, numbers, missing)."""
        columns, codes = self._indicators
        numbers = matrix[:, self.numeric]
        missing = ~np.isfinite(numbers)
        level = np.clip((numbers - self.mean) / self.scale, -FARTHEST, FARTHEST)
        level[missing] = 0.0
        found = np.concatenate([matrix[:, columns] == codes, level, missing], axis=1)
        return np.ascontiguousarray(found)  # one order of sums, whatever the columns lay in

    @cached_property
    def _indicators(self) -> tuple[npt.NDArray[np.intp], Floats]:
        """Column and code of each indicator, as arrays: one comparison makes them all."""
        columns = np.array([column for column, _ in self.coded], dtype=np.intp)
        return columns, np.array([code for _, code in self.coded], dtype=np.float64)


@dataclass(frozen=True)
class Line:
    """log odds = intercept + design row . coefficients."""

    design: Design
    intercept: float
    coefficients: Floats

    def logits(self, matrix: Floats) -> Floats:
        """Raw log odds per row of `matrix`."""
        said = self.intercept + self.design.of(matrix) @ self.coefficients
        return np.asarray(said, dtype=np.float64)


def design_of(matrix: Floats, categorical: npt.NDArray[np.bool_]) -> Design:
    """The design of training rows: what tells nothing among them has no column."""
    coded = tuple(
        (int(column), float(code))
        for column in np.flatnonzero(categorical)
        for code in _common(matrix[:, column])
    )
    numeric = np.flatnonzero(~categorical & np.isfinite(matrix).any(axis=0))
    numbers = matrix[:, numeric]
    mean = np.nanmean(numbers, axis=0) if len(numeric) else np.zeros(0)
    scale = np.nanstd(numbers, axis=0) if len(numeric) else np.zeros(0)
    return Design(coded, numeric, mean, np.where(scale > 0.0, scale, 1.0))


def _common(column: Floats) -> Floats:
    codes, rows = np.unique(column[np.isfinite(column)], return_counts=True)
    return codes[rows >= LEAST_SHARE * len(column)]


def fit_line(
    matrix: Floats, categorical: npt.NDArray[np.bool_], answered: npt.NDArray[np.bool_]
) -> Line:
    """A ridge logistic regression by Newton's method, which ends in a few steps and gives the
    same bytes for the same rows."""
    design = design_of(matrix, categorical)
    x = np.column_stack([np.ones(len(matrix)), design.of(matrix)])
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 1e-6
    rate = (answered.sum() + 0.5) / (len(answered) + 1.0)
    at = np.zeros(x.shape[1])
    at[0] = np.log(rate / (1.0 - rate))
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(x @ at, -40.0, 40.0)))
        slope = x.T @ (answered - chance) - penalty * at
        bend = (x * (chance * (1.0 - chance))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        at = at + _shortened(at, step, x, answered, penalty) * step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Line(design, float(at[0]), at[1:])


def _shortened(
    at: Floats, step: Floats, x: Floats, answered: npt.NDArray[np.bool_], penalty: Floats
) -> float:
    """The first half, quarter, ... of Newton's step that makes the loss no larger: the whole step
    can overshoot, and each one after it further."""

    def loss(there: Floats) -> float:
        z = x @ there
        fit = np.logaddexp(0.0, z).sum() - z[answered].sum()
        return float(fit + (penalty * np.square(there)).sum() / 2.0)

    before, share = loss(at), 1.0
    while share > 1e-6 and loss(at + share * step) > before:
        share /= 2.0
    return share
