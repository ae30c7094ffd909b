"""Money that was paid back, deals that are over and values below nothing raise nobody's worth."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.objective import Objective
from tests.objectives.worlds import (
    PLAIN,
    bought,
    bought_by,
    deals,
    found,
    money,
    objective,
    shoppers,
)
from tests.prediction.buyers import AT as BOUGHT_UNTIL
from tests.prediction.buyers import simulate
from tests.prediction.test_deals import AT
from tests.prediction.test_lifetime import BUSY
from tools.prediction.predicting import worth_of
from tools.prediction.worths import Money, Worths


def with_refund(seed: int, share: float, of: str = "c000") -> tuple[Worths, Worths]:
    """Worths of shoppers, without and with a refund of that share of what the contact paid."""
    orders, _ = shoppers(seed)
    paid = int(orders.filter(contact_id=of).get_column("value").sum())
    back = bought([of], [-int(paid * share)])
    return (
        found(objective("revenue"), money(orders)),
        found(objective("revenue"), money(pl.concat([orders, back]))),
    )


def test_what_was_paid_back_is_no_part_of_an_expected_order() -> None:
    apart = pl.Series(["c000"])
    before, half = with_refund(1, 0.5)
    _, whole = with_refund(1, 1.0)

    assert whole.of(apart)[0] < half.of(apart)[0] < before.of(apart)[0]
    assert half.rest < before.rest


@given(share=st.floats(0.0, 50.0))
def test_no_refund_makes_a_worth_negative_or_no_number(share: float) -> None:
    _, told = with_refund(2, share)
    worths = told.own.get_column("worth")

    assert worths.is_finite().all()
    assert float(worths.to_numpy().min()) >= 0.0 <= told.rest


def test_a_refund_after_the_instant_changes_nothing() -> None:
    orders, _ = shoppers(3)
    back = bought(["c000"], [-4000], at=AT + timedelta(hours=1))

    told = found(objective("revenue"), money(pl.concat([orders, back])))

    assert told.own.equals(found(objective("revenue"), money(orders)).own)


def test_a_customer_who_got_all_back_counts_for_less_in_lifetime_value() -> None:
    orders = bought_by(simulate(BUSY, 400, 300, 0, seed=5))
    often = orders.group_by("contact_id").len().sort("len", "contact_id").item(-1, "contact_id")
    paid = int(orders.filter(contact_id=often).get_column("value").sum())
    back = bought([often], [-paid], at=BOUGHT_UNTIL - timedelta(days=1))
    one, known = objective("lifetime_value", worth_days=180), pl.Series([often])

    before = found(one, money(orders, at=BOUGHT_UNTIL)).of(known)[0]
    after = found(one, money(pl.concat([orders, back]), at=BOUGHT_UNTIL)).of(known)[0]

    assert after < 0.5 * before


def a_deal(about: Money) -> tuple[pl.Series, str]:
    """The first contact with an open deal, and the deal."""
    known = found(objective("pipeline"), about).own.get_column("contact_id").head(1)
    its = about.deals.filter(
        pl.col("contact_id").is_in(known.implode()) & pl.col("closed_at").is_null()
    )
    return known, its.item(0, "deal_id")


@pytest.mark.parametrize("stage", ["lost", "Closed_Won"])
def test_a_deal_whose_newest_stage_closes_it_is_no_pipeline_though_nobody_said_when(
    stage: str,
) -> None:
    about = deals()
    known, deal = a_deal(about)
    last = about.stages.head(1).with_columns(
        deal_id=pl.lit(deal),
        stage=pl.lit(stage),
        at=pl.lit(AT - timedelta(hours=1)).cast(about.stages.schema["at"]),
    )
    ahead = last.with_columns(at=pl.col("at") + timedelta(days=1))
    over, later = (replace(about, stages=pl.concat([about.stages, one])) for one in (last, ahead))

    assert found(objective("pipeline"), over).of(known).tolist() == [0.0]
    assert found(objective("pipeline"), later).of(known).tolist() != [0.0]


def test_a_deal_that_was_won_on_a_day_nobody_said_is_no_pipeline() -> None:
    about = deals()
    known, deal = a_deal(about)
    won = about.deals.with_columns(
        won=pl.when(pl.col("deal_id") == deal).then(True).otherwise("won")
    )

    assert found(objective("pipeline"), replace(about, deals=won)).of(known).tolist() == [0.0]


def test_refunds_that_outweigh_what_was_bought_give_an_outcome_no_price_below_nothing() -> None:
    training = pl.DataFrame({"answered": [True, True], "value": [-500.0, 100.0]})

    assert worth_of(Objective(**PLAIN), training)[0] == 0.0
