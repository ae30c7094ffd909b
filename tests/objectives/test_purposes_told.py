"""A receipt says what an outcome is worth to its contact, and by which purpose."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from app.auditing import audit_data
from app.compose import House
from app.explaining import explain
from app.story.receipts import show_receipts
from domain.tables import INSTANT
from graph.committing import commit
from graph.replaying import replay_run
from graph.tower import Tower
from graph.worth import worths_at
from tests.deals.worlds import decided
from tests.identity.merging import merge
from tests.objectives.worlds import bought, objective, run_for, shoppers


def told_of(house: House, run_id: str) -> tuple[list[dict[str, Any]], str]:
    """The objectives' shares of c12's receipts, and the page that shows them."""
    told, page = explain(house, "c12", run_id, confirm=False), StringIO()
    show_receipts(Console(file=page, width=300), told)
    return [share for one in told["receipts"] for share in one["objectives"]], page.getvalue()


@pytest.mark.parametrize("purpose", ["revenue", None])
def test_a_receipt_names_the_worth_and_the_purpose_it_comes_from(
    house: House, purpose: str | None
) -> None:
    tower = house.tower
    orders = bought(["c12"] * 40, [7000] * 40, at=tower.clock.now() - timedelta(days=1))
    named = orders.with_columns(outcome_id=pl.int_range(pl.len()).cast(pl.String))
    tower.warehouse.merge("outcomes", named)
    lead = tower.config.objective.model_copy(update={"purpose": purpose})
    meant = run_for(tower, lead)
    pins, _ = decided(meant)
    commit(meant, pins)

    shares, page = told_of(replace(house, tower=meant), pins.run_id)

    assert shares
    assert {one["purpose"] for one in shares} == {purpose or "conversion"}
    worth = 7000.0 if purpose else float(lead.worth or 0)
    assert {one["worth"] for one in shares} == {worth}
    said = "one outcome worth $70.00 to this contact (revenue)"
    assert (said in page) is (purpose is not None)


def test_a_receipt_says_as_declared_where_the_data_bear_no_worth_of_the_contacts_own(
    house: House,
) -> None:
    tower = house.tower
    lead = tower.config.objective.model_copy(update={"purpose": "revenue", "worth": 4200})
    meant = run_for(tower, lead)
    pins, _ = decided(meant)
    commit(meant, pins)

    shares, page = told_of(replace(house, tower=meant), pins.run_id)

    assert {(one["purpose"], one["own_worth"]) for one in shares} == {("revenue", False)}
    assert "one outcome worth $42.00 as declared, by" in page


def test_the_audit_counts_merged_contacts_as_the_run_does(house: House) -> None:
    tower = house.tower
    orders, _ = shoppers(seed=10)
    rows = orders.with_columns(
        at=pl.lit(tower.clock.now() - timedelta(days=1), INSTANT),
        contact_id=pl.col("contact_id").replace({"c001": "c00", "c002": "c01"}),
        outcome_id=pl.int_range(pl.len()).cast(pl.String),
    )
    tower.warehouse.merge("outcomes", rows)
    merge(tower, "c00", "c01")
    meant = run_for(tower, objective("revenue"))

    (said,) = audit_data(replace(house, tower=meant))["objectives"]

    known = worths_at(meant, meant.config.objectives, tower.clock.now())["visit"]
    assert said["words"] == known.words


def test_a_run_decided_again_keeps_the_worths_it_had_whatever_was_bought_since(
    house: House, tmp_path: Path
) -> None:
    tower = house.tower
    meant = run_for(tower, tower.config.objective.model_copy(update={"purpose": "revenue"}))
    ordered(tower, 7000)
    pins, _ = decided(meant)
    commit(meant, pins)

    ordered(tower, 900_000)
    again = replay_run(meant, pins.run_id, tower.loaded, tmp_path / "apart")

    keys = ["contact_id", "channel", "treatment_id", "slot"]
    then, now = (
        folder.read("candidates").select(*keys, "value", "value_se").sort(keys)
        for folder in (meant.folder(pins.run_id), again.folder)
    )
    assert then.height
    assert now.equals(then)
    today = worths_at(meant, meant.config.objectives, pins.at)[meant.config.objective.outcome]
    assert today.rest > 7000


def ordered(tower: Tower, value: int) -> None:
    """Forty orders of that value, a day ago."""
    orders = bought(["c12"] * 40, [value] * 40, at=tower.clock.now() - timedelta(days=1))
    ids = pl.int_range(pl.len()).cast(pl.String) + f"-{value}"
    tower.warehouse.merge("outcomes", orders.with_columns(outcome_id=ids))
