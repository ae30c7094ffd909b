"""One word on many packets: of one type and risk class, all hashes named, all or none."""

from typing import Any

import pytest

from app import alike_desk
from app.compose import House
from domain.packet import Packet, Trigger
from tests.reviews.worlds import NOON, ask, ask_budget, edited, lines, say, standing
from tools.ledger.alike import AllSaid, Differs, Pick, alike, decide_all
from tools.ledger.database import Ledger
from tools.ledger.words import AlreadyDecided, Decided, Stale, Word

VIP = (Trigger(rule="vip", sentence="It concerns VIP accounts."),)


def say_all(ledger: Ledger, packets: list[Packet], person: str, **more: Any) -> AllSaid | Differs:
    word = Word("", 0, "", person, ("reviewer",), "approve", NOON, **more)
    picks = [Pick(one.packet_id, one.version, one.payload_hash) for one in packets]
    with ledger.write() as session:
        return decide_all(session, picks, word, {})


def states(ledger: Ledger, packets: list[Packet]) -> list[str]:
    return [standing(ledger, one.packet_id).state for one in packets]


def test_all_that_are_alike_are_decided_at_once(ledger: Ledger) -> None:
    three = [ask(ledger, f"p{n}", value=float(n + 1)) for n in range(3)]

    told = say_all(ledger, three, "ada", nonce="click")
    again = say_all(ledger, three, "ada", nonce="click")
    unnamed = say_all(ledger, three, "ada")

    assert told == again == AllSaid(said=(Decided(state="approved"),) * 3)
    same = AlreadyDecided(state="approved", by=("ada",), same=True)
    assert unnamed == AllSaid(said=(same,) * 3)
    assert len(lines(ledger, "review_vote")) == 3


def test_one_that_was_edited_stands_against_all(ledger: Ledger) -> None:
    three = [ask(ledger, f"p{n}") for n in range(3)]
    edited(ledger, three[1], "bob")

    told = say_all(ledger, three, "ada")

    assert told == Differs(packet_id="p1", said=Stale(shown=1, current=2))
    assert states(ledger, three) == ["pending"] * 3
    assert lines(ledger, "review_vote") == []


def test_one_that_somebody_decided_stands_against_all(ledger: Ledger) -> None:
    three = [ask(ledger, f"p{n}") for n in range(3)]
    say(ledger, three[2], "bob", "reject")

    told = say_all(ledger, three, "ada")

    lost = AlreadyDecided(state="rejected", by=("bob",), same=False)
    assert told == Differs(packet_id="p2", said=lost)
    assert states(ledger, three) == ["pending", "pending", "rejected"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "budget"},
        {"agent": "sales"},
        {"channel": "call"},
        {"triggers": VIP},
        {"approvals_needed": 2},
    ],
)
def test_another_type_or_risk_class_is_refused(ledger: Ledger, change: dict[str, Any]) -> None:
    both = [ask(ledger, "p0"), ask(ledger, "p1", **change)]

    assert say_all(ledger, both, "ada") == Differs(packet_id="p1")
    assert states(ledger, both) == ["pending", "pending"]
    with ledger.read() as session:
        assert [one.packet_id for one in alike(session, "p0")] == ["p0"]


def test_the_list_is_seen_before_it_is_approved_and_a_changed_list_is_not(house: House) -> None:
    ask_budget(house.tower)

    shown = alike_desk.decide_alike(house, "p1", "approve", "rita", None, None)
    other = alike_desk.decide_alike(house, "p1", "approve", "rita", "anotherlist0", None)
    assert not shown["accepted"]
    assert not other["accepted"]
    assert standing(house.tower.ledger).state == "pending"
    assert len(shown["packets"][0]["payload_hash"]) == 64

    said = alike_desk.decide_alike(house, "p1", "approve", "rita", shown["mark"], None)
    assert said["accepted"], said
    assert (standing(house.tower.ledger).state, standing(house.tower.ledger).settled) == (
        "approved",
        True,
    )


def test_a_click_on_a_list_that_is_delivered_twice_gets_the_same_answer(house: House) -> None:
    ask_budget(house.tower)
    mark = alike_desk.decide_alike(house, "p1", "approve", "rita", None, None)["mark"]

    said = alike_desk.decide_alike(house, "p1", "approve", "rita", mark, "click")
    again = alike_desk.decide_alike(house, "p1", "approve", "rita", mark, "click")

    assert standing(house.tower.ledger).state == "approved"
    assert said["accepted"]
    assert (again["accepted"], again["sentence"]) == (True, said["sentence"])
