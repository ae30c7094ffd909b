"""Intervals of contacts' own effects: how many they hold, and what they rule out."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.prediction.test_predicting import World
from tools.prediction import spread
from tools.prediction.appointing import Fit
from tools.prediction.normal import Z_90
from tools.prediction.propensity import Floats
from tools.prediction.spread import COVERED, Spread, folded_quantile, measure_spread

ROWS = 3_000
WORLDS = 24
LEVEL = 0.02


def bent(matrix: Floats) -> Floats:
    """No straight line: a bend of one number, whose sign another one decides."""
    return np.tanh(2.0 * matrix[:, 0]) * np.sign(matrix[:, 1])


def measured(seed: int, size: float) -> tuple[Spread, Floats, Floats]:
    """An even experiment in which everybody answers with 0.3, and effects of this size; what was
    measured, the contacts and their true effects."""
    draws = np.random.default_rng(seed)
    matrix = draws.normal(size=(ROWS, 4))
    shape = bent(matrix) if seed % 2 else matrix[:, 2]
    effect = np.clip(LEVEL + size * shape, -0.3, 0.7)
    treated = draws.random(ROWS) < 0.5
    answered = draws.random(ROWS) < 0.3 + treated * effect
    psi = 2.0 * np.where(treated, 1.0, -1.0) * (answered - 0.3)
    noise, plain = np.full(ROWS, 0.84), np.zeros(4, dtype=np.bool_)
    return measure_spread(matrix, plain, psi, noise, 0.46), matrix, effect


def test_intervals_hold_nine_effects_of_ten_whatever_their_shape_and_size() -> None:
    held = []
    for seed in range(WORLDS):
        found, matrix, effect = measured(seed, (0.02, 0.05, 0.1)[seed % 3])
        told = np.full(ROWS, LEVEL)
        held.append((np.abs(told - effect) <= found.half_width(matrix, told)).mean())

    assert 0.84 <= np.mean(held) <= 0.97


def test_who_lies_far_from_what_is_told_of_all_has_the_wider_interval() -> None:
    found, matrix, effect = measured(2, 0.1)
    far = np.abs(effect - LEVEL) > 0.15

    wide = found.half_width(matrix, np.full(ROWS, LEVEL))

    assert wide[far].mean() > 1.5 * wide[~far].mean()


def test_more_rows_make_it_narrower() -> None:
    found, matrix, _ = measured(4, 0.0)
    few, _, _ = measured_from(found_rows=400)

    told = np.full(ROWS, LEVEL)
    assert found.half_width(matrix, told).mean() < 0.7 * few.half_width(matrix, told).mean()


def measured_from(found_rows: int) -> tuple[Spread, Floats, Floats]:
    draws = np.random.default_rng(4)
    matrix = draws.normal(size=(found_rows, 4))
    psi = LEVEL + 0.92 * draws.normal(size=found_rows)
    noise, plain = np.full(found_rows, 0.84), np.zeros(4, dtype=np.bool_)
    return measure_spread(matrix, plain, psi, noise, 0.46), matrix, psi


def test_a_table_in_blocks_is_told_what_each_contact_alone_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, matrix, effect = measured(1, 0.05)
    monkeypatch.setattr(spread, "BLOCK", 37)

    together = found.half_width(matrix[:100], effect[:100])

    alone = [found.half_width(matrix[[i]], effect[[i]])[0] for i in range(100)]
    assert np.allclose(together, alone, rtol=1e-12, atol=0.0)


def test_of_no_contact_there_is_no_interval() -> None:
    found, matrix, effect = measured(1, 0.05)
    assert len(found.half_width(matrix[:0], effect[:0])) == 0


@given(st.floats(0.0, 60.0))
def test_the_quantile_holds_its_share_however_far_off_the_middle_is(off: float) -> None:
    (found,) = folded_quantile(np.array([off]))
    normal = NormalDist(off, 1.0)

    assert normal.cdf(found) - normal.cdf(-found) == pytest.approx(COVERED, abs=1e-4)


def test_a_contacts_interval_is_its_own_and_not_the_error_by_which_all_err() -> None:
    predictions = World(3000, 0.3, 0.05, 3).forecast().predictions

    width = (predictions["high"] - predictions["low"]).to_numpy()
    all_alike = 2.0 * Z_90 * predictions["effect_se"].to_numpy()

    assert (width > 1.1 * all_alike).mean() > 0.5


def test_an_effect_whose_spread_was_never_measured_rules_nothing_out() -> None:
    fit: Fit = World(3000, 0.3, 0.05, 3).forecast().fits[0]
    (known,) = fit.estimates

    unknown = replace(known.learnt, spread=None).of(fit.room.chances)

    assert np.array_equal(unknown.low, np.full(3000, -1.0))
    assert np.array_equal(unknown.high, np.full(3000, 1.0))
    assert np.array_equal(unknown.effect_se, known.effect_se)
