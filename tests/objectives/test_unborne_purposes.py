"""Where the data don't bear a purpose, the declared worth speaks for all, and says why."""

from dataclasses import replace

import polars as pl
import pytest

from domain.errors import DataError
from domain.objective import Objective
from tests.objectives.worlds import PLAIN, bought_by, deals, money, objective, refused, shoppers
from tests.prediction.buyers import AT as BOUGHT_UNTIL
from tests.prediction.buyers import simulate
from tests.prediction.test_lifetime import BUSY
from tools.prediction.order_values import LEAST_ORDERS
from tools.prediction.worths import Worths, borne, worths_of


def test_too_few_orders_leave_the_declared_worth_to_speak_and_say_why() -> None:
    orders, _ = shoppers(seed=5)
    few = money(orders.head(LEAST_ORDERS - 1))

    told = worths_of(objective("revenue", worth=4200, margin=0.5), few)

    assert told is not None
    assert told.of(pl.Series(["c000", "nobody"])).tolist() == [4200.0, 4200.0]
    assert f"{LEAST_ORDERS - 1} purchases with a contact and a value were seen" in told.words
    assert "The declared worth speaks for all" in told.words
    assert isinstance(borne(objective("revenue"), money(orders.head(LEAST_ORDERS))), Worths)


def test_what_neither_data_nor_people_price_is_refused_with_what_to_do() -> None:
    with pytest.raises(DataError) as error:
        worths_of(objective("revenue"), money())

    assert "is for revenue, which the data don't bear" in str(error.value)
    assert "Or declare its `worth`" in error.value.hint


@pytest.mark.parametrize("purpose", ["revenue", "lifetime_value"])
def test_one_purchase_in_another_currency_leaves_the_declared_worth_to_speak(purpose: str) -> None:
    orders = bought_by(simulate(BUSY, 400, 300, 0, seed=6))
    francs = orders.head(1).with_columns(currency=pl.lit("CHF"))
    ours = orders.tail(-1).with_columns(currency=pl.lit("USD"))
    about = money(pl.concat([francs, ours]), at=BOUGHT_UNTIL)

    assert "are in CHF, and the workspace counts in USD" in refused(objective(purpose), about)
    assert isinstance(borne(objective(purpose), replace(about, outcomes=ours)), Worths)


def test_open_deals_in_another_currency_leave_the_declared_worth_to_speak() -> None:
    about = deals()
    in_francs = replace(about, deals=about.deals.with_columns(currency=pl.lit("CHF")))

    assert "open deals are in CHF" in refused(objective("pipeline"), in_francs)


def test_deals_without_contact_or_amount_or_too_few_closed_ones_bear_no_pipeline() -> None:
    about = deals()
    unknown = about.deals.with_columns(amount=pl.lit(None, pl.Int64))
    nobodys = about.deals.with_columns(contact_id=pl.lit(None, pl.String))
    going = about.deals.filter(pl.col("closed_at").is_null())

    for known in (unknown, nobodys):
        assert "No open deal" in refused(objective("pipeline"), replace(about, deals=known))
    assert "0 deals won and 0 lost" in refused(objective("pipeline"), replace(about, deals=going))


def test_a_lifetime_longer_than_five_times_what_was_watched_is_not_foretold() -> None:
    about = money(bought_by(simulate(BUSY, 400, 300, 0, seed=6)), at=BOUGHT_UNTIL)

    said = refused(objective("lifetime_value", worth_days=3650), about)

    assert "Expected a horizon of" in said


def test_conversion_has_one_worth_for_all_as_without_a_purpose() -> None:
    orders, _ = shoppers(seed=7)

    assert worths_of(objective("conversion", worth=100), money(orders)) is None
    assert worths_of(Objective(**PLAIN, worth=100), money(orders)) is None
