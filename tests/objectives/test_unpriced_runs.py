"""A run whose price is lost after it was opened is closed with the reason, and blocks no other."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from app import running
from app.compose import House
from domain.errors import RefusedError, UnpricedError
from graph.opening import open_run
from tests.objectives.worlds import bought, objective, run_for
from tools.ledger import runs


def without_a_price(house: House) -> tuple[House, str]:
    """A house with a run that was opened while purchases gave a price; then they were taken out."""
    tower = house.tower
    before = tower.warehouse.table("outcomes")
    orders = bought(["c12"] * 40, [7000] * 40, at=tower.clock.now() - timedelta(days=1))
    ids = pl.int_range(pl.len()).cast(pl.String)
    tower.warehouse.merge("outcomes", orders.with_columns(outcome_id=ids))
    meant = replace(house, tower=run_for(tower, objective("revenue")))
    run_id = open_run(meant.tower, "morning", "one")
    tower.warehouse.replace("outcomes", before)
    return meant, run_id


def test_a_run_whose_price_is_lost_after_opening_is_closed_with_the_reason(house: House) -> None:
    meant, run_id = without_a_price(house)

    running.run(meant, "morning", "two", lambda _: None)

    row = runs.read(meant.tower.ledger, run_id)
    assert (row.state, runs.unfinished(meant.tower.ledger)) == ("expired", [])
    assert "is for revenue, which the data don't bear" in (row.reason or "")
    with pytest.raises(RefusedError, match="is expired: No price since it was opened"):
        running.report(meant, run_id)


def test_once_it_is_closed_a_declared_worth_lets_the_next_run_start_at_once(house: House) -> None:
    meant, run_id = without_a_price(house)
    running.run(meant, "morning", "two", lambda _: None)
    with pytest.raises(UnpricedError):
        running.run(meant, "morning", "two", lambda _: None)

    priced = run_for(house.tower, objective("revenue", worth=900))

    assert open_run(priced, "morning", "two") != run_id
