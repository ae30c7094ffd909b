"""The propensity's line, and how it is weighed against the trees."""

import numpy as np
import pytest

from tools.prediction.linear import fit_line
from tools.prediction.propensity import fit_propensity
from tools.prediction.training import FOLDS


def test_a_line_finds_the_coefficients_the_answers_were_drawn_by() -> None:
    draws = np.random.default_rng(1)
    matrix = draws.normal(size=(20_000, 1))
    answered = draws.random(20_000) < 1 / (1 + np.exp(1.0 - 0.8 * matrix[:, 0]))

    line = fit_line(matrix, np.zeros(1, bool), answered)

    assert line.logits(np.array([[0.0], [1.0]])) == pytest.approx([-1.0, -0.2], abs=0.08)


def test_a_missing_number_and_an_unknown_code_are_said_nothing_of() -> None:
    draws = np.random.default_rng(1)
    matrix = np.column_stack([draws.normal(size=2000), draws.integers(0, 3, 2000)])
    answered = draws.random(2000) < 0.3

    line = fit_line(matrix, np.array([False, True]), answered)

    assert np.isfinite(line.logits(np.array([[np.nan, 99.0], [1e9, np.nan]]))).all()


def test_where_the_truth_is_a_line_the_line_has_most_of_the_say() -> None:
    draws = np.random.default_rng(3)
    matrix = draws.normal(size=(6000, 4))
    answered = draws.random(6000) < 1 / (1 + np.exp(1.5 - matrix @ np.full(4, 0.5)))
    folds = draws.integers(0, FOLDS, 6000).astype(np.int8)

    model = fit_propensity(matrix, np.zeros(4, bool), answered, folds)

    assert model.weights[0] > 0.6
    assert model.weights.min() >= 0.0
    assert model.weights.sum() <= 1.0 + 1e-9


def test_where_the_truth_bends_the_trees_have_the_say() -> None:
    draws = np.random.default_rng(3)
    matrix = draws.normal(size=(6000, 2))
    answered = draws.random(6000) < np.where(matrix.prod(axis=1) > 0, 0.4, 0.1)
    folds = draws.integers(0, FOLDS, 6000).astype(np.int8)

    model = fit_propensity(matrix, np.zeros(2, bool), answered, folds)

    assert model.weights[1:].sum() > 0.8
