"""The data audit: each planted gap is found with its count, and clean data show none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.objective import Objective
from tests.data_audit.worlds import NOW, OBJECTIVE, clean, first, spoiled
from tools.data_audit.auditing import audit
from tools.data_audit.findings import Data, Finding

Change = Callable[[pl.DataFrame], pl.DataFrame]
PLANTED: list[tuple[str, str, Change, int]] = [
    ("contacts.email empty", "contacts", first(7, email=None), 7),
    ("contacts.timezone empty", "contacts", first(3, timezone=" "), 3),
    ("touches.treatment_id empty", "touches", first(2, treatment_id=None), 2),
    ("touches.propensity empty", "touches", first(9, propensity=None), 9),
    ("deals.amount empty", "deals", first(4, amount=None), 4),
    ("deals.won empty", "deals", first(2, closed_at=NOW - timedelta(days=1)), 2),
    ("deals without a stage", "deal_stages", lambda rows: rows.tail(-5), 5),
    ("deals.closed_at empty though over", "deals", first(3, won=True), 3),
    ("deals.closed_at empty though over", "deal_stages", first(2, stage="Closed_Lost"), 2),
    ("accounts empty", "accounts", lambda rows: rows.clear(), 1),
    ("touches.contact_id unknown", "touches", first(6, contact_id="nobody"), 6),
    ("outcomes.touch_id unknown", "outcomes", first(3, touch_id="gone"), 3),
    ("deals.account_id unknown", "deals", first(1, account_id="a99"), 1),
    ("deal_stages.deal_id unknown", "deal_stages", first(1, deal_id="d99"), 1),
    (
        "contacts sharing a mailbox or telephone",
        "contacts",
        first(3, email="Person9+x@firm9.example"),
        3,
    ),
    ("touches.at in the future", "touches", first(4, at=NOW + timedelta(hours=1)), 4),
    ("outcomes before their touch", "outcomes", first(5, at=NOW - timedelta(days=150)), 5),
    ("answers after the horizon", "outcomes", first(1, at=NOW + timedelta(days=40)), 1),
    ("touches of nobody known", "touches", first(8, contact_id=None), 8),
]


def found(data: Data, check: str) -> dict[str, Any] | None:
    return next((one for one in audit(data)["findings"] if one["check"] == check), None)


def test_clean_data_have_no_finding_and_the_best_grade_everywhere() -> None:
    data = audit(clean())

    assert data["findings"] == []
    assert {mark for marks in data["grades"].values() for mark in marks.values()} == {"A"}
    assert data["leakage"] == {"looked": True, "why_not": "", "columns": []}


@pytest.mark.parametrize(("check", "kind", "change", "count"), PLANTED, ids=[p[0] for p in PLANTED])
def test_a_planted_gap_is_found_with_its_count(
    check: str, kind: str, change: Change, count: int
) -> None:
    said = found(spoiled(clean(), kind, change), check)

    assert said is not None
    assert said["found"] == count
    assert said["forbids"]
    assert said["do"]


def test_a_touch_told_twice_is_found_once() -> None:
    data = spoiled(
        clean(), "touches", lambda rows: pl.concat([rows, first(1, touch_id="x")(rows.head(1))])
    )
    said = found(data, "touches told twice")

    assert said is not None
    assert (said["found"], said["examples"]) == (1, ["x"])


def test_people_without_any_statement_are_counted_for_each_channel() -> None:
    data = clean()
    said = found(replace(data, consents=data.consents.head(390)), "consent unknown: email")

    assert said is not None
    assert (said["found"], said["of"], said["grade"]) == (10, 400, "C")


def test_a_channel_on_which_nobody_was_left_alone_is_named() -> None:
    data = spoiled(clean(), "touches", lambda rows: rows.filter(pl.col("treatment_id") == "spring"))
    said = found(data, "channels without a control group")

    assert said is not None
    assert (said["examples"], said["grade"]) == (["email"], "F")


def test_instants_that_are_dates_are_told_and_a_few_midnights_are_not() -> None:
    day = pl.col("at").dt.truncate("1d")

    assert found(spoiled(clean(), "touches", first(400, at=day)), "touches.at are dates")
    assert not found(spoiled(clean(), "touches", first(40, at=day)), "touches.at are dates")


def test_a_source_is_silent_beyond_three_of_its_longest_gaps_and_not_before() -> None:
    data = clean()
    check = "touches: sources that fell silent"

    assert not found(data, check)
    assert found(replace(data, at=NOW + timedelta(days=30)), check)


def test_an_attribute_that_settles_the_outcome_is_named_as_leaking() -> None:
    data = clean()
    answered = data.tables["outcomes"].get_column("contact_id").implode()
    tells = pl.col("contact_id").is_in(answered)
    leaky = data.observations.with_columns(attr_verdict=tells.cast(pl.Float64))
    said = audit(replace(data, observations=leaky))

    assert said["leakage"]["columns"] == ["verdict"]
    assert found(replace(data, observations=leaky), "contacts.verdict may leak")


def test_too_few_answers_tell_nothing_of_leaks_and_say_so() -> None:
    said = audit(spoiled(clean(), "outcomes", lambda rows: rows.head(20)))["leakage"]

    assert said["looked"] is False
    assert "Fewer than 50" in said["why_not"]


def test_the_delay_of_answers_is_told_with_the_touches_that_still_wait() -> None:
    data = clean()
    delay = audit(data)["label_delay"]
    waiting = data.tables["touches"].filter(pl.col("at") > NOW - timedelta(days=14)).height

    assert delay["median_days"] == pytest.approx(5 / 24)
    assert delay["open_touches"] == waiting > 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_one_more_orphan_counts_as_exactly_one_more(some: int, more: int) -> None:
    def orphans(count: int) -> int:
        said = found(spoiled(clean(), "touches", first(count, contact_id="nobody")), CHECK)
        return said["found"] if said else 0

    assert orphans(some + more) - orphans(some) == more


CHECK = "touches.contact_id unknown"


@given(st.integers(0, 1_000), st.integers(1, 1_000))
def test_a_grade_never_rises_as_more_rows_are_wrong(wrong: int, more: int) -> None:
    def grade(count: int) -> str:
        base = {"area": "consent", "dimension": "accuracy", "check": "c", "words": "w"}
        return Finding(**base, found=count, of=2_000, forbids="f", do="d").grade  # type: ignore[arg-type]

    assert grade(wrong) <= grade(wrong + more)


def test_the_same_data_in_another_order_give_the_same_audit() -> None:
    data = clean()
    order = np.random.default_rng(3).permutation(400)
    mixed = spoiled(data, "touches", lambda rows: rows[order])

    assert audit(mixed) == audit(data)


def test_the_audit_says_which_objectives_the_data_bear_and_what_follows_where_they_dont() -> None:
    data = clean()
    plain: dict[str, Any] = {"horizon_days": 14, "currency": "EUR"}
    asked = (
        OBJECTIVE,
        Objective(outcome="purchase", noun="sale", purpose="revenue", worth=900, **plain),
        Objective(outcome="won", noun="deal", purpose="pipeline", **plain),
    )

    said = audit(replace(data, objectives=asked))

    assert [(one["outcome"], one["purpose"], one["borne"]) for one in said["objectives"]] == [
        ("visit", "conversion", True),
        ("purchase", "revenue", False),
        ("won", "pipeline", False),
    ]
    by_check = {one["check"]: one for one in said["findings"]}
    sales, deals = (
        by_check["objective purchase for revenue"],
        by_check["objective won for pipeline"],
    )
    assert sales["forbids"] == "agents value every contact's outcome at the declared worth"
    assert deals["forbids"] == "no run starts, since nobody gives an outcome a price"
    assert (deals["area"], deals["grade"]) == ("CRM feedback", "F")


def test_the_audit_finds_revenue_borne_once_enough_was_bought() -> None:
    data = clean()
    bought = data.tables["outcomes"].with_columns(kind=pl.lit("purchase"), value=pl.lit(5000))
    revenue = OBJECTIVE.model_copy(update={"outcome": "purchase", "purpose": "revenue"})

    said = audit(replace(spoiled(data, "outcomes", lambda _: bought), objectives=(revenue,)))

    assert said["objectives"][0]["borne"] is True
    assert "the contact's expected order" in said["objectives"][0]["words"]
    assert not [one for one in said["findings"] if one["check"].startswith("objective")]
