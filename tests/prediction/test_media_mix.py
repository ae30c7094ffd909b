"""Media mixes of known truth: intervals that hold it, lift tests that correct it, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from evals.media_data import CONFOUNDED, PublishedEffect
from evals.media_worlds import media_world
from tools.prediction.doubts import doubts_of
from tools.prediction.hill import nearest_hill
from tools.prediction.lift_tests import WeeksTested
from tools.prediction.mix import Mix, sample_mix
from tools.prediction.mix_draws import interval
from tools.prediction.mixing import MixFit, fit_mix
from tools.prediction.propensity import Floats
from tools.prediction.saturation import baseline, carry_over, independent

WEEKS = 156
NAMES = ("brand", "other")


def mix_of(spend: Floats, outcome: Floats) -> Mix:
    return Mix(spend, outcome, baseline(len(outcome)))


def brought_by(spend: Floats) -> Floats:
    """Half of 800 a week at a spend of 100, a third of it carried over."""
    carried = carry_over(spend, 0.3)
    return 800.0 * carried / (100.0 + carried)


def plain(seed: int = 5, noise: float = 30.0) -> tuple[Floats, Floats]:
    """Two campaigns whose spend was set freely; the second brings nothing. (spend, outcome)."""
    draws = np.random.default_rng(seed)
    spend = draws.gamma(2.0, 50.0, (WEEKS, 2))
    return spend, 2_000.0 + brought_by(spend[:, 0]) + draws.normal(0.0, noise, WEEKS)


def fitted(spend: Floats, outcome: Floats, tests: tuple[WeeksTested, ...] = ()) -> MixFit:
    return fit_mix(replace(mix_of(spend, outcome), tests=tests), NAMES, seed=3)


def holdout(spend: Floats, *, first: int = 60, campaign: int = 0) -> WeeksTested:
    """A test of eight weeks against a group that saw nothing of the campaign, read exactly."""
    held = slice(first, first + 8)
    without = spend.copy()
    without[held] = 0.0
    brought = float((brought_by(spend) - brought_by(without))[held].sum())
    change = float(spend[held].sum())
    return WeeksTested(campaign, first, first + 7, change, brought, 0.05 * brought)


def test_nine_of_ten_intervals_hold_the_truth_where_spend_was_set_freely() -> None:
    held = []
    for seed in range(40):
        world = media_world(seed)
        base = baseline(len(world.outcome))
        doubt = np.array([one.variances for one in doubts_of(world.spend, world.outcome, base)])
        mix = Mix(world.spend, world.outcome, base, doubt=doubt)
        draws = sample_mix(mix, seed=1, warm_up=400, kept=600)
        for i, truth in enumerate(world.contribution):
            low, high = interval(draws.contribution[:, i])
            held.append(low <= truth <= high)

    assert 0.86 <= np.mean(held) <= 0.94


def test_what_a_campaign_brought_is_found_and_what_brought_nothing_is_not_believed() -> None:
    spend, outcome = plain()

    fit = fitted(spend, outcome)

    middle, (low, high) = fit.contribution(0)
    truth = float(brought_by(spend[:, 0]).sum())
    assert low < truth < high
    assert middle == pytest.approx(truth, rel=0.15)
    assert fit.why_not[0] is None
    assert fit.why_not[1] is not None


def hidden_demand(seed: int = 11) -> tuple[Floats, Floats]:
    """Spend of the first campaign follows the season, and as strongly a demand that nobody
    recorded, which moves the outcome less than the season does."""
    draws = np.random.default_rng(seed)
    season = np.sin(2 * np.pi * np.arange(WEEKS) / 52.1775)
    demand = draws.standard_normal(WEEKS)
    first = 100.0 * np.exp(0.2 * draws.standard_normal(WEEKS) + 0.45 * season + 0.3 * demand)
    spend = np.column_stack([first, draws.gamma(2.0, 50.0, WEEKS)])
    outcome = 2_000.0 + 300.0 * season + 60.0 * demand + brought_by(first)
    return spend, outcome + draws.normal(0.0, 30.0, WEEKS)


def test_spend_that_follows_the_season_is_refused_and_its_interval_wide() -> None:
    spend, outcome = hidden_demand()

    fit = fitted(spend, outcome)

    assert fit.why_not[0] is not None
    assert fit.why_not[0].startswith("confounding suspected")
    low, high = fit.contribution(0)[1]
    assert low < float(brought_by(spend[:, 0]).sum()) < high


def test_a_hidden_confounder_as_strong_as_the_baseline_widens_the_interval() -> None:
    spend, outcome = hidden_demand()
    mix = mix_of(spend, outcome)
    doubt = np.array([one.variances for one in doubts_of(spend, outcome, mix.base)])

    trusting = interval(sample_mix(mix, seed=1).contribution[:, 0])
    doubting = interval(sample_mix(replace(mix, doubt=doubt), seed=1).contribution[:, 0])

    truth = float(brought_by(spend[:, 0]).sum())
    assert not trusting[0] < truth < trusting[1]
    assert doubting[0] < truth < doubting[1]


def test_a_lift_test_corrects_what_a_hidden_demand_seems_to_bring() -> None:
    spend, outcome = hidden_demand()

    fit = fitted(spend, outcome, (holdout(spend[:, 0]),))

    middle, (low, high) = fit.contribution(0)
    truth = float(brought_by(spend[:, 0]).sum())
    assert fit.why_not[0] is None
    assert middle == pytest.approx(truth, rel=0.2)
    assert low < truth < high


def test_nine_of_ten_calibrated_intervals_hold_the_truth_under_a_hidden_demand() -> None:
    held = []
    for seed in range(24):
        world = media_world(seed, confounded=0.5)
        base = baseline(len(world.outcome))
        doubt = np.array([one.variances for one in doubts_of(world.spend, world.outcome, base)])
        mix = Mix(world.spend, world.outcome, base, world.tests, doubt)
        draws = sample_mix(mix, seed=1, warm_up=400, kept=600)
        for i, truth in enumerate(world.contribution):
            low, high = interval(draws.contribution[:, i])
            held.append(low <= truth <= high)

    assert 0.84 <= np.mean(held) <= 0.97


def test_a_lift_test_overrules_weeks_that_say_otherwise() -> None:
    spend, outcome = plain(noise=10.0)
    said = holdout(spend[:, 0])
    half = replace(said, incremental=said.incremental / 2, standard_error=0.1 * said.incremental)

    fit = fitted(spend, outcome, (half,))

    truth = float(brought_by(spend[:, 0]).sum())
    assert fit.contribution(0)[0] == pytest.approx(truth / 2, rel=0.25)


def test_a_lift_test_that_agrees_narrows_the_interval() -> None:
    spend, outcome = plain(noise=150.0)

    alone = fitted(spend, outcome).contribution(0)[1]
    tested = fitted(spend, outcome, (holdout(spend[:, 0]),)).contribution(0)[1]

    assert tested[1] - tested[0] < 0.8 * (alone[1] - alone[0])


def test_spend_that_hardly_varies_is_refused() -> None:
    spend, _ = plain()
    spend[:, 0] = 100.0 + np.random.default_rng(1).normal(0.0, 5.0, WEEKS)
    noise = np.random.default_rng(2).normal(0.0, 1.0, WEEKS)

    fit = fitted(spend, 2_000.0 + brought_by(spend[:, 0]) + noise)

    assert str(fit.why_not[0]).startswith("its spend hardly varies (4% of its mean")


def test_spend_that_moves_with_another_campaigns_is_refused_and_names_it() -> None:
    spend, outcome = plain()
    spend[:, 1] = spend[:, 0] * np.random.default_rng(1).uniform(0.9, 1.1, WEEKS)

    fit = fitted(spend, outcome)

    assert str(fit.why_not[0]).startswith("its spend moves with that of other (9")
    assert str(fit.why_not[1]).startswith("its spend moves with that of brand")


def test_a_fit_that_leaves_a_slow_drift_is_refused() -> None:
    spend, outcome = plain(noise=0.0)
    draws = np.random.default_rng(4)
    drift = np.zeros(WEEKS)
    for week in range(1, WEEKS):
        drift[week] = 0.95 * drift[week - 1] + draws.normal(0.0, 20.0)

    fit = fitted(spend, outcome + drift)

    assert str(fit.why_not[0]).startswith("what the fit leaves drifts from week to week")


def test_an_effect_below_nothing_is_refused() -> None:
    spend, outcome = plain()

    fit = fitted(spend, outcome - 2.0 * brought_by(spend[:, 0]))

    assert fit.why_not[0] == "the weeks show no effect of its spend"


def test_an_interval_that_includes_nothing_is_refused() -> None:
    spend, outcome = plain(noise=2_000.0)

    fit = fitted(spend, outcome)

    assert fit.contribution(0)[0] > 0.0
    assert fit.why_not[0] == "its 90% interval includes no effect at all"


def test_an_interval_that_is_too_wide_is_refused() -> None:
    spend, outcome = plain(noise=900.0)

    fit = fitted(spend, outcome)

    assert fit.contribution(0)[1][0] > 0.0
    assert str(fit.why_not[0]).startswith("its interval is too wide")


def test_the_same_seed_draws_the_same_and_another_seed_other_draws() -> None:
    mix = mix_of(*plain())

    once = sample_mix(mix, seed=1, warm_up=50, kept=50)

    np.testing.assert_array_equal(
        once.contribution, sample_mix(mix, seed=1, warm_up=50, kept=50).contribution
    )
    other = sample_mix(mix, seed=2, warm_up=50, kept=50)
    assert not np.array_equal(once.contribution, other.contribution)


def test_the_unit_of_spend_and_outcome_changes_nothing() -> None:
    spend, outcome = plain()
    mix = mix_of(spend, outcome)
    minor = Mix(spend * 128.0, outcome * 128.0, mix.base)

    draws = sample_mix(mix, seed=1, warm_up=50, kept=50)
    again = sample_mix(minor, seed=1, warm_up=50, kept=50)

    np.testing.assert_allclose(again.contribution, 128.0 * draws.contribution, rtol=1e-6)


def test_weeks_without_a_known_outcome_are_left_out_and_still_carry_over() -> None:
    spend, outcome = plain()
    outcome[40:50] = np.nan

    middle, (low, high) = fitted(spend, outcome).contribution(0)

    assert low < float(brought_by(spend[:, 0]).sum()) < high
    assert np.isfinite(middle)


def test_a_test_takes_its_change_out_of_its_weeks_alone() -> None:
    spend = np.array([10.0, 20.0, 30.0, 40.0])

    held = WeeksTested(0, 1, 2, 50.0, 1.0, 1.0).without(spend)
    doubled = WeeksTested(0, 1, 2, 25.0, 1.0, 1.0).without(spend)
    dark = WeeksTested(0, 1, 2, -10.0, -1.0, 1.0).without(np.array([10.0, 0.0, 0.0, 40.0]))

    assert held.tolist() == [10.0, 0.0, 0.0, 40.0]
    assert doubled.tolist() == [10.0, 10.0, 15.0, 40.0]
    assert dark.tolist() == [10.0, 5.0, 5.0, 40.0]


def test_the_one_curve_goes_through_the_middle_of_the_draws_and_is_concave() -> None:
    spend, outcome = plain()
    draws = fitted(spend, outcome).draws

    curve = nearest_hill(draws, 0, 90.0, float(spend[:, 0].max()))

    at_probe = float(np.median(draws.value(0, np.array([90.0]))))
    assert float(curve.value(90.0)) == pytest.approx(at_probe)
    slopes = np.diff(curve.value(np.linspace(1.0, 600.0, 60)))
    assert np.all(np.diff(slopes) <= 1e-9)


def test_a_column_that_says_nothing_new_is_left_out_of_the_baseline() -> None:
    base = np.column_stack([baseline(WEEKS), np.zeros(WEEKS), np.full(WEEKS, 3.0)])

    assert independent(base, np.ones(WEEKS, dtype=np.bool_)).shape == baseline(WEEKS).shape


def test_the_published_effect_is_normalised_adstock_then_logistic_saturation() -> None:
    effect = PublishedEffect(alpha=0.5, lags=2, lam=2.0, beta=3.0)

    found = effect.of(np.array([3.0, 0.0, 0.0]))

    logistic = [(1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x)) for x in (2.0, 1.0, 0.0)]
    np.testing.assert_allclose(found, 3.0 * np.array(logistic))
    assert set(CONFOUNDED) == {"x1", "x2"}
