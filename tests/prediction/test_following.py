"""Chances follow a world that moves, by answers that were known and by no other."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from domain.errors import UsageError
from evals.scoring_data import days_of
from tools.prediction.following import (
    Motion,
    Rows,
    fit_motion,
    followed_chance,
    known_after,
    moved,
)
from tools.prediction.recalibrating import expected_calibration_error

A_DAY, START, COUNT = 50, 2000, 4000


def world(moved: np.ndarray, delay: int = 1, seed: int = 5) -> Rows:
    """Fifty rows a day; `moved`: by how much the truth's log odds lie above what is said of each
    row."""
    draws = np.random.default_rng(seed)
    logits = draws.normal(-1.5, 1.0, len(moved))
    answered = draws.random(len(moved)) < 1 / (1 + np.exp(-logits - moved))
    day = np.arange(len(moved)) // A_DAY
    return Rows(logits, answered, day, known_after(day, delay))


def jump(delay: int = 1) -> Rows:
    """All is right until START, then the base rate more than doubles."""
    return world(np.where(np.arange(COUNT) >= START, 1.5, 0.0), delay)


def error(rows: Rows, motion: Motion | None = None) -> float:
    return expected_calibration_error(followed_chance(rows, START, motion), rows.answered[START:])


def test_after_a_jump_of_the_base_rate_chances_are_calibrated_again() -> None:
    rows = jump()

    still = 1 / (1 + np.exp(-rows.logits[START:]))
    assert expected_calibration_error(still, rows.answered[START:]) > 0.15
    assert error(rows) < 0.05


def test_the_later_answers_are_known_the_further_off_the_chances_are() -> None:
    assert error(jump(0)) < error(jump(10)) < error(jump(30))


def test_a_day_is_judged_without_its_own_answers_or_later_or_late_ones() -> None:
    rows = jump(delay=1)
    flipped = rows.answered.copy()
    flipped[START - A_DAY :] = ~flipped[START - A_DAY :]

    first, other = (followed_chance(one, START) for one in (rows, replace(rows, answered=flipped)))

    assert np.array_equal(first[:A_DAY], other[:A_DAY])
    assert not np.array_equal(first[A_DAY : 2 * A_DAY], other[A_DAY : 2 * A_DAY])


def test_after_a_jump_the_chances_follow_at_once_and_by_drift_alone_they_lag() -> None:
    """Two weeks after the jump, the first of which is to be missed by all."""
    rows = jump(delay=0)
    soon = slice(A_DAY, 8 * A_DAY)
    right = 1 / (1 + np.exp(-rows.logits[START:] - 1.5))

    off = {
        jumps: np.abs(followed_chance(rows, START, Motion(0.03, jumps)) - right)[soon].mean()
        for jumps in (1e-9, 0.03)
    }

    assert off[0.03] < off[1e-9] / 3


@pytest.mark.parametrize(("walks", "drift"), [(0.0, 0.03), (0.3, 0.3)])
def test_the_drift_is_found_in_what_was_known_before(walks: float, drift: float) -> None:
    steps = np.random.default_rng(3).normal(scale=walks, size=COUNT // A_DAY)
    rows = world(np.repeat(np.cumsum(steps), A_DAY))

    assert fit_motion(rows, START).drift == drift


def test_a_drift_is_not_fitted_on_what_comes_later() -> None:
    later = jump()
    changed = later.answered.copy()
    changed[START - A_DAY :] = False

    same = replace(later, answered=changed)
    assert fit_motion(same, START) == fit_motion(later, START)


def test_a_world_that_stands_still_is_left_nearly_as_it_is() -> None:
    rows = world(np.zeros(COUNT))

    said = followed_chance(rows, START)

    still = 1 / (1 + np.exp(-rows.logits[START:]))
    assert np.abs(said - still).mean() < 0.02


def test_answers_of_the_days_before_are_known_and_with_a_delay_those_of_fewer() -> None:
    day = np.array([3, 3, 7, 7, 7, 8])

    assert known_after(day, 0).tolist() == [0, 0, 2, 2, 2, 5]
    assert known_after(day, 1).tolist() == [0, 0, 0, 0, 0, 2]


def test_rows_out_of_order_and_answers_before_their_day_is_over_are_refused() -> None:
    day = np.array([0, 0, 1])
    rows = Rows(np.zeros(3), np.zeros(3, bool), day, known_after(day, 0))

    with pytest.raises(UsageError, match="in order of time"):
        replace(rows, day=day[::-1])
    with pytest.raises(UsageError, match="before the row's day"):
        replace(rows, known=np.array([1, 1, 2]))


def test_a_call_is_of_the_next_day_where_month_or_day_changes() -> None:
    calls = pl.DataFrame(
        {
            "attr_month": ["may", "may", "may", "jun", "jun"],
            "attr_day_of_week": ["mon", "mon", "tue", "tue", "fri"],
        }
    )

    assert days_of(calls).tolist() == [0, 0, 1, 2, 3]


@pytest.mark.parametrize("by", [1.0, -1.0])
def test_the_newest_correction_is_that_of_the_days_since_the_world_moved(by: float) -> None:
    found = moved(world(np.where(np.arange(COUNT) >= COUNT - 600, by, 0.0)))

    assert found is not None
    assert found.newest[0] == pytest.approx(by, abs=0.4)
    assert found.newest[1] == pytest.approx(1.0, abs=0.3)


def test_a_world_that_stands_still_asks_for_no_correction() -> None:
    """Without the price of drift and jump nine of these forty would ask for one."""
    asked = [moved(world(np.zeros(600), seed=seed)) for seed in range(40)]

    assert sum(one is not None for one in asked) <= 2


def test_a_move_that_has_passed_again_asks_for_hardly_any() -> None:
    there = np.abs(np.arange(COUNT) - COUNT / 2) < 500

    found = moved(world(np.where(there, 1.5, 0.0)))

    assert found is not None
    assert abs(found.newest[0]) < 0.35


def test_each_row_is_told_by_the_answers_of_days_before_its_own() -> None:
    rows = jump()
    found = moved(rows)
    assert found is not None

    chance = found.chance(rows.logits, rows.day, delay=0)

    first, after = rows.day == START // A_DAY, rows.day > START // A_DAY + 3
    still = 1 / (1 + np.exp(-rows.logits))
    assert abs(chance[first] - still[first]).mean() < 0.03
    assert expected_calibration_error(chance[after], rows.answered[after]) < 0.05


def test_answers_that_are_known_late_correct_late() -> None:
    rows = jump()
    found = moved(rows)
    assert found is not None

    soon, late = (found.chance(rows.logits, rows.day, delay) for delay in (0, 10))

    between = (rows.day > START // A_DAY + 3) & (rows.day <= START // A_DAY + 10)
    off = [expected_calibration_error(one[between], rows.answered[between]) for one in (soon, late)]
    assert off[0] < 0.06 < 0.15 < off[1]


def test_where_ranking_turned_round_all_are_told_alike_then_as_now() -> None:
    draws = np.random.default_rng(5)
    logits = draws.normal(0.0, 1.5, COUNT)
    day = np.arange(COUNT) // A_DAY
    turned = np.where(day < 40, 1.0, -1.0)
    answered = draws.random(COUNT) < 1 / (1 + np.exp(-turned * logits))
    found = moved(Rows(logits, answered, day, known_after(day, 0)))

    assert found is not None
    assert found.newest[1] == 0.0
    last = found.chance(logits[-A_DAY:], day[-A_DAY:] + 1, delay=0)
    assert np.ptp(last) == 0.0
