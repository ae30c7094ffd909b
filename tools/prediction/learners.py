"""Three ways to say whom a treatment changes: T-, X- and DR-learner, on the same propensities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from tools.prediction.at_once import steady_threads
from tools.prediction.forest import forest_of
from tools.prediction.linear import Line, design_of
from tools.prediction.propensity import PARAMETERS, Floats, Member, Propensity, fit_propensity
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
    if learner == "t":
        after, base = _arms(learned)
        unseen = np.full(len(judged), -1, dtype=np.int8)
        return after.chance(judged, unseen) - base.chance(judged, unseen)
    said = [
        sum_of(members_of(rows, shown), judged) / 2.0 for rows, shown in shown_by(learner, learned)
    ]
    if learner == "x":
        of_treated, of_others = said
        return odds * of_others + (1.0 - odds) * of_treated
    return said[0]


def shown_by(learner: Learner, learned: Comparison) -> tuple[tuple[Comparison, Floats], ...]:
    """Rows, and what each shows of the effect on it: of X the treated ones, then the others; of DR
    all together."""
    after, base = _arms(learned)
    said = after.chance(learned.matrix, learned.folds)
    alone = base.chance(learned.matrix, learned.folds)
    y, treated = learned.answered.astype(np.float64), learned.treated
    if learner == "x":
        return (
            (learned.only(treated), (y - alone)[treated]),
            (learned.only(~treated), (said - y)[~treated]),
        )
    residual = np.where(treated, (y - said) / learned.odds, -(y - alone) / (1.0 - learned.odds))
    return ((learned, said - alone + residual),)


def _arms(learned: Comparison) -> tuple[Propensity, Propensity]:
    """Propensities of an answer after the treatment, and left alone."""
    after, base = (
        fit_propensity(
            learned.matrix[arm], learned.categorical, learned.answered[arm], learned.folds[arm]
        )
        for arm in (learned.treated, ~learned.treated)
    )
    return after, base


def cross_fitted(learner: Learner, rows: Comparison) -> Floats:
    """Effect per row by models of which none, in either stage, saw the row's fold."""
    found = np.zeros(len(rows.treated))
    for fold in range(FOLDS):
        mine = rows.folds == fold
        found[mine] = effects(learner, rows.only(~mine), rows.matrix[mine], rows.odds[mine])
    return found


def members_of(rows: Comparison, shown: Floats) -> tuple[Member, ...]:
    """A ridge regression, its penalty by leaving one out, and small trees; none where no column
    tells the rows apart."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import RidgeCV

    design = design_of(rows.matrix, rows.categorical)
    low, high = (
        bound.reduce(rows.matrix, axis=0, initial=np.nan, where=True)
        for bound in (np.fmin, np.fmax)
    )
    columns = np.flatnonzero(low < high)
    if len(columns) == 0:
        return ()
    with steady_threads():
        line = RidgeCV(alphas=PENALTIES).fit(design.of(rows.matrix), shown)
        trees = HistGradientBoostingRegressor(
            categorical_features=rows.categorical[columns], **PARAMETERS
        ).fit(rows.matrix[:, columns], shown)
    return Line(design, float(line.intercept_), line.coef_), forest_of(trees, columns)


def sum_of(members: Sequence[Member], judged: Floats) -> Floats:
    """What the members say of the rows together."""
    said = np.zeros(len(judged))
    for one in members:
        said = said + one.logits(judged)
    return said
