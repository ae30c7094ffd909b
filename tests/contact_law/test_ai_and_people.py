"""L7 and L28: what decides over a person is decided by one, and AI says that it is AI."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from domain.packet import Packet
from domain.reasons import findings_of
from domain.tables import CANDIDATES, INSTANT, OBSERVATIONS
from graph.thresholds import Setting
from graph.triage import flag, pack, packet_ids
from policies.schema import Policy
from policies.treatments import judge_treatments, significant
from tests.policies.worlds import NOON, sample_policy

NO_SIDES = pl.DataFrame(
    schema={"packet_id": pl.String, "conflict": pl.String, "agent": pl.String}
    | {"count": pl.Int64, "stake": pl.Float64}
)


def against(
    channel: str = "email", kind: str = "marketing", **marks: bool | str | None
) -> set[str]:
    """Findings against an approved treatment with these marks."""
    row = {"treatment_id": "hello", "campaign_id": "spring", "channel": channel, "class": kind}
    types = {"synthetic": pl.Boolean(), "disclosure": pl.String(), "approved_until": INSTANT}
    treatment = {**row, "approval": "approved", "approved_until": None, **marks}
    campaign = {"campaign_id": "spring", "starts_at": None, "ends_at": None, "blackout": None}
    bits = judge_treatments(
        pl.DataFrame([{**row, "slot_at": NOON}], schema_overrides={"slot_at": INSTANT}),
        pl.DataFrame([treatment], schema_overrides=types),
        pl.DataFrame(
            [campaign],
            schema_overrides={"starts_at": INSTANT, "ends_at": INSTANT, "blackout": pl.String},
        ),
        NOON,
    )
    return set(findings_of(bits[0]))


@pytest.mark.parametrize("channel", ["email", "call", "ads", "sms"])
def test_L28_what_ai_makes_goes_out_only_with_a_mark_that_says_so(channel: str) -> None:
    assert against(channel, synthetic=True) == {"not_disclosed"}
    assert against(channel, synthetic=True, disclosure="  ") == {"not_disclosed"}
    assert against(channel, synthetic=True, disclosure="Made with AI.") == set()


@pytest.mark.parametrize("channel", ["chat", "sms"])
@pytest.mark.parametrize("kind", ["inbound_response", "one_to_one"])
def test_L28_a_conversation_says_that_it_is_ai_unless_a_person_is_known_to_hold_it(
    channel: str, kind: str
) -> None:
    assert against(channel, kind) == {"not_disclosed"}
    assert against(channel, kind, synthetic=None) == {"not_disclosed"}
    assert against(channel, kind, disclosure="I am an AI.") == set()
    assert against(channel, kind, synthetic=False) == set()


def test_L28_a_mail_that_people_wrote_needs_no_mark() -> None:
    assert against() == against("email", "one_to_one") == against(synthetic=False) == set()


def packets(policy: Policy, **marks: bool) -> list[Packet]:
    """A small, sure choice of a treatment with these marks, as the policy sorts it."""
    row: dict[str, Any] = {
        **dict.fromkeys(CANDIDATES.columns),
        **{"candidate": 0, "contact": 0, "contact_id": "ada", "agent": "email"},
        **{"channel": "email", "campaign_id": "spring", "treatment_id": "offer"},
        **{"class": "marketing", "purpose": "marketing", "slot": 0, "slot_at": NOON},
        **{"value": 5.0, "value_se": 0.5, "evidence": "measured", "cost": 0, "minutes": 0.0},
        "findings": 0,
    }
    chosen = CANDIDATES.conform(pl.DataFrame([row], schema=CANDIDATES.schema))
    person = {**dict.fromkeys(OBSERVATIONS.columns), "contact": 0}
    people = pl.DataFrame([person], schema=OBSERVATIONS.schema)
    treatments = pl.DataFrame([{"treatment_id": "offer", **marks}])
    flagged = flag(chosen, people, {"offer"}, policy, significant(treatments))
    placed = packet_ids(flagged.with_columns(decision_id=pl.lit("d1")), "r1")
    at = NOON - timedelta(hours=1)
    return list(pack(placed, Setting("r1", at, "USD", policy, "hash", {}), NO_SIDES))


def test_L7_what_decides_a_price_or_a_credit_is_never_cleared_by_a_policy() -> None:
    (packet,) = packets(sample_policy(), significant=True)

    assert packet.disposition == "escalated"
    assert [one.rule for one in packet.triggers] == ["significant"]
    assert packet.approvals_needed == 1


def test_L7_a_class_that_the_policy_calls_significant_always_asks() -> None:
    rule = sample_policy().escalation.model_copy(update={"significant_classes": ("marketing",)})
    (packet,) = packets(sample_policy(escalation=rule))

    assert [one.rule for one in packet.triggers] == ["significant"]


def test_L7_what_decides_over_nobody_is_cleared_as_before() -> None:
    for marks in ({}, {"significant": False}):
        (packet,) = packets(sample_policy(), **marks)
        assert packet.disposition == "cleared"
