"""An outcome is worth to each contact what the objective's purpose says, by what was seen."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from domain.tables import INSTANT
from evals.order_values import judge
from tests.objectives.worlds import bought, bought_by, deals, found, money, objective, shoppers
from tests.prediction.buyers import AT as BOUGHT_UNTIL
from tests.prediction.buyers import simulate
from tests.prediction.test_deals import AT
from tests.prediction.test_lifetime import BUSY
from tools.prediction.lifetime import lifetimes
from tools.prediction.winning import fit_winning
from tools.prediction.worths import Money

# Revenue


def test_a_contacts_expected_order_is_nearer_the_truth_than_its_own_mean_or_that_of_all() -> None:
    orders, truth = shoppers(seed=1)
    told = found(objective("revenue"), money(orders))

    own = orders.group_by("contact_id").agg(own=pl.col("value").mean()).join(told.own, "contact_id")
    real = np.array([truth[one] for one in own.get_column("contact_id")])
    misses = [
        float(((guess - real) ** 2).mean())
        for guess in (
            own.get_column("worth").to_numpy(),
            own.get_column("own").to_numpy(),
            told.rest,
        )
    ]
    assert misses[0] < 0.9 * min(misses[1:])


def test_who_never_ordered_counts_at_the_mean_of_all_and_margin_takes_its_share() -> None:
    orders, _ = shoppers(seed=2)
    whole = found(objective("revenue"), money(orders))
    half = found(objective("revenue", margin=0.5), money(orders))

    (stranger,) = whole.of(pl.Series(["nobody"]))
    assert stranger == whole.rest == pytest.approx(5000, rel=0.1)
    known = pl.Series(["c000", "nobody", "c001"])
    assert half.of(known).tolist() == pytest.approx((whole.of(known) / 2).tolist())


def test_where_nobody_ordered_twice_each_counts_at_the_mean() -> None:
    orders = bought([f"c{i}" for i in range(40)], [1000 + 100 * i for i in range(40)])

    told = found(objective("revenue"), money(orders))

    assert told.own.get_column("worth").to_list() == pytest.approx([2950.0] * 40)
    assert "0 ordered again" in told.words


def test_contacts_who_differ_by_chance_alone_all_count_at_the_mean() -> None:
    twice = [f"c{i}" for i in range(30) for _ in range(2)]
    told = found(objective("revenue"), money(bought(twice, [1000, 3000] * 30)))

    assert told.own.get_column("worth").to_list() == pytest.approx([2000.0] * 30)
    assert "by no more than chance" in told.words


def test_an_order_that_names_only_its_touch_counts_for_whom_was_touched() -> None:
    orders, _ = shoppers(seed=3)
    touched = bought(["x"], [9000]).with_columns(
        contact_id=pl.lit(None, pl.String), touch_id=pl.lit("t")
    )
    sent = pl.DataFrame({"touch_id": ["t"], "contact_id": ["late"]})

    told = found(objective("revenue"), money(pl.concat([orders, touched]), touches=sent))

    assert "late" in told.own.get_column("contact_id")


# Pipeline


def test_a_contact_with_an_open_deal_counts_at_its_amount_times_the_chance_to_win_it() -> None:
    about = deals()
    told = found(objective("pipeline", worth_days=182, worth=700), about)

    model = fit_winning(about.deals, about.stages, AT, 182).open_deals(about.deals, about.stages)
    expected = dict(
        model.join(about.deals.select("deal_id", "contact_id"), on="deal_id")
        .select("contact_id", pl.col("chance") * 100_000)
        .iter_rows()
    )
    assert dict(told.own.iter_rows()) == pytest.approx(expected)
    assert len(expected) > 20
    assert told.rest == 700


def test_of_two_open_deals_of_a_contact_the_better_one_counts_alone() -> None:
    about = deals()
    both = found(objective("pipeline"), about).own.head(2).get_column("contact_id").to_list()
    merged = about.deals.with_columns(contact_id=pl.col("contact_id").replace({both[1]: both[0]}))

    apart = found(objective("pipeline"), about).of(pl.Series(both))
    (together,) = found(objective("pipeline"), replace(about, deals=merged)).of(pl.Series(both[:1]))
    assert together == max(apart)


def test_without_a_declared_worth_who_has_no_open_deal_brings_no_pipeline() -> None:
    told = found(objective("pipeline"), deals())

    assert told.of(pl.Series(["nobody"])).tolist() == [0.0]
    assert "who has none counts at nothing" in told.words


# Lifetime value


def test_a_customer_counts_at_its_lifetime_value_times_the_declared_margin() -> None:
    rows = simulate(BUSY, 400, 300, 0, seed=5)
    about = money(bought_by(rows), at=BOUGHT_UNTIL)

    told = found(objective("lifetime_value", worth_days=180, margin=0.4), about)

    table = lifetimes(rows.filter(pl.col("value") > 0), BOUGHT_UNTIL, 180).table
    ids, value = table.get_column("contact_id"), table.get_column("value").to_numpy()
    assert told.of(ids).tolist() == pytest.approx((0.4 * value).tolist())
    assert told.rest == pytest.approx(0.4 * value.mean())
    assert found(objective("lifetime_value", worth=9, worth_days=180), about).rest == 9.0


# Nothing later


def later_orders() -> Money:
    orders, _ = shoppers(seed=4)
    ahead = orders.with_columns(
        at=pl.lit(AT + timedelta(hours=1), INSTANT), value=pl.lit(10**9, pl.Int64)
    )
    return money(pl.concat([orders, ahead]))


def test_orders_after_the_instant_change_nobodys_worth() -> None:
    with_later = later_orders()
    until = replace(with_later, outcomes=with_later.outcomes.filter(pl.col("at") <= AT))
    let_in = replace(with_later, at=AT + timedelta(days=1))

    told = found(objective("revenue"), with_later)
    assert told.own.equals(found(objective("revenue"), until).own)
    assert told.rest < 10_000 < found(objective("revenue"), let_in).rest


def test_lifetime_value_knows_no_purchase_after_the_instant() -> None:
    outcomes = bought_by(simulate(BUSY, 400, 300, 0, seed=6))
    early = BOUGHT_UNTIL - timedelta(days=60)
    one = objective("lifetime_value", worth_days=100)

    told = found(one, money(outcomes, at=early))

    seen = outcomes.filter(pl.col("at") <= early)
    assert told.own.equals(found(one, money(seen, at=early)).own)
    assert not told.own.equals(found(one, money(outcomes, at=BOUGHT_UNTIL)).own)


def test_a_deal_that_opens_or_closes_after_the_instant_is_as_it_was_then() -> None:
    about = deals()
    early = AT - timedelta(days=60)
    told = found(objective("pipeline"), replace(about, at=early))

    then = about.deals.filter(pl.col("opened_at") <= early).with_columns(
        closed_at=pl.when(pl.col("closed_at") <= early).then("closed_at"),
        won=pl.when(pl.col("closed_at") <= early).then("won"),
    )
    stages = about.stages.filter(pl.col("at") <= early)
    as_then = replace(about, deals=then, stages=stages, at=early)
    assert told.own.equals(found(objective("pipeline"), as_then).own)
    assert told.own.height != found(objective("pipeline"), about).own.height


# How near it comes


def test_the_evaluation_finds_it_nearer_to_later_orders_than_either_other_guess() -> None:
    draws, count = np.random.default_rng(9), 600
    means = 5000 * draws.gamma(4.0, 0.25, count)
    days = [-3, -2, 2, 3]
    orders = pl.concat(
        pl.DataFrame(
            {
                "contact_id": [f"c{i:03}" for i in range(count)],
                "at": pl.Series([AT + timedelta(days=day)] * count, dtype=INSTANT),
                "value": (means * draws.gamma(2.0, 0.5, count)).astype(np.int64) + 1,
            }
        )
        for day in days
    )

    told = {one.name: one for one in judge("made", orders, AT, AT + timedelta(days=9))}

    for guess in ("made_own", "made_all"):
        between = told[guess].interval
        assert between is not None
        assert between[0] > 1.0
    assert told["made_own"].words.endswith("1200 later orders of 600 contacts")
