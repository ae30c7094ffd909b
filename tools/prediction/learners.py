"""Three ways to say whom a treatment changes: T-, X- and DR-learner, on the same propensities."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from tools.prediction.at_once import steady_threads
from tools.prediction.linear import design_of
from tools.prediction.propensity import PARAMETERS, Floats, fit_propensity
from tools.prediction.training import FOLDS

Learner = Literal["t", "x", "dr"]
LEARNERS: Final[tuple[Learner, ...]] = get_args(Learner)
PENALTIES: Final = tuple(float(one) for one in np.logspace(1.0, 5.0, 9))


@dataclass(frozen=True)
class Comparison:
    """Randomised rows of two arms; `odds` is each row's logged chance of being treated."""

    matrix: Floats
    categorical: npt.NDArray[np.bool_]
    treated: npt.NDArray[np.bool_]
    answered: npt.NDArray[np.bool_]
    odds: Floats
    folds: npt.NDArray[np.int8]

    def only(self, rows: npt.NDArray[np.bool_]) -> "Comparison":
        return Comparison(
            self.matrix[rows],
            self.categorical,
            self.treated[rows],
            self.answered[rows],
            self.odds[rows],
            self.folds[rows],
        )


def effects(learner: Learner, learned: Comparison, judged: Floats, odds: Floats) -> Floats:
    """Effect per row of `judged`, none of which is among `learned`; `odds` as of Comparison.

    T: the difference of two propensities. X (Kunzel, Sekhon, Bickel and Yu, 2019): what each
    arm's rows show against the other arm's propensity, regressed per arm and weighed by the odds.
    DR (Kennedy, 2023): the doubly robust pseudo-outcome, regressed. Propensities speak out of
    fold for the rows that the second regression learns from.
    """
    after, base = (
        fit_propensity(
            learned.matrix[arm], learned.categorical, learned.answered[arm], learned.folds[arm]
        )
        for arm in (learned.treated, ~learned.treated)
    )
    if learner == "t":
        unseen = np.full(len(judged), -1, dtype=np.int8)
        return after.chance(judged, unseen) - base.chance(judged, unseen)
    said = after.chance(learned.matrix, learned.folds)
    alone = base.chance(learned.matrix, learned.folds)
    y, treated = learned.answered.astype(np.float64), learned.treated
    if learner == "x":
        of_treated = _regress(learned.only(treated), (y - alone)[treated], judged)
        of_others = _regress(learned.only(~treated), (said - y)[~treated], judged)
        return odds * of_others + (1.0 - odds) * of_treated
    residual = np.where(treated, (y - said) / learned.odds, -(y - alone) / (1.0 - learned.odds))
    return _regress(learned, said - alone + residual, judged)


def cross_fitted(learner: Learner, rows: Comparison) -> Floats:
    """Effect per row by models of which none, in either stage, saw the row's fold."""
    found = np.zeros(len(rows.treated))
    for fold in range(FOLDS):
        mine = rows.folds == fold
        found[mine] = effects(learner, rows.only(~mine), rows.matrix[mine], rows.odds[mine])
    return found


def _regress(rows: Comparison, outcome: Floats, judged: Floats) -> Floats:
    """Mean of a ridge regression, its penalty by leaving one out, and of small trees."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import RidgeCV

    design = design_of(rows.matrix, rows.categorical)
    low, high = (
        bound.reduce(rows.matrix, axis=0, initial=np.nan, where=True)
        for bound in (np.fmin, np.fmax)
    )
    varies = low < high
    with steady_threads():
        line = RidgeCV(alphas=PENALTIES).fit(design.of(rows.matrix), outcome)
        trees = HistGradientBoostingRegressor(
            categorical_features=rows.categorical[varies], **PARAMETERS
        ).fit(rows.matrix[:, varies], outcome)
        both = line.predict(design.of(judged)) + trees.predict(judged[:, varies])
    return np.asarray(both / 2.0, dtype=np.float64)
