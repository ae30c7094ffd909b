"""The forest: arrays that say what the library's trees say, to the bit, for a table or one row."""

from typing import Any

import numpy as np
import pytest

from tools.prediction.at_once import at_once, steady_threads
from tools.prediction.forest import FEW, Forest, forest_of
from tools.prediction.propensity import DEEP, PARAMETERS

ROWS = FEW + 600


def grown(parameters: dict[str, Any]) -> tuple[Forest, Any, np.ndarray]:
    """A forest, the library's own, and rows with holes, codes, and codes never seen."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    draws = np.random.default_rng(3)
    matrix = draws.normal(size=(ROWS, 5))
    matrix[:, 1] = draws.integers(-1, 9, ROWS)
    matrix[:, 4] = draws.integers(0, 3, ROWS)
    matrix[draws.random(matrix.shape) < 0.1] = np.nan
    answered = draws.random(ROWS) < 1 / (1 + np.exp(1 - np.nan_to_num(matrix[:, [0, 1]]).sum(1)))
    columns, coded = np.array([0, 1, 3, 4]), np.array([False, True, False, True])
    learned = np.nan_to_num(matrix[:, 1], nan=-1.0) < 7
    with steady_threads():
        library = HistGradientBoostingClassifier(
            categorical_features=coded, **{**parameters, "max_iter": 30}
        ).fit(matrix[learned][:, columns], answered[learned])
    return forest_of(library, columns), library, matrix


@pytest.mark.parametrize("parameters", [PARAMETERS, DEEP])
def test_a_forest_says_what_the_library_says_to_the_bit(parameters: dict[str, Any]) -> None:
    forest, library, matrix = grown(parameters)

    said = library.decision_function(matrix[:, [0, 1, 3, 4]])

    assert np.array_equal(forest.logits(matrix), said)
    assert np.array_equal(forest.logits(matrix[: FEW - 1]), said[: FEW - 1])
    assert np.ptp(said) > 1.0


def test_a_row_alone_is_told_as_within_its_table() -> None:
    forest, _, matrix = grown(DEEP)

    alone = np.concatenate([forest.logits(matrix[[row]]) for row in range(50)])

    assert np.array_equal(alone, forest.logits(matrix)[:50])


def test_tasks_at_once_give_what_they_found_in_their_order() -> None:
    assert at_once([lambda one=one: one * one for one in range(20)]) == [
        one * one for one in range(20)
    ]


def test_an_error_within_a_task_is_not_lost() -> None:
    def broken() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        at_once([lambda: 1, broken])
