"""L7 and L28: what decides over a person is decided by one, and AI says that it is AI."""

import polars as pl
import pytest

from domain.reasons import findings_of
from domain.tables import INSTANT
from policies.treatments import judge_treatments
from tests.contact_law.sorting import packets
from tests.policies.worlds import NOON, sample_policy


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
