"""Chances follow a base rate that jumps, by answers that were known and by no other."""

import numpy as np
import pytest

from domain.errors import UsageError
from tools.prediction.recalibrating import (
    Recalibration,
    expected_calibration_error,
    recalibrate,
    rolling_chance,
)

COUNT, START = 12_000, 6000


def jump(seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Log odds that were right until row START, and answers whose base rate then triples."""
    draws = np.random.default_rng(seed)
    logits = draws.normal(-2.0, 1.0, COUNT)
    moved = logits + np.where(np.arange(COUNT) >= START, 1.5, 0.0)
    return logits, draws.random(COUNT) < 1 / (1 + np.exp(-moved))


def rolled(logits: np.ndarray, answered: np.ndarray) -> np.ndarray:
    return rolling_chance(logits, answered, START, block=300, window=900, delay=300)


def test_after_a_jump_of_the_base_rate_chances_are_calibrated_again() -> None:
    logits, answered = jump()

    chance = rolled(logits, answered)

    still = 1 / (1 + np.exp(-logits[START:]))
    assert expected_calibration_error(still, answered[START:]) > 0.15
    assert expected_calibration_error(chance, answered[START:]) < 0.05


def test_a_block_is_judged_without_its_own_answers_or_later_or_late_ones() -> None:
    logits, answered = jump()
    flipped = answered.copy()
    flipped[START - 300 :] = ~flipped[START - 300 :]

    first, other = rolled(logits, answered), rolled(logits, flipped)

    assert np.array_equal(first[:300], other[:300])
    assert not np.array_equal(first[300:600], other[300:600])


def test_without_an_answer_nothing_is_changed() -> None:
    assert recalibrate(np.zeros(0), np.zeros(0, bool)) == Recalibration(0.0, 1.0)


def test_right_chances_are_left_nearly_as_they_are() -> None:
    logits, answered = jump()

    found = recalibrate(logits[:START], answered[:START])

    assert found.intercept == pytest.approx(0.0, abs=0.15)
    assert found.slope == pytest.approx(1.0, abs=0.1)


def test_chances_that_are_all_right_have_hardly_any_error() -> None:
    draws = np.random.default_rng(1)
    chance = draws.random(20_000)

    error = expected_calibration_error(chance, draws.random(20_000) < chance)

    assert error < 0.02
    assert expected_calibration_error(chance, np.ones(20_000, bool)) == pytest.approx(0.5, abs=0.01)


def test_a_block_of_no_rows_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one row"):
        rolling_chance(np.zeros(3), np.zeros(3, bool), 1, block=0, window=1, delay=0)
