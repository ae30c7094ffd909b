"""The BG/NBD and gamma-gamma models: laws, published figures, known parameters found again."""

import os
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DataError
from evals.real_data import read_purchases
from tests.prediction.buyers import AT, simulate
from tools.prediction.buying import Buying
from tools.prediction.buying_fit import fit_buying
from tools.prediction.lifetime_errors import Ahead, errors_of
from tools.prediction.purchases import Histories, histories
from tools.prediction.spending import fit_spending

KNOWN = Buying(0.8, 6.0, 0.8, 2.5)
models = st.builds(
    Buying, st.floats(0.05, 20), st.floats(0.3, 60), st.floats(0.05, 30), st.floats(0.1, 60)
)
counts = st.integers(0, 60).map(lambda n: np.array([float(n)]))
weeks = st.floats(0.5, 100)


def published() -> Histories:
    if not os.environ.get("CLEARANCE_DATA"):
        pytest.skip("CLEARANCE_DATA names no folder of data")
    try:
        purchases = read_purchases(sample=True)
    except DataError as missing:
        pytest.skip(str(missing))
    return histories(purchases, datetime(1997, 9, 30, tzinfo=UTC))


@given(models, counts, weeks, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_who_bought_more_recently_is_not_less_likely_to_be_active(
    model: Buying, x: np.ndarray, age: float, one: float, other: float
) -> None:
    early, late = sorted((one, other))
    ages = np.array([age])

    assert model.alive(x, ages * late, ages) >= model.alive(x, ages * early, ages) - 1e-12


@given(models, counts, weeks, st.floats(0, 1), weeks, weeks)
@settings(max_examples=300, deadline=None)
def test_expected_purchases_grow_with_the_horizon(
    model: Buying, x: np.ndarray, age: float, share: float, one: float, other: float
) -> None:
    short, long = sorted((one, other))
    ages = np.array([age])

    sooner, later = (model.expected(x, ages * share, ages, until) for until in (short, long))
    assert later >= sooner * (1.0 - 1e-5)


@given(models, counts, weeks, st.floats(0, 1), weeks)
@settings(max_examples=300, deadline=None)
def test_the_formula_and_the_whole_distribution_expect_the_same(
    model: Buying, x: np.ndarray, age: float, share: float, ahead: float
) -> None:
    ages = np.array([age])

    count = model.count(x, ages * share, ages, ahead)
    expected = model.expected(x, ages * share, ages, ahead)
    assert count.mean == pytest.approx(expected, rel=1e-4)
    assert count.low <= count.high
    assert count.variance >= -1e-6


def test_expected_purchases_hold_where_the_hypergeometric_function_is_off() -> None:
    # Integrated over the chance to stop: 4.939 while active, where SciPy gives 0.295 for the
    # transformed argument of -48/23.
    model, x, age = Buying(1.0, 1.0, 5.5, 35.0), np.array([3.0]), np.array([22.0])

    active = model.expected(x, age, age, 48.0) / model.alive(x, age, age)
    assert active == pytest.approx(4.93918, rel=1e-4)


def test_the_published_parameters_are_found_on_the_published_customers() -> None:
    told = published()

    fit = fit_buying(told, calendar=False)
    spending = fit_spending(told.repeats, told.spent)
    assert len(told) == 2357
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    found = (fit.buying.r, fit.buying.alpha, fit.buying.a, fit.buying.b)
    assert found == pytest.approx((0.243, 4.414, 0.793, 2.426), rel=5e-3)
    assert (spending.p, spending.q) == pytest.approx((6.25, 3.74), rel=5e-3)
    assert spending.scale == pytest.approx(1544, rel=5e-3)


def test_known_parameters_are_found_within_their_errors() -> None:
    told = histories(simulate(KNOWN, 8000, 365, 0, seed=5), AT)

    fit = fit_buying(told, calendar=False)
    truth = np.log([KNOWN.r, KNOWN.alpha, KNOWN.a, KNOWN.b])
    errors = np.sqrt(np.square(fit.errors).sum(axis=0))
    assert (np.abs(fit.point - truth) < 4.0 * errors).all()
    assert (errors < 0.25).all()


@pytest.mark.parametrize("calendar", [True, False])
def test_errors_are_what_moving_along_each_direction_changes(calendar: bool) -> None:
    """The delta method's shortcut through recency and age, against going there."""
    told = histories(simulate(KNOWN, 1500, 280, 0, 1, season=0.5), AT)
    fit = fit_buying(told, calendar=calendar)
    each, of_all = np.zeros(len(told)), 0.0
    for direction in fit.errors / 100.0:
        up, down = (fit.at(fit.point + one, told) for one in (direction, -direction))
        higher, lower = (one[0].expected(told.repeats, *one[1:], 20.0) for one in (up, down))
        each += (50.0 * (higher - lower)) ** 2
        of_all += float(50.0 * (higher - lower).sum()) ** 2

    found, together = errors_of(fit, told, Ahead(20.0, 0.0))

    assert fit.clock.moves is calendar
    assert found == pytest.approx(np.sqrt(each), rel=0.05)
    assert together == pytest.approx(of_all, rel=0.05)
    with_season, of_all_then = errors_of(fit, told, Ahead(20.0, 0.3))
    assert (with_season > found).all()
    assert of_all_then > together


def test_known_values_of_a_purchase_are_found() -> None:
    told = histories(simulate(KNOWN, 8000, 365, 0, seed=6), AT)

    spending = fit_spending(told.repeats, told.spent)
    assert spending.p == pytest.approx(6.0, rel=0.1)
    assert spending.q == pytest.approx(3.7, rel=0.1)
    assert abs(spending.correlation) < 0.1


def test_one_dear_purchase_moves_the_next_less_than_five_do() -> None:
    told = histories(simulate(KNOWN, 2000, 365, 0, seed=6), AT)

    x, spent = np.array([0.0, 1.0, 5.0]), np.array([np.nan, 20_000.0, 20_000.0])
    none, one, five = fit_spending(told.repeats, told.spent).purchase(x, spent)
    assert none < one < five < 20_000.0


def test_months_that_differ_are_seen_and_months_that_do_not_are_not() -> None:
    moving = [
        fit_buying(histories(simulate(KNOWN, 1500, 280, 0, s, season=0.5), AT)) for s in (1, 2)
    ]
    still = [fit_buying(histories(simulate(KNOWN, 400, 280, 0, s), AT)) for s in range(12)]

    assert all(fit.clock.moves for fit in moving)
    for clock in (fit.clock for fit in moving):
        month = np.arange(len(clock.levels)) * clock.period_days // 28
        assert np.corrcoef(clock.levels, month % 2)[0, 1] > 0.8
    assert sum(fit.clock.moves for fit in still) <= 1


def test_a_day_with_two_purchases_counts_once_and_rows_in_any_order_say_the_same() -> None:
    rows = simulate(KNOWN, 300, 200, 0, seed=3)

    twice = histories(pl.concat([rows, rows]).sample(fraction=1.0, shuffle=True, seed=1), AT)
    assert (twice.repeats == histories(rows, AT).repeats).all()
    assert (np.nan_to_num(twice.spent) == 2.0 * np.nan_to_num(histories(rows, AT).spent)).all()
