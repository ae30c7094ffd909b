"""Late deals: who is asked about marketing to an account whose deal is far, or may be."""

from typing import Any

import pytest

from policies.schema import Policy
from tests.contact_law.sorting import packets
from tests.policies.worlds import sample_policy


def asking_at(*stages: str) -> Policy:
    policy = sample_policy()
    rule = policy.escalation.model_copy(update={"late_stages": stages})
    return policy.model_copy(update={"escalation": rule})


def asked(policy: Policy, **known: Any) -> list[str]:
    """What the packet of one such person says of late deals."""
    (packet,) = packets(policy, known=known)
    return [one.sentence for one in packet.triggers if one.rule == "late_deal"]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"deal_id": "d1", "deal_stage": "contract"}, "at a late stage."),
        ({"deal_id": "d1"}, "at a late stage, or at one that nobody knows."),
    ],
)
def test_a_deal_at_a_late_stage_asks_and_so_does_one_at_a_stage_nobody_knows(
    known: dict[str, Any], words: str
) -> None:
    (sentence,) = asked(asking_at("contract"), **known)

    assert sentence.endswith(words)


@pytest.mark.parametrize("known", [{"deal_id": "d1", "deal_stage": "discovery"}, {}])
def test_a_deal_at_an_early_stage_and_no_deal_ask_nobody(known: dict[str, Any]) -> None:
    assert asked(asking_at("contract"), **known) == []


def test_where_the_policy_asks_at_no_stage_an_unknown_one_asks_nobody() -> None:
    assert asked(asking_at(), deal_id="d1") == []
