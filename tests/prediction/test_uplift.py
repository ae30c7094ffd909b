"""The uplift's own arithmetic: averages, shrinking and beliefs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.objective import Prior
from tools.prediction.priors import believe, blend, prior_for
from tools.prediction.propensity import fit_propensity
from tools.prediction.training import FOLDS
from tools.prediction.uplift import Uplift, measure_uplift

COUNT = 20_000


def measured(signal: float, seed: int = 2) -> tuple[Uplift, np.ndarray]:
    """A world whose true effect is 0.1 + signal * c for a predicted contrast 0.1 + c."""
    draws = np.random.default_rng(seed)
    c = draws.normal(scale=0.05, size=COUNT)
    treated = draws.random(COUNT) < 0.25
    answered = draws.random(COUNT) < 0.3 + treated * (0.1 + signal * c)
    weight = np.where(treated, COUNT / treated.sum(), COUNT / (~treated).sum())
    found = measure_uplift(0.4 + c, np.full(COUNT, 0.3), treated, answered, weight)
    return found, c


def test_a_wholly_real_contrast_keeps_nearly_all_its_spread() -> None:
    found, _ = measured(1.0)

    assert 0.6 < found.slope <= 1.0
    assert abs(found.average - 0.1) < 3 * found.average_se


def test_a_contrast_of_noise_keeps_none_of_its_spread() -> None:
    found, c = measured(0.0)

    assert found.slope < 0.2
    assert found.effect(0.1 + c).std() < 0.01


def test_noise_that_happens_to_point_the_right_way_is_mostly_seen_through() -> None:
    slopes = [measured(0.0, seed)[0].slope for seed in range(24)]

    assert sum(slope == 0.0 for slope in slopes) >= 18


def test_a_contrast_that_points_the_wrong_way_is_given_up() -> None:
    found, c = measured(-1.0)

    assert found.slope == 0.0
    assert np.ptp(found.effect(0.1 + c)) == 0.0


def test_the_average_error_is_the_one_repetition_shows() -> None:
    averages = [measured(0.5, seed) for seed in range(40)]

    shown = float(np.std([found.average for found, _ in averages], ddof=1))
    said = float(np.mean([found.average_se for found, _ in averages]))
    assert said == pytest.approx(shown, rel=0.35)


def test_chances_are_calibrated_on_contacts_no_model_saw() -> None:
    draws = np.random.default_rng(4)
    matrix = draws.normal(size=(12_000, 2))
    truth = 1 / (1 + np.exp(2.0 - matrix[:, 0]))
    answered = draws.random(12_000) < truth
    folds = draws.integers(0, FOLDS, 12_000).astype(np.int8)
    model = fit_propensity(matrix[:8000], np.zeros(2, bool), answered[:8000], folds[:8000])

    chance = model.chance(matrix[8000:], np.full(4000, -1, np.int8))

    high = chance > np.quantile(chance, 0.8)
    assert chance.mean() == pytest.approx(answered[8000:].mean(), abs=0.02)
    assert chance[high].mean() == pytest.approx(answered[8000:][high].mean(), abs=0.04)


def test_a_trained_contacts_chance_comes_from_the_model_that_never_saw_it() -> None:
    draws = np.random.default_rng(6)
    matrix = draws.normal(size=(2000, 3))
    answered = draws.random(2000) < 0.3
    folds = draws.integers(0, FOLDS, 2000).astype(np.int8)
    model = fit_propensity(matrix, np.zeros(3, bool), answered, folds)

    chance = model.chance(matrix, folds)

    gap = chance[answered].mean() - chance[~answered].mean()
    seen = model.chance(matrix, np.full(2000, -1, np.int8))
    assert abs(gap) < 0.01
    assert abs(gap) <= seen[answered].mean() - seen[~answered].mean() + 0.01


def test_with_too_few_answers_the_rate_alone_speaks() -> None:
    matrix = np.random.default_rng(0).normal(size=(300, 2))
    answered = np.arange(300) < 6
    folds = (np.arange(300) % FOLDS).astype(np.int8)

    model = fit_propensity(matrix, np.zeros(2, bool), answered, folds)

    assert np.ptp(model.chance(matrix, folds)) == 0.0
    assert model.rate == pytest.approx(6.5 / 301)


def test_a_prior_that_names_the_treatment_goes_before_its_channels() -> None:
    whole = Prior(
        channel="call",
        treatment_id=None,
        share_of_propensity=0.5,
        flat=0.0,
        relative_se=0.5,
        basis="b",
    )
    named = whole.model_copy(update={"treatment_id": "ring"})

    assert prior_for((whole, named), "ring", "call") is named
    assert prior_for((whole, named), "knock", "call") is whole
    assert prior_for((whole, named), "ring", "sms") is None


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.2, 0.2), st.floats(0.001, 0.5), st.floats(-0.2, 0.2), st.floats(0.001, 0.5))
def test_a_blend_lies_between_and_is_surer_than_either(
    flat: float, relative: float, measured_effect: float, measured_se: float
) -> None:
    prior = Prior(
        channel="email",
        treatment_id=None,
        share_of_propensity=0.0,
        flat=flat,
        relative_se=relative,
        basis="b",
    )
    belief = believe(prior, np.array([0.1]))

    effect, effect_se = blend(belief, measured_effect, measured_se)

    low, high = sorted((flat, measured_effect))
    assert low - 1e-12 <= effect[0] <= high + 1e-12
    assert effect_se[0] <= min(belief.effect_se[0], measured_se) + 1e-12
