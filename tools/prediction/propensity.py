"""The chance that a contact answers: trees and a line, cross-fitted, weighed and calibrated."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from tools.prediction.at_once import at_once, steady_threads
from tools.prediction.family import DEFAULT, Family
from tools.prediction.forest import FEW, Forest, forest_of
from tools.prediction.linear import fit_line
from tools.prediction.training import FOLDS

Floats = npt.NDArray[np.float64]
PARAMETERS: Final[dict[str, Any]] = {
    "learning_rate": 0.06,
    "max_iter": 80,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 7,
}
"""Small trees: a campaign's answers hold little that tells contacts apart."""
DEEP: Final[dict[str, Any]] = {
    **PARAMETERS,
    "learning_rate": 0.05,
    "max_iter": 200,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 20,
}
DIGITS: Final = 6
"""Kept of a fitted weight: its last digits depend on where rows lie in memory, and say nothing."""
DEEP_FROM: Final = 2_000
"""Rows from which deep trees speak beside the small ones; how much they have to say is fitted."""
LEAST_OF_EACH: Final = 10
"""Answered and silent rows a fold's model needs; with fewer the rate alone speaks."""


class Member(Protocol):
    """One way to say the log odds of rows."""

    def logits(self, matrix: Floats) -> Floats: ...


@dataclass(frozen=True)
class Propensity:
    """A few members per fold, each trained without that fold, and one calibration for all.

    Calibrated chance = 1 / (1 + exp(-(intercept + sum of weight * log odds of a member))): stacking
    (Wolpert 1992) and calibration (Platt 1999) in one, fitted on out-of-fold log odds, with
    weights that are not negative and sum to at most 1, so that calibration never invents contrast.
    """

    folds: tuple[tuple[Member, ...], ...]
    """Members by the fold they never saw, in the same order for each; empty: no model."""
    rate: float
    """Share that answered; the chance of everyone where there is no model."""
    intercept: float
    weights: Floats

    def logits(self, matrix: Floats, folds: npt.NDArray[np.int8]) -> Floats:
        """Calibrated log odds per row of `matrix`, with `folds` as of `chance`."""
        if not self.folds:
            rate = min(max(self.rate, 1e-9), 1.0 - 1e-9)
            return np.full(len(matrix), np.log(rate / (1.0 - rate)))
        said = _logits(self.folds, matrix, folds) * self.weights
        return np.asarray(self.intercept + said.sum(axis=1), dtype=np.float64)

    def corrected(self, intercept: float, slope: float) -> "Propensity":
        """Whose log odds are intercept + slope x these; without a model those of the rate. A slope
        above 1 adds contrast that fitting never would: answers asked for it."""
        if not self.folds:
            odds = float(self.logits(np.zeros((1, 0)), np.zeros(1, dtype=np.int8))[0])
            return replace(self, rate=float(_sigmoid(np.array(intercept + slope * odds))))
        moved = intercept + slope * self.intercept
        return replace(self, intercept=moved, weights=slope * self.weights)

    def chance(self, matrix: Floats, folds: npt.NDArray[np.int8]) -> Floats:
        """Chance per row of `matrix`. `folds`: the contact's fold where it was trained on, so
        that the model which never saw it speaks; -1 where it was not: the mean of all models."""
        if not self.folds:
            return np.full(len(matrix), self.rate)
        return _sigmoid(self.logits(matrix, folds))


def fit_propensity(
    matrix: Floats,
    categorical: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    folds: npt.NDArray[np.int8],
    family: Family = DEFAULT,
) -> Propensity:
    """A calibrated propensity of `answered` (rows) given `matrix` (rows x features), said by the
    members of the family; of `rate` by the share that answered alone."""
    rate = float((answered.sum() + 0.5) / (len(answered) + 1.0)) if len(answered) else 0.0
    nothing = Propensity((), rate, 0.0, np.zeros(0))
    if family == "rate" or not _learnable(answered, folds):
        return nothing
    fits = tuple(
        at_once(
            [
                partial(_fit_members, matrix, categorical, answered, folds != fold, family)
                for fold in range(FOLDS)
            ]
        )
    )
    if not all(fits):
        return nothing
    said = _logits(fits, matrix, folds)
    with steady_threads():
        intercept, weights = _calibrate(said, answered)
    return Propensity(fits, rate, intercept, weights)


def _learnable(answered: npt.NDArray[np.bool_], folds: npt.NDArray[np.int8]) -> bool:
    """Whether each fold's model sees enough of both: those who answered and those who did not."""
    least = min(
        min(int(kept.sum()), int((~kept).sum()))
        for kept in (answered[folds != fold] for fold in range(FOLDS))
    )
    return least >= LEAST_OF_EACH


def _fit_members(
    matrix: Floats,
    categorical: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    kept: npt.NDArray[np.bool_],
    family: Family,
) -> tuple[Member, ...]:
    """The family's members of one fold, from the rows kept; none where no column tells those
    apart."""
    rows, matrix, answered = len(matrix), matrix[kept], answered[kept]
    low, high = (
        bound.reduce(matrix, axis=0, initial=np.nan, where=True) for bound in (np.fmin, np.fmax)
    )
    columns = np.flatnonzero(low < high)
    if len(columns) == 0:
        return ()
    line = () if family == "trees" else (fit_line(matrix, categorical, answered),)
    kinds = _kinds(family, rows)
    trees = (_fit_trees(matrix, categorical, answered, columns, kind) for kind in kinds)
    return (*line, *trees)


def _kinds(family: Family, rows: int) -> tuple[dict[str, Any], ...]:
    """Parameters of the family's trees, of `rows` rows in all."""
    if family == "line":
        return ()
    return (PARAMETERS, DEEP) if family == "stack" and rows >= DEEP_FROM else (PARAMETERS,)


def _fit_trees(
    matrix: Floats,
    categorical: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    columns: npt.NDArray[np.intp],
    parameters: dict[str, Any],
) -> Forest:
    """Boosted trees over the columns that held at least two values where they were trained: the
    library's binning fails on others, and they tell nothing."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    classifier = HistGradientBoostingClassifier(
        categorical_features=categorical[columns], **parameters
    )
    return forest_of(classifier.fit(matrix[:, columns], answered), columns)


def _logits(
    fits: tuple[tuple[Member, ...], ...], matrix: Floats, folds: npt.NDArray[np.int8]
) -> Floats:
    """Raw log odds, rows x members: of the models of its fold, or the mean of all where fold is
    -1."""
    seen = [_rows_of(folds, fold) for fold in (*range(FOLDS), -1)]
    tasks = [partial(_said_by, fits[fold], matrix, seen[fold]) for fold in range(FOLDS)]
    tasks += [partial(_said_by, members, matrix, seen[-1]) for members in fits]
    found = at_once(tasks) if len(matrix) >= FEW else [task() for task in tasks]
    logits = np.zeros((len(matrix), len(fits[0])))
    for rows, said in zip(seen, found[:FOLDS], strict=False):
        logits[rows] = said
    for said in found[FOLDS:]:
        logits[seen[-1]] += said / len(fits)
    return logits


def _rows_of(folds: npt.NDArray[np.int8], fold: int) -> npt.NDArray[np.intp]:
    return np.flatnonzero(folds == fold if fold >= 0 else folds < 0)


def _said_by(members: tuple[Member, ...], matrix: Floats, rows: npt.NDArray[np.intp]) -> Floats:
    """Raw log odds, rows x members."""
    if len(rows) == 0:
        return np.zeros((0, len(members)))
    kept = matrix[rows]
    return np.column_stack([member.logits(kept) for member in members])


def _calibrate(logits: Floats, answered: npt.NDArray[np.bool_]) -> tuple[float, Floats]:
    """Intercept and weights of a logistic regression of the answer on the raw log odds (rows x
    members)."""
    from scipy.optimize import minimize

    target, members = answered.astype(np.float64), logits.shape[1]

    def loss(at: Floats) -> tuple[float, Floats]:
        z = at[0] + logits @ at[1:]
        error = (_sigmoid(z) - target) / len(target)
        value = float((np.logaddexp(0.0, z) - target * z).mean())
        return value, np.concatenate([[error.sum()], error @ logits])

    found = minimize(
        loss,
        np.array([0.0, *np.full(members, 1.0 / members)]),
        jac=True,
        method="SLSQP",
        bounds=[(None, None), *[(0.0, 1.0)] * members],
        constraints=({"type": "ineq", "fun": lambda at: 1.0 - at[1:].sum()},),
        options={"ftol": 1e-10, "maxiter": 200},
    )
    at = np.round(np.asarray(found.x, dtype=np.float64), DIGITS)
    return float(at[0]), np.clip(at[1:], 0.0, 1.0)


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -40.0, 40.0))), dtype=np.float64)
