"""Lifetime values: intervals that hold what they say, priors where little is known, no leak."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from domain.errors import DataError
from tests.prediction.buyers import AT, later, simulate
from tools.prediction.buying import Buying
from tools.prediction.lifetime import LEAST_CUSTOMERS, PRIOR, lifetimes

BUSY = Buying(1.5, 3.0, 0.8, 6.0)
WORLDS = 120


def test_ninety_per_cent_ranges_of_value_hold_about_ninety_per_cent_of_customers() -> None:
    rows = simulate(BUSY, 6000, 280, 180, seed=11)

    found = lifetimes(rows, AT, 180)
    bought, value = later(rows, found.table)
    low, high = (found.table.get_column(f"value_{end}").to_numpy() for end in ("low", "high"))
    few, many = (found.table.get_column(f"purchases_{end}").to_numpy() for end in ("low", "high"))
    assert 0.86 <= ((value >= low) & (value <= high)).mean() <= 0.94
    # Whole numbers: a range cannot stop between two of them, so it holds a little more.
    assert 0.88 <= ((bought >= few) & (bought <= many)).mean() <= 0.96


def test_the_interval_of_the_total_holds_it_in_about_ninety_per_cent_of_worlds() -> None:
    inside = 0
    for seed in range(WORLDS):
        rows = simulate(BUSY, 250, 111, 80, seed=seed, joined_within=40)
        found = lifetimes(rows, AT, 80)
        real = later(rows, found.table)[0].sum()
        inside += found.total.low <= real <= found.total.high

    assert 0.86 <= inside / WORLDS <= 0.94


def test_below_the_least_evidence_the_mean_of_all_speaks_and_says_so() -> None:
    few = lifetimes(simulate(BUSY, LEAST_CUSTOMERS - 1, 200, 0, seed=1), AT, 90)
    enough = lifetimes(simulate(BUSY, LEAST_CUSTOMERS, 200, 0, seed=1), AT, 90)

    assert (few.evidence, few.model) == ("prior", PRIOR)
    assert "Not measured" in few.words
    assert few.table.get_column("purchases").n_unique() == 1
    assert few.table.get_column("alive").null_count() == few.table.height
    assert enough.evidence == "measured"
    assert enough.table.get_column("purchases").n_unique() > 1


def test_no_purchase_at_all_gives_no_row_and_no_error() -> None:
    none = lifetimes(simulate(BUSY, 10, 50, 0, seed=1).clear(), AT, 90)

    assert none.table.height == 0
    assert none.total.purchases == 0.0


def test_nothing_after_the_instant_leaks_in() -> None:
    rows = simulate(BUSY, 400, 200, 90, seed=2)
    moved = rows.with_columns(
        at=pl.when(pl.col("at") > AT).then(AT - timedelta(hours=1)).otherwise(pl.col("at"))
    )

    found = lifetimes(rows, AT, 90).table
    assert found.equals(lifetimes(rows.filter(pl.col("at") <= AT), AT, 90).table)
    assert not found.equals(lifetimes(moved, AT, 90).table)


def test_a_horizon_far_beyond_what_was_watched_is_refused() -> None:
    with pytest.raises(DataError, match="watched for 200 days"):
        lifetimes(simulate(BUSY, 400, 200, 0, seed=2, joined_within=1), AT, 1001)


def test_where_nobody_buys_for_money_again_first_purchases_stand_for_the_rest() -> None:
    rows = simulate(BUSY, 400, 200, 0, seed=4)
    first = pl.col("at") == pl.col("at").min().over("contact_id")

    free = lifetimes(rows.with_columns(value=pl.when(first).then(1000).otherwise(0)), AT, 90)
    each = free.table.get_column("value") / free.table.get_column("purchases")
    assert each.to_numpy() == pytest.approx(np.full(len(each), 1000.0), rel=1e-3)
    assert "mean of first ones" in free.words


def test_other_prices_make_another_version() -> None:
    rows = simulate(BUSY, 250, 111, 0, seed=1)
    dearer = rows.with_columns(value=pl.col("value") * 2)

    assert lifetimes(rows, AT, 80).model != lifetimes(dearer, AT, 80).model
    assert lifetimes(rows, AT, 80).model == lifetimes(rows, AT, 80).model
