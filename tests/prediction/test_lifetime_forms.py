"""Comparing forms of lifetime value: each is told against what then happened."""

from datetime import timedelta

import numpy as np

from evals.lifetime_forms import off_by_form
from tests.prediction.buyers import AT, simulate
from tools.prediction.buying import Buying

STEADY = Buying(0.5, 6.0, 0.8, 2.5)


def test_where_no_month_differs_every_form_comes_close_and_the_mean_lies_between() -> None:
    purchases = simulate(STEADY, 3000, 270, 180, seed=3)
    off = off_by_form(purchases, AT, AT + timedelta(days=180))
    assert max(abs(one) for one in off.values()) < 0.25
    assert min(off["published"], off["calendar"]) <= off["mean"]
    assert off["mean"] <= max(off["published"], off["calendar"])


def test_twice_the_purchases_that_really_came_lower_each_form_by_the_logarithm_of_two() -> None:
    purchases = simulate(STEADY, 3000, 270, 90, seed=4)
    short = off_by_form(purchases, AT, AT + timedelta(days=90))
    later = purchases.filter(purchases.get_column("at") > AT)
    moved = later.with_columns(later.get_column("at") + timedelta(hours=1))
    both = off_by_form(purchases.vstack(moved), AT, AT + timedelta(days=91))
    assert np.isclose(short["published"] - both["published"], np.log(2), atol=0.05)
