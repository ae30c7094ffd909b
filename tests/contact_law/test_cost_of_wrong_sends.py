"""L18: a text or call that should not have gone out costs damages, and so much is at stake."""

from typing import Any

import pytest

from domain.canonical import digest
from graph.thresholds import at_stake
from policies.consent_limits import WrongSend
from policies.schema import Policy
from tests.contact_law.sorting import packets
from tests.policies.worlds import SAID, sample_policy

DAMAGES = 150_000
"""1,500 USD, the most that a text costs."""


def fearing(damages: int = DAMAGES, share: float = 1.0, **changes: Any) -> Policy:
    rule = WrongSend(
        channels=("sms", "call"), countries=("US",), damages=damages, share=share, **SAID
    )
    return sample_policy(wrong_sends=(rule,), **changes)


@pytest.mark.parametrize("channel", ["sms", "call"])
def test_L18_what_a_wrong_text_or_call_costs_lays_it_before_people(channel: str) -> None:
    (packet,) = packets(fearing(), channel, ("US",))

    assert packet.damages == DAMAGES
    assert [one.rule for one in packet.triggers] == ["value_at_stake", "cumulative_value_per_day"]
    assert "$1,500 of it damages if it is wrong" in packet.triggers[0].sentence
    assert packet.approvals_needed == 2


def test_L18_the_damages_are_counted_for_each_message_and_by_the_share_feared_wrong() -> None:
    (every,) = packets(fearing(), "sms", ("US", "US", "GB"))
    (few,) = packets(fearing(share=0.01), "sms", ("US", "US", "GB"))

    assert (every.damages, few.damages) == (2 * DAMAGES, 3_000)
    assert at_stake(every) - at_stake(few) == 2 * DAMAGES - 3_000


def test_L18_of_who_lives_nobody_knows_where_the_damages_are_feared_too() -> None:
    (packet,) = packets(fearing(), "sms", (None,))

    assert packet.damages == DAMAGES


def test_L18_an_email_or_a_text_elsewhere_risks_no_damages_and_is_cleared() -> None:
    for channel, country in (("email", "US"), ("sms", "GB")):
        (packet,) = packets(fearing(), channel, (country,))
        assert (packet.damages, packet.disposition) == (0, "cleared")


def test_L18_a_packet_without_damages_keeps_the_hash_it_had_before_there_were_any() -> None:
    (packet,) = packets(sample_policy())
    feared = packet.model_copy(update={"damages": DAMAGES})

    assert packet.payload_hash == digest(packet.model_dump(exclude={"damages"}))
    assert feared.payload_hash == digest(feared)
