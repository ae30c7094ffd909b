"""T-, X- and DR-learner find a known effect and never see what they are judged on."""

from dataclasses import replace

import numpy as np
import pytest

from tools.prediction.learners import LEARNERS, Comparison, Learner, cross_fitted, effects
from tools.prediction.training import FOLDS

COUNT = 6000


def world(count: int = COUNT, seed: int = 2) -> tuple[Comparison, np.ndarray]:
    """Half treated; the effect is 0.25 where the first column is positive, else 0."""
    draws = np.random.default_rng(seed)
    matrix = draws.normal(size=(count, 3))
    treated = draws.random(count) < 0.5
    truth = np.where(matrix[:, 0] > 0, 0.25, 0.0)
    answered = draws.random(count) < 0.2 + treated * truth + 0.1 * (matrix[:, 1] > 0)
    folds = draws.integers(0, FOLDS, count).astype(np.int8)
    rows = Comparison(matrix, np.zeros(3, bool), treated, answered, np.full(count, 0.5), folds)
    return rows, truth


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_learner_finds_whom_the_treatment_changes(learner: Learner) -> None:
    rows, _ = world()
    judged, truth = world(2000, seed=9)

    found = effects(learner, rows, judged.matrix, judged.odds)

    assert found.mean() == pytest.approx(truth.mean(), abs=0.04)
    assert found[truth > 0].mean() - found[truth == 0].mean() > 0.15


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_folds_own_answers_change_nothing_of_what_is_said_of_it(learner: Learner) -> None:
    rows, _ = world(2000)
    mine = rows.folds == 2
    other = replace(rows, answered=np.where(mine, ~rows.answered, rows.answered))

    first, second = cross_fitted(learner, rows), cross_fitted(learner, other)

    assert np.array_equal(first[mine], second[mine])
    assert not np.array_equal(first[~mine], second[~mine])
