"""The chance that a contact answers: boosted trees, cross-fitted and calibrated."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

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
THREADS: Final = 1
"""Fixed, so that sums are formed in one order whatever else the machine does; and one, since two
threads that wait for each other by spinning took thirty times as long on a busy machine."""
LEAST_OF_EACH: Final = 10
"""Answered and silent rows a fold's model needs; with fewer the rate alone speaks."""


@dataclass(frozen=True)
class Trees:
    """Boosted trees over the columns that held at least two values where they were trained: the
    library's binning fails on others, and they tell nothing."""

    columns: npt.NDArray[np.intp]
    classifier: Any

    def logits(self, matrix: Floats) -> Floats:
        """Raw log odds per row of `matrix`."""
        said = self.classifier.decision_function(matrix[:, self.columns])
        return np.asarray(said, dtype=np.float64)


@dataclass(frozen=True)
class Propensity:
    """One model per fold, each trained without that fold, and one calibration for all.

    Calibrated chance = 1 / (1 + exp(-(intercept + slope * logit(raw)))) (Platt 1999), fitted on
    out-of-fold chances, with slope in [0, 1] so that calibration never invents contrast.
    """

    models: tuple[Trees, ...]
    rate: float
    """Share that answered; the chance of everyone where there is no model."""
    intercept: float
    slope: float

    def chance(self, matrix: Floats, folds: npt.NDArray[np.int8]) -> Floats:
        """Chance per row of `matrix`. `folds`: the contact's fold where it was trained on, so
        that the model which never saw it speaks; -1 where it was not: the mean of all models."""
        if not self.models:
            return np.full(len(matrix), self.rate)
        logits = _logits(self.models, matrix, folds)
        return _sigmoid(self.intercept + self.slope * logits)


def fit_propensity(
    matrix: Floats,
    categorical: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    folds: npt.NDArray[np.int8],
) -> Propensity:
    """A calibrated propensity of `answered` (rows) given `matrix` (rows x features)."""
    rate = float((answered.sum() + 0.5) / (len(answered) + 1.0)) if len(answered) else 0.0
    if not _learnable(answered, folds):
        return Propensity((), rate, 0.0, 0.0)
    fits = (
        _fit_one(matrix[folds != fold], categorical, answered[folds != fold])
        for fold in range(FOLDS)
    )
    models = tuple(trees for trees in fits if trees is not None)
    if len(models) < FOLDS:
        return Propensity((), rate, 0.0, 0.0)
    intercept, slope = _calibrate(_logits(models, matrix, folds), answered)
    return Propensity(models, rate, intercept, slope)


def _learnable(answered: npt.NDArray[np.bool_], folds: npt.NDArray[np.int8]) -> bool:
    """Whether each fold's model sees enough of both: those who answered and those who did not."""
    least = min(
        min(int(kept.sum()), int((~kept).sum()))
        for kept in (answered[folds != fold] for fold in range(FOLDS))
    )
    return least >= LEAST_OF_EACH


def _fit_one(
    matrix: Floats, categorical: npt.NDArray[np.bool_], answered: npt.NDArray[np.bool_]
) -> Trees | None:
    """The trees of one fold; None where no column tells rows apart."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    low, high = (
        bound.reduce(matrix, axis=0, initial=np.nan, where=True) for bound in (np.fmin, np.fmax)
    )
    columns = np.flatnonzero(low < high)
    if len(columns) == 0:
        return None
    with _steady_threads():
        classifier = HistGradientBoostingClassifier(
            categorical_features=categorical[columns], **PARAMETERS
        )
        return Trees(columns, classifier.fit(matrix[:, columns], answered))


def _steady_threads() -> AbstractContextManager[Any]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[Any] = threadpool_limits(limits=THREADS)
    return limits


def _logits(models: tuple[Trees, ...], matrix: Floats, folds: npt.NDArray[np.int8]) -> Floats:
    """Raw log odds per row: of the model of its fold, or the mean of all where fold is -1."""
    logits = np.zeros(len(matrix))
    unseen = folds < 0
    with _steady_threads():
        for fold, model in enumerate(models):
            mine = folds == fold
            if mine.any():
                logits[mine] = model.logits(matrix[mine])
            if unseen.any():
                logits[unseen] += model.logits(matrix[unseen]) / len(models)
    return logits


def _calibrate(logits: Floats, answered: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and slope of a logistic regression of the answer on the raw log odds."""
    from scipy.optimize import minimize

    target = answered.astype(np.float64)

    def loss(at: Floats) -> tuple[float, Floats]:
        z = at[0] + at[1] * logits
        error = _sigmoid(z) - target
        value = float(np.logaddexp(0.0, z).sum() - (target * z).sum())
        return value, np.array([error.sum(), (error * logits).sum()])

    found = minimize(
        loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, 1.0)]
    )
    return float(found.x[0]), float(found.x[1])


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -40.0, 40.0))), dtype=np.float64)
