"""The judge closes a cell for each single reason, and leaves its neighbour open."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest

from domain.errors import IntegrityError
from domain.names import ACTION_CLASSES
from domain.reasons import findings_of
from domain.tables import FINDINGS
from policies.consent_limits import ConsentRule
from policies.judging import judge
from policies.schema import Policy
from tests.policies.worlds import (
    NOON,
    PLAIN,
    SAID,
    cap,
    facts_of,
    quiet,
    sample_policy,
    spacing,
)

NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)


def found(change: dict[str, Any], policy: Policy | None = None, at: datetime = NOON) -> set[str]:
    """The reason codes against one cell."""
    bits = judge(facts_of(change), policy or sample_policy(), at)
    return set(findings_of(bits[0]))


def test_a_cell_with_every_fact_in_order_is_open() -> None:
    assert found({}) == set()
    assert found({"channel": "call", "agent": "sales"}) == set()
    assert found({"channel": "ads", "agent": "ads"}) == set()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"suppressed": True}, {"erased_or_suppressed"}),
        ({"objected": True}, {"objected"}),
        ({"consent_state": "objected"}, {"objected"}),
        ({"consent_state": "withdrawn"}, {"consent_withdrawn"}),
        ({"consent_state": "maybe"}, {"consent_missing"}),
        ({"consent_expires_at": NOON}, {"consent_expired"}),
        ({"consent_at": NOON + timedelta(seconds=1)}, {"consent_missing"}),
        ({"open_complaint": True}, {"open_complaint"}),
        ({"deal_stage": "contract"}, {"deal_hold"}),
        ({"channel": "ads", "agent": "ads", "is_customer": True}, {"existing_customer"}),
        ({"used_day": 2}, {"cap_reached"}),
        ({"near_call_after_email": True}, {"spacing"}),
        ({"at": NIGHT}, {"quiet_hours"}),
        ({"paused": True}, {"paused"}),
        ({"at": NOON - timedelta(seconds=1)}, {"deadline_passed"}),
    ],
)
def test_each_reason_closes_a_cell_by_itself(change: dict[str, Any], reasons: set[str]) -> None:
    assert found(change) == reasons


@pytest.mark.parametrize(
    "change",
    [
        {"consent_expires_at": NOON + timedelta(seconds=1)},
        {"consent_at": NOON},
        {"deal_stage": "discovery"},
        {"is_customer": True},
        {"channel": "call", "deal_stage": "contract"},
        {"used_day": 1},
        {"at": NOON + timedelta(hours=8)},
        {"at": NOON},
    ],
)
def test_just_within_each_limit_a_cell_is_open(change: dict[str, Any]) -> None:
    assert found(change) == set()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"suppressed": None}, {"erased_or_suppressed", "fact_missing"}),
        ({"objected": None}, {"objected", "fact_missing"}),
        ({"consent_state": None}, {"consent_missing"}),
        ({"consent_at": None}, {"fact_missing"}),
        ({"open_complaint": None}, {"open_complaint", "fact_missing"}),
        (
            {"channel": "ads", "agent": "ads", "is_customer": None},
            {"existing_customer", "fact_missing"},
        ),
        ({"used_day": None}, {"cap_reached", "fact_missing"}),
        ({"near_call_after_email": None}, {"spacing", "fact_missing"}),
        ({"paused": None}, {"paused", "fact_missing"}),
        ({"timezone": None, "country": None}, {"quiet_hours"}),
    ],
)
def test_a_missing_fact_closes_the_cell(change: dict[str, Any], reasons: set[str]) -> None:
    assert found(change) == reasons


def test_a_count_nobody_took_is_missing_and_not_zero() -> None:
    facts = facts_of({}).drop("used_day", "near_call_after_email")

    bits = judge(facts, sample_policy(), NOON)

    assert set(findings_of(bits[0])) == {"cap_reached", "spacing", "fact_missing"}


def test_facts_without_a_declared_column_are_refused_by_name() -> None:
    with pytest.raises(IntegrityError, match="suppressed"):
        judge(facts_of({}).drop("suppressed"), sample_policy(), NOON)


def test_every_finding_is_kept() -> None:
    worst = {
        "suppressed": True,
        "consent_state": "withdrawn",
        "open_complaint": True,
        "used_day": 5,
        "at": NIGHT,
        "paused": True,
    }

    assert found(worst) == {
        "erased_or_suppressed",
        "consent_withdrawn",
        "open_complaint",
        "cap_reached",
        "quiet_hours",
        "paused",
    }


def test_quiet_hours_that_drop_say_so_on_their_own_channels_alone() -> None:
    hours = (time(21), time(8))
    policy = sample_policy(quiet_hours=(quiet(*hours, "email", then="drop"), quiet(*hours, "call")))

    assert found({"at": NIGHT}, policy) == {"quiet_hours", "quiet_dropped"}
    assert found({"at": NIGHT, "channel": "call", "agent": "sales"}, policy) == {"quiet_hours"}
    assert found({"at": NIGHT, "class": "transactional"}, policy) == set()
    assert found({}, policy) == set()


def test_an_objection_on_one_channel_stops_marketing_on_all_ads_included() -> None:
    for channel in ("email", "call", "ads", "push", "task"):
        assert "objected" in found({"channel": channel, "objected": True})
    assert "objected" in found({"objected": True, "class": "one_to_one"})
    assert "objected" in found({"objected": True, "class": "inbound_response"})


def test_what_must_be_sent_passes_caps_quiet_hours_holds_spacing_and_consent() -> None:
    storm: dict[str, Any] = {
        "objected": True,
        "consent_state": None,
        "open_complaint": True,
        "deal_stage": "contract",
        "used_day": 9,
        "near_call_after_email": True,
        "at": NIGHT,
    }

    assert found({**storm, "class": "mandatory"}) == set()
    assert found({**storm, "class": "transactional"}) == set()
    assert len(found({**storm, "class": "marketing"})) == 7


def test_suppression_stops_everything_but_what_must_be_sent() -> None:
    stopped = {
        action_class
        for action_class in ACTION_CLASSES
        if found({"suppressed": True, "class": action_class}) == {"erased_or_suppressed"}
    }

    assert stopped == set(ACTION_CLASSES) - {"mandatory"}


def test_a_suppressed_person_may_still_be_taken_out_of_an_audience() -> None:
    person = {"channel": "ads", "agent": "ads", "suppressed": True, "objected": True}

    assert found({**person, "class": "transactional"}) == set()
    assert found({**person, "class": "marketing"}) == {"erased_or_suppressed", "objected"}


def test_a_conversation_is_free_of_what_is_made_for_promotions_but_wakes_nobody() -> None:
    talk: dict[str, Any] = {"class": "one_to_one", "channel": "call", "agent": "sales"}
    promotional = {"open_complaint": True, "used_day": 9, "near_call_after_email": True}

    assert found({**talk, **promotional}) == set()
    assert found({**talk, "at": NIGHT}) == {"quiet_hours"}
    assert found({**talk, "consent_state": None}) == {"consent_missing"}


def test_a_class_nobody_declared_is_treated_as_marketing() -> None:
    storm: dict[str, Any] = {"open_complaint": True, "used_day": 9, "at": NIGHT}

    assert found({**storm, "class": "newsletter"}) == found({**storm, "class": "marketing"})


def test_an_agent_the_policy_does_not_name_may_do_nothing() -> None:
    policy = sample_policy(agents=("ads", "sales"))

    assert found({}, policy) == {"agent_not_allowed"}
    assert found({"agent": "sales"}, policy) == set()


def strict(days: int | None) -> Policy:
    rule = ConsentRule(channels=("email",), exempt_classes=PLAIN, strict_after_days=days, **SAID)
    return sample_policy(consent=rule)


def test_an_old_grant_counts_as_expired_where_the_policy_is_strict() -> None:
    old = {"consent_at": NOON - timedelta(days=90, seconds=1)}
    fresh = {"consent_at": NOON - timedelta(days=90)}

    assert found(old, strict(None)) == set()
    assert found(old, strict(90)) == {"consent_expired"}
    assert found(fresh, strict(90)) == set()
    assert found({"consent_at": None}, strict(90)) == {"consent_expired", "fact_missing"}


def test_consent_is_asked_at_the_slot_and_not_at_the_run() -> None:
    ends_before_slot = {"consent_expires_at": NOON + timedelta(hours=2)}

    assert found({**ends_before_slot, "at": NOON + timedelta(hours=3)}) == {"consent_expired"}
    assert found({**ends_before_slot, "at": NOON + timedelta(hours=1)}) == set()


def test_a_channel_the_policy_asks_no_consent_for_needs_none() -> None:
    assert found({"channel": "task", "agent": "sales", "consent_state": None}) == set()


def test_both_caps_bind_where_two_cover_a_channel() -> None:
    policy = sample_policy(caps=(cap("day", "email"), cap("week", "email", "call", at_most=4)))
    facts = facts_of({"used_day": 0}, {"used_day": 2}).with_columns(
        used_week=pl.Series([4, 0], dtype=pl.UInt32)
    )

    bits = judge(facts, policy, NOON)

    assert [findings_of(bit) for bit in bits] == [("cap_reached",), ("cap_reached",)]


def test_a_cap_that_exempts_nobody_still_passes_what_must_be_sent() -> None:
    harsh = cap("day", "email").model_copy(update={"exempt_classes": ()})
    policy = sample_policy(caps=(harsh,))

    closed = {one for one in ACTION_CLASSES if found({"used_day": 9, "class": one}, policy)}

    assert closed == {"inbound_response", "one_to_one", "marketing"}


def test_a_cap_of_none_closes_the_channel() -> None:
    policy = sample_policy(caps=(cap("day", "email", at_most=0),))

    assert found({"used_day": 0}, policy) == {"cap_reached"}
    assert found({"channel": "call", "agent": "sales", "used_day": 0}, policy) == set()


def test_spacing_holds_only_its_two_channels() -> None:
    policy = sample_policy(spacing=(spacing("call_after_email", "call", "email", 24),))

    assert found({"near_call_after_email": True, "channel": "push"}, policy) == set()
    assert found({"near_call_after_email": True, "channel": "call"}, policy) == {"spacing"}


def test_no_rows_give_no_findings() -> None:
    bits = judge(facts_of({}).clear(), sample_policy(), NOON)

    assert bits.len() == 0
    assert bits.dtype == FINDINGS


def test_a_deal_hold_ends_on_its_day_as_the_slot_sees_it() -> None:
    last = datetime(2026, 3, 2, 20, 59, tzinfo=UTC)
    hold = sample_policy().deal_hold.model_copy(update={"expires": date(2026, 3, 3)})
    policy = sample_policy(deal_hold=hold, quiet_hours=())

    assert found({"deal_stage": "contract", "at": last}, policy) == {"deal_hold"}
    assert found({"deal_stage": "contract", "at": last + timedelta(hours=12)}, policy) == set()
    assert found({"deal_stage": "contract", "at": last + timedelta(hours=12)}) == {"deal_hold"}
