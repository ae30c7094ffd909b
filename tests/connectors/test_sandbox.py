"""The sandbox keeps every connector's promises, and answers by its response table."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.contract import (
    AT,
    Promise,
    delivery,
    promises_of,
    tells_outcomes_in_the_warehouses_words,
)
from tools.connectors.protocols import delivery_of
from tools.connectors.responses import RESPONSES, SEGMENTS, SOURCE
from tools.connectors.sandbox import BOUNCE_SHARE, Sandbox

PEOPLE = 4000
MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    "promise", promises_of(Sandbox(Path()).terms), ids=lambda promise: promise.__name__
)
def test_the_sandbox_keeps_every_connectors_promises(promise: Promise, tmp_path: Path) -> None:
    promise(lambda: Sandbox(tmp_path))


def test_the_sandbox_tells_outcomes_in_the_warehouses_words(tmp_path: Path) -> None:
    tells_outcomes_in_the_warehouses_words(Sandbox(tmp_path))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A provider whose people visit after a mail (30%) and when left alone (10%)."""
    rows = [
        ("spring_mail", "new", "visit", 0.3, 0.0),
        ("spring_mail", "new", "purchase", 0.1, 2500.0),
        ("nothing", "new", "visit", 0.1, 0.0),
    ]
    schema = ("treatment", "segment", "kind", "probability", "value")
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(tmp_path / RESPONSES)
    pl.DataFrame({"contact_id": people()}).with_columns(segment=pl.lit("new")).write_parquet(
        tmp_path / SEGMENTS
    )
    return Sandbox(tmp_path)


def people() -> list[str]:
    return [f"C{i}" for i in range(PEOPLE)]


def mailed(sandbox: Sandbox) -> list[str]:
    receipts = sandbox.deliver([delivery(f"k-{who}", who) for who in people()])
    return [one.state for one in receipts]


def leave_alone(sandbox: Sandbox) -> None:
    sandbox.register_ghosts(
        pl.DataFrame(
            {
                "effect_id": [f"g-{who}" for who in people()],
                "contact_id": people(),
                "treatment": "spring_mail",
                "channel": "email",
                "slot_at": AT,
            }
        )
    )


def test_people_answer_at_the_tables_rates_and_every_answer_is_labelled_simulated(
    sandbox: Sandbox,
) -> None:
    mailed(sandbox)

    told = sandbox.outcomes_until(AT + MONTH)

    visits = told.filter(pl.col("kind") == "visit").height
    assert abs(visits / PEOPLE - 0.3) < 0.03
    assert told["source"].unique().to_list() == [SOURCE]
    assert told["outcome_id"].is_unique().all()


def test_people_left_alone_answer_as_the_arm_nothing_did(sandbox: Sandbox) -> None:
    leave_alone(sandbox)
    leave_alone(sandbox)

    told = sandbox.outcomes_until(AT + MONTH)

    assert told["kind"].unique().to_list() == ["visit"]
    assert abs(told.height / PEOPLE - 0.1) < 0.02


def test_nobody_buys_without_a_visit_before(sandbox: Sandbox) -> None:
    mailed(sandbox)

    told = sandbox.outcomes_until(AT + MONTH)
    bought = told.filter(pl.col("kind") == "purchase")
    visited = told.filter(pl.col("kind") == "visit")

    both = bought.join(visited, on="touch_id", suffix="_visit")
    assert bought.height == both.height > 0
    assert (both["at"] > both["at_visit"]).all()
    assert bought["value"].unique().to_list() == [2500]


def test_a_provider_without_a_response_table_tells_no_outcomes(tmp_path: Path) -> None:
    bare = Sandbox(tmp_path)
    mailed(bare)

    assert bare.outcomes_until(AT + MONTH).is_empty()


def test_a_few_addresses_refuse_everything_and_always_the_same(sandbox: Sandbox) -> None:
    states = mailed(sandbox)
    refused = [who for who, state in zip(people(), states, strict=True) if state == "failed"]

    again = sandbox.deliver([delivery(f"later-{who}", who) for who in refused])

    assert 0 < len(refused) < 4 * BOUNCE_SHARE * PEOPLE
    assert {one.state for one in again} == {"failed"}
    answered = sandbox.outcomes_until(AT + MONTH)["contact_id"].to_list()
    assert not set(refused) & set(answered)


def test_a_key_handed_over_twice_is_acted_on_once(sandbox: Sandbox) -> None:
    mailed(sandbox)
    before = sandbox.outcomes_until(AT + MONTH)

    mailed(sandbox)

    assert sandbox.outcomes_until(AT + MONTH).equals(before)
    assert {times for _, times in sandbox.deliveries()} == {2}
    assert len(sandbox.deliveries()) == PEOPLE


def test_the_budget_a_platform_runs_is_the_one_set_last(sandbox: Sandbox) -> None:
    for key, amount in (("monday", 50_000), ("tuesday", 60_000)):
        budget = delivery(key, None, channel="ads", campaign_id="search", amount=amount)
        sandbox.deliver([budget])

    assert sandbox.budget("search") == 60_000
    assert sandbox.budget("social") is None


def test_an_effects_row_becomes_the_delivery_of_the_same_key() -> None:
    row = {
        "effect_id": "e1",
        "channel": "email",
        "contact_id": "C1",
        "campaign_id": "spring",
        "treatment": "spring_mail",
        "amount": None,
        "payload_hash": "one",
        "state": "sending",
    }

    assert delivery_of(row, AT) == delivery("e1")


@settings(max_examples=15, deadline=None)
@given(hours=st.lists(st.integers(0, 100), min_size=2, max_size=4))
def test_outcomes_once_told_stay_told_whenever_one_asks(
    hours: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = answering(tmp_path_factory.mktemp("provider"))

    told = [world().outcomes_until(AT + timedelta(hours=hour)) for hour in sorted(hours)]

    for earlier, later in pairwise(told):
        assert earlier.join(later, on=earlier.columns, how="anti", nulls_equal=True).is_empty()


def answering(folder: Path) -> Callable[[], Sandbox]:
    """A provider with 50 deliveries, of which half are answered."""
    pl.DataFrame(
        {
            "treatment": ["spring_mail"],
            "segment": ["any"],
            "kind": ["visit"],
            "probability": [0.5],
            "value": [0.0],
        }
    ).write_parquet(folder / RESPONSES)
    nobody = pl.DataFrame(schema={"contact_id": pl.String, "segment": pl.String})
    nobody.write_parquet(folder / SEGMENTS)
    Sandbox(folder).deliver([delivery(f"k{i}", f"C{i}") for i in range(50)])
    return lambda: Sandbox(folder)
