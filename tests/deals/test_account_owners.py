"""Whose an account is, in a run and at the door."""

from typing import Any

import polars as pl
import pytest

from domain.reasons import findings_of
from graph.gate import contacts_at, findings_now
from graph.reserving import reservations_of
from graph.tower import Tower
from policies.account_limits import AccountOwner
from tests.deals.worlds import judged, open_to, under
from tests.policies.worlds import SAID
from tools.ledger import reservations


def owner(role: str, accounts: str = "all") -> AccountOwner:
    return AccountOwner.model_validate({**SAID, "name": role, "role": role, "accounts": accounts})


def called(candidates: pl.DataFrame, *columns: str) -> set[Any]:
    """What is filed against calls to c12, the deal's own contact."""
    rows = candidates.filter((pl.col("contact_id") == "c12") & (pl.col("channel") == "call"))
    return {one if len(columns) > 1 else one[0] for one in rows.select(columns).unique().rows()}


def test_sales_asks_in_the_name_of_whom_the_policy_names(tower: Tower) -> None:
    _, candidates = judged(under(tower, account_owners=(owner("sdr"),)))

    assert called(candidates, "owner") == {"sven"}
    assert "call_deal" in open_to(candidates, "c12")


def test_where_the_role_is_empty_nobody_calls_and_the_refusal_says_why(tower: Tower) -> None:
    _, candidates = judged(under(tower, account_owners=(owner("csm"),)))

    assert called(candidates, "owner") == {"anna"}
    reasons = candidates.filter(pl.col("treatment_id") == "call_deal").get_column("reasons")
    assert reasons.list.contains("fact_missing").all()


@pytest.fixture
def booked(tower: Tower) -> Tower:
    """The workspace in which a call by anna to c12 holds ten of her minutes."""
    choice = {
        **CALL,
        "packet_id": "pk-1",
        "pool": None,
        "cost": 0,
        "owner": "anna",
        "minutes": 10.0,
    }
    row = pl.DataFrame([{**choice, "slot_at": tower.clock.now()}]).with_columns(
        theme=pl.lit(None, dtype=pl.String)
    )
    with tower.ledger.write() as session:
        reservations.hold(session, reservations_of(row), "run")
    return tower


CALL = {
    "contact_id": "c12",
    "account_id": "deal",
    "agent": "sales",
    "channel": "call",
    "class": "one_to_one",
    "purpose": "marketing",
    "campaign_id": "deal_desk",
    "treatment_id": "call_deal",
    "decision_id": "e1",
}


@pytest.mark.parametrize(
    ("owners", "found"),
    [
        ((), ()),
        ((owner("ae", "open_deals"),), ()),
        ((owner("sdr"),), ("another_owner",)),
        ((owner("csm"),), ("fact_missing",)),
    ],
)
def test_the_door_knows_in_whose_name_a_call_goes_out(
    booked: Tower, owners: tuple[AccountOwner, ...], found: tuple[str, ...]
) -> None:
    assert at_the_door(booked, owners) == found


def test_an_account_that_changed_hands_is_not_called_by_who_had_it(booked: Tower) -> None:
    accounts = booked.warehouse.table("accounts").with_columns(ae=pl.lit("bea"))
    booked.warehouse.merge("accounts", accounts)

    assert at_the_door(booked, (owner("ae", "open_deals"),)) == ("another_owner",)


def test_a_call_that_nobody_is_known_to_make_stays_unmade(tower: Tower) -> None:
    assert at_the_door(tower, (owner("ae", "open_deals"),)) == ("fact_missing",)


def at_the_door(tower: Tower, owners: tuple[AccountOwner, ...]) -> tuple[str, ...]:
    """Reasons against the call to c12, as an effect that is due now."""
    ruled = under(tower, account_owners=owners, quiet_hours=())
    now = ruled.clock.now()
    rows = pl.DataFrame([{**CALL, "slot_at": now}])
    return findings_of(findings_now(ruled, rows, contacts_at(ruled, now)).item())
