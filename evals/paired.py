"""Two models on the same rows: how far their figures differ by the luck of the rows."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from domain.errors import IntegrityError
from tools.measurement.ranking import area_under_curve
from tools.prediction.propensity import Floats

DRAWS: Final = 300
SEED: Final = 6


def bootstrap_se(statistic: Callable[[npt.NDArray[np.intp]], float], rows: int) -> float:
    """Standard error of a statistic of row numbers, over DRAWS samples of the rows with
    replacement; paired where the statistic is a difference on the same rows."""
    draws = np.random.default_rng(SEED)
    return float(np.std([statistic(draws.integers(0, rows, rows)) for _ in range(DRAWS)], ddof=1))


def area(scores: Floats, answered: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve. Raises IntegrityError where there is nothing to rank."""
    found = area_under_curve(scores, answered)
    if found is None:
        raise IntegrityError("Expected rows that answered and rows that did not, found one kind.")
    return found.value


def area_difference_se(first: Floats, second: Floats, answered: npt.NDArray[np.bool_]) -> float:
    """Paired bootstrap error of area(first) - area(second)."""

    def difference(rows: npt.NDArray[np.intp]) -> float:
        kept = answered[rows]
        return area(first[rows], kept) - area(second[rows], kept)

    return bootstrap_se(difference, len(answered))


def reference_chance(
    matrix: Floats,
    categorical: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    learned: npt.NDArray[np.bool_],
) -> Floats:
    """What the references' kind of model says of all rows: scikit-learn's histogram gradient
    boosting as it comes, every code a column of its own, learned from the rows `learned`."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    from tools.prediction.at_once import steady_threads

    plain = [matrix[:, ~categorical]]
    for column in matrix[:, categorical].T:
        codes = np.unique(column[np.isfinite(column)])
        plain.append((column[:, None] == codes[None, :]).astype(np.float64))
    wide = np.column_stack(plain)
    with steady_threads():
        model = HistGradientBoostingClassifier(random_state=0)
        model.fit(wide[learned], answered[learned])
        return np.asarray(model.predict_proba(wide)[:, 1], dtype=np.float64)
