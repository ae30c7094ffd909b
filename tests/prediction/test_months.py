"""How fast a population buys: what past periods say of those to come, and how surely."""

import numpy as np
import pytest

from tools.prediction.months import Clock
from tools.prediction.propensity import Floats

WEEKS = 12.0
DAYS = 28


def clock(logs: Floats, bought: float = 1e6) -> Clock:
    levels = np.exp(logs)
    return Clock(levels / levels.mean(), np.full(len(logs), bought), DAYS)


def walk(draws: np.random.Generator, count: int, memory: float, spread: float) -> Floats:
    """Logarithms of levels, a stationary autoregressive process of first order."""
    found = [draws.normal(0.0, spread)]
    for _ in range(count - 1):
        step = draws.normal(0.0, spread * np.sqrt(1.0 - memory**2))
        found.append(memory * found[-1] + step)
    return np.array(found)


def test_months_that_are_all_alike_stay_so_and_are_nearly_certain() -> None:
    level, error = clock(np.zeros(10)).ahead(WEEKS)

    assert level == pytest.approx(1.0, abs=0.01)
    assert error < 0.02


def test_one_period_alone_tells_of_no_season() -> None:
    assert Clock(np.ones(1), np.ones(1), 280).ahead(WEEKS) == (1.0, 0.0)


def test_a_quiet_last_month_makes_the_next_ones_quieter_and_later_ones_less_so() -> None:
    logs = walk(np.random.default_rng(3), 40, 0.9, 0.4)
    logs[-6:] -= 1.0
    quiet = clock(logs)

    soon, later = quiet.ahead(4.0)[0], quiet.ahead(60.0)[0]

    assert soon < later < 1.2
    assert quiet.ahead(60.0)[1] > 0.05


def test_few_months_tell_little_of_the_mean_so_that_two_years_are_no_surer_than_a_season() -> None:
    few = clock(np.log([0.8, 1.2, 0.9, 1.1]), bought=25.0)

    assert few.ahead(104.0)[1] > few.ahead(WEEKS)[1]


def test_differences_that_chance_alone_would_make_are_no_season() -> None:
    """A hundred purchases a month: levels differ by a tenth where nothing does."""
    draws = np.random.default_rng(5)
    spreads = [clock(draws.normal(0.0, 0.1, 12), bought=100.0).spread for _ in range(20)]
    sure = [clock(draws.normal(0.0, 0.1, 12)).spread for _ in range(20)]

    assert np.mean(spreads) < 0.07 < np.mean(sure)


def test_the_mean_of_the_periods_ahead_lies_within_its_interval_as_often_as_it_says() -> None:
    """Memory 0.6, spread 0.3, ten periods seen and three asked for: 150 worlds."""
    draws = np.random.default_rng(11)
    inside = []
    for _ in range(150):
        logs = walk(draws, 13, 0.6, 0.3)
        mean = np.exp(logs[:10]).mean()
        level, error = clock(logs[:10]).ahead(WEEKS)
        real = np.exp(logs[10:]).mean() / mean
        inside.append(abs(real - level) <= 1.645 * error)

    assert 0.84 <= np.mean(inside) <= 0.97


def test_how_periods_are_cut_hardly_changes_the_months_ahead() -> None:
    """The same purchases by weeks and by four weeks."""
    draws = np.random.default_rng(7)
    rates = np.exp(np.repeat(walk(draws, 12, 0.7, 0.3), 4))
    bought = draws.poisson(500.0 * rates).astype(np.float64)
    monthly = bought.reshape(12, 4).sum(axis=1)
    by_week = Clock(bought / bought.mean(), bought, 7).ahead(WEEKS)
    by_month = Clock(monthly / monthly.mean(), monthly, 28).ahead(WEEKS)

    assert by_week[0] == pytest.approx(by_month[0], rel=0.1)
