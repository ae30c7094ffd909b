"""An outcome that counts at what a contact buys is found out where nothing was bought after it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from tests.data_audit.worlds import NOW, OBJECTIVE, clean
from tools.data_audit.auditing import audit
from tools.data_audit.findings import Data

CHECK = "objective visit for revenue without a purchase"


def asked(data: Data, **said: Any) -> list[dict[str, Any]]:
    objectives = (OBJECTIVE.model_copy(update={"purpose": "revenue", **said}),)
    found = audit(replace(data, objectives=objectives))["findings"]
    return [one for one in found if one["check"].endswith("without a purchase")]


def bought_after(data: Data, share: int, after: timedelta) -> Data:
    """Of every so many visits one is followed by a purchase that long after it."""
    visits = data.tables["outcomes"]
    sales = visits.gather_every(share).with_columns(
        outcome_id=pl.lit("p-") + pl.col("outcome_id"),
        kind=pl.lit("purchase"),
        value=pl.lit(5000, pl.Int64),
        at=pl.col("at") + after,
    )
    return replace(data, tables={**data.tables, "outcomes": pl.concat([visits, sales])})


def test_visits_that_count_at_an_order_are_counted_where_nobody_bought_after_them() -> None:
    data = clean()
    old = data.tables["outcomes"].filter(pl.col("at") + timedelta(days=14) <= NOW).height

    (all_of_them,) = asked(data)
    (some,) = asked(bought_after(data, 1, timedelta(days=15)))
    fewer = asked(bought_after(data, 2, timedelta(days=3)))[0]

    assert (all_of_them["check"], all_of_them["found"], all_of_them["of"]) == (CHECK, old, old)
    assert some["found"] == old, "what is bought after the horizon follows nothing"
    assert 0.3 * old < fewer["found"] < 0.7 * old
    assert not asked(bought_after(data, 1, timedelta(hours=1)))


@pytest.mark.parametrize("said", [{"purpose": "conversion"}, {"outcome": "purchase"}])
def test_one_worth_for_all_and_sales_themselves_are_no_finding(said: dict[str, Any]) -> None:
    data = clean()
    outcomes = data.tables["outcomes"]
    free = outcomes.with_columns(
        outcome_id=pl.lit("f-") + pl.col("outcome_id"), kind=pl.lit("purchase")
    )
    both = replace(data, tables={**data.tables, "outcomes": pl.concat([outcomes, free])})

    assert asked(both), "visits that count at an order are one"
    assert asked(both, **said) == []


def test_a_visit_and_a_purchase_are_whose_touch_they_name() -> None:
    plain = clean()
    data = bought_after(plain, 1, timedelta(hours=1))
    owners = data.tables["outcomes"].with_columns(contact_id=pl.lit(None, pl.String))

    assert not asked(replace(data, tables={**data.tables, "outcomes": owners}))
    (without,) = asked(
        replace(plain, tables={**plain.tables, "outcomes": owners.filter(kind="visit")})
    )
    assert without["found"] == without["of"] > 0


def test_visits_whose_horizon_still_runs_tell_nothing() -> None:
    data = clean()
    fresh = data.tables["outcomes"].with_columns(at=pl.lit(NOW - timedelta(days=2)))

    assert not asked(replace(data, tables={**data.tables, "outcomes": fresh}))
