"""Chances that are corrected by answers, and how far off chances are."""

import numpy as np
import pytest

from tools.prediction.recalibrating import (
    calibration_error_by_chance,
    chance_of,
    expected_calibration_error,
    newton,
)

LITTLE = np.diag([0.25, 16.0])
"""A belief that is as sure as a few answers are."""


def test_without_an_answer_nothing_is_changed() -> None:
    found, precision = newton(np.array([0.0, 1.0]), LITTLE, np.zeros(0), np.zeros(0, bool))

    assert found.tolist() == [0.0, 1.0]
    assert np.array_equal(precision, LITTLE)


@pytest.mark.parametrize("moved", [0.0, 1.5, -3.0])
def test_answers_tell_by_how_much_log_odds_are_off(moved: float) -> None:
    draws = np.random.default_rng(5)
    logits = draws.normal(-2.0, 1.0, 6000)
    answered = draws.random(6000) < chance_of(logits + moved)

    found, precision = newton(np.array([0.0, 1.0]), LITTLE, logits, answered)

    errors = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert np.all(np.abs(found - [moved, 1.0]) < 3 * errors)


def test_a_far_fetched_start_finds_the_same_minimum() -> None:
    draws = np.random.default_rng(5)
    logits = draws.normal(-2.0, 1.0, 300)
    answered = draws.random(300) < chance_of(logits)
    nothing = 1e-9 * np.eye(2)

    near, _ = newton(np.array([0.0, 1.0]), nothing, logits, answered)
    far, _ = newton(np.array([8.0, -6.0]), nothing, logits, answered)

    assert np.allclose(near, far, atol=1e-4)


def test_chances_that_are_all_right_have_hardly_any_error() -> None:
    draws = np.random.default_rng(1)
    chance = draws.random(20_000)

    error = expected_calibration_error(chance, draws.random(20_000) < chance)

    assert error < 0.02
    assert expected_calibration_error(chance, np.ones(20_000, bool)) == pytest.approx(0.5, abs=0.01)


def test_what_right_chances_show_by_luck_falls_with_the_rows() -> None:
    chance = np.random.default_rng(2).random(4000)

    few, many = (calibration_error_by_chance(chance[:count]) for count in (400, 4000))

    assert 0.02 < few < 0.07
    assert many < few / 2.5
