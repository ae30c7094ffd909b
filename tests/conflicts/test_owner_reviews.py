"""Where the policy says so, automation asks the owner of an open deal first."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import polars as pl
import pytest

from domain.packet import Packet
from graph.in_force import Fixed
from graph.sorting import sort_out
from graph.tower import Tower
from policies.schema import Policy
from tests.conflicts.runs import house_after_a_run, newest
from tests.contact_law.sorting import packets as small_packets
from tests.policies.worlds import sample_policy
from tools.ledger import packets, reviews, voting
from tools.ledger.words import Decided, NotAllowed, Recorded, Said

REVIEWER = ("reviewer",)


@cache
def sorted_by_owners() -> tuple[Tower, tuple[Packet, ...], pl.DataFrame]:
    """The made-up company's run, sorted anew by a policy under which owners of deals are asked:
    the tower, the packets and the decisions."""
    house = house_after_a_run()
    tower, pins = house.tower, newest(house)
    folder = tower.folder(pins.run_id)
    for name in ("conflicts", "budget_decisions", "decisions"):
        (folder.path / f"{name}.parquet").unlink()
    policy = tower.loaded.policy
    escalation = policy.escalation.model_copy(update={"deal_owners": True})
    asking = policy.model_copy(update={"escalation": escalation})
    sort_out(replace(tower, policies=Fixed(replace(tower.loaded, policy=asking))), pins)
    made = folder.read_records("packets", Packet)
    return tower, made, folder.read("decisions")


def asking_ones() -> list[Packet]:
    return [one for one in sorted_by_owners()[1] if one.owners]


def test_each_owner_of_deals_gets_packets_of_their_own_and_no_touch_escapes_them() -> None:
    tower, made, decisions = sorted_by_owners()
    owners = {one.packet_id: one.owners for one in made}
    deals = tower.folder(made[0].run_id).read("observations").select("contact", "deal_id", "ae")

    touched = (
        decisions.filter(pl.col("packet_id").is_not_null())
        .join(deals, on="contact")
        .filter(pl.col("deal_id").is_not_null(), pl.col("class") == "marketing")
        .filter(pl.col("owner").is_null())
    )

    assert touched.height > 0
    for packet_id, owner in touched.select("packet_id", "ae").unique().iter_rows():
        assert owners[packet_id] == (owner,)
    assert set(touched.get_column("packet_id")) == {one.packet_id for one in asking_ones()}


def test_a_packet_that_asks_an_owner_waits_for_a_person_and_says_whose_deals_they_are() -> None:
    for packet in asking_ones():
        (owner,) = packet.owners
        assert packet.disposition == "escalated"
        assert f"{owner}'s deals" in packet.title
        said = [one.sentence for one in packet.triggers if one.rule == f"owner:{owner}"]
        assert said == [f"It reaches accounts with an open deal of {owner}'s, who is asked first."]


def test_nobody_else_is_asked_where_no_deal_is_open() -> None:
    _, made, _ = sorted_by_owners()

    assert any(one.kind == "touches" and not one.owners for one in made)


def test_a_deal_whose_owner_nobody_knows_waits_for_a_reviewer() -> None:
    escalation = sample_policy().escalation.model_copy(update={"deal_owners": True})
    asking = sample_policy(escalation=escalation)

    def sorted_by(policy: Policy, **known: str | None) -> tuple[str, list[str]]:
        (packet,) = small_packets(policy, known={"deal_stage": "discovery", **known})
        return packet.disposition, [one.rule for one in packet.triggers]

    assert sorted_by(asking, deal_id="D1", ae=None) == ("escalated", ["deal_owner_unknown"])
    assert sorted_by(asking, deal_id="D1", ae="ada") == ("escalated", ["owner:ada"])
    assert sorted_by(asking, deal_id=None, ae=None) == ("cleared", [])
    assert sorted_by(sample_policy(), deal_id="D1", ae=None) == ("cleared", [])


def said(packet: Packet, person: str, *roles: str, verdict: str = "approve") -> Said:
    """A person's word on the packet's present version."""
    tower, *_ = sorted_by_owners()
    at = packet.first_at - timedelta(hours=1)
    with tower.ledger.write() as session:
        packets.save(session, packet, at)
        reviews.open_review(session, packet, at, at + timedelta(hours=24))
        return voting.decide(
            session,
            packet_id=packet.packet_id,
            version=packet.version,
            payload_hash=packet.payload_hash,
            person_id=person,
            roles=roles,
            verdict=verdict,
            at=at,
        )


def ask_again(number: int, needed: int, edited_by: tuple[str, ...] = ()) -> Packet:
    """A packet that asks an owner, under an id of its own."""
    packet = asking_ones()[0]
    return packet.model_copy(
        update={
            "packet_id": f"pk-owner-{number}",
            "approvals_needed": needed,
            "edited_by": edited_by,
        }
    )


def test_a_reviewer_cannot_approve_before_the_owner() -> None:
    packet = ask_again(1, needed=1)
    (owner,) = packet.owners

    refused = said(packet, "olivia", *REVIEWER)

    assert refused == NotAllowed(reason=f"{owner} owns deals of these accounts and is asked first.")
    assert said(packet, owner) == Decided(state="approved")


def test_a_reviewer_may_be_the_second_person_after_the_owner() -> None:
    packet = ask_again(2, needed=2)

    assert said(packet, packet.owners[0]) == Recorded()
    assert said(packet, "olivia", *REVIEWER) == Decided(state="approved")


def test_a_reviewer_may_reject_without_the_owner() -> None:
    rejected = said(ask_again(3, needed=1), "olivia", *REVIEWER, verdict="reject")

    assert rejected == Decided(state="rejected")


def test_an_owner_who_edited_has_spoken_and_another_approves() -> None:
    owner = asking_ones()[0].owners[0]
    packet = ask_again(4, needed=1, edited_by=(owner,))

    assert isinstance(said(packet, owner), NotAllowed)
    assert said(packet, "olivia", *REVIEWER) == Decided(state="approved")


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_somebody_who_neither_owns_nor_reviews_has_no_say(verdict: str) -> None:
    packet = ask_again(5, needed=1)

    assert isinstance(said(packet, "mallory", verdict=verdict), NotAllowed)
