"""The review desk: what waits, what a packet shows, and what a person's word does."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from app.review_words import answer_to
from domain.errors import RefusedError, UsageError
from domain.money import format_minor, to_minor
from domain.packet import Packet, PacketEdit
from graph.approving import roles_by_person
from graph.editing import edit
from graph.setting import setting_of
from graph.settling import in_words, items_of
from graph.thresholds import at_stake
from tools.ledger import packets, quorum, reviews
from tools.ledger.claims import Claimed
from tools.ledger.claims import claim as take_in_hand
from tools.ledger.packets import WaitingReview
from tools.ledger.words import (
    AlreadyDecided,
    Decided,
    Stale,
    Word,
)

if TYPE_CHECKING:
    from app.compose import House

SHOWN_ITEMS = 8
TOLD_FOR = timedelta(days=7)
"""How long after a question would have expired it is told that its approval is void."""


def listing(house: "House") -> dict[str, Any]:
    """What waits for a person, and approvals that came to nothing since."""
    return {"waiting": waiting(house), "void": voided(house)}


def waiting(house: "House") -> list[dict[str, Any]]:
    """Packets that wait for a person, most at stake first."""
    now = house.tower.clock.now()
    rows = [
        {
            "packet_id": packet.packet_id,
            "version": packet.version,
            "title": packet.title,
            "agent": packet.agent,
            "contacts": packet.contacts,
            "value": packet.value,
            "cost": packet.cost,
            "at_stake": round(at_stake(packet), 2),
            "currency": packet.currency,
            "approvals_needed": packet.approvals_needed,
            "approvals": len(review.approvers),
            "approver_roles": [list(one) for one in packet.approver_roles],
            "why": [trigger.sentence for trigger in packet.triggers],
            "expires_at": review.expires_at.isoformat(),
            "overdue": review.remind_at is not None and review.remind_at <= now,
            "asked": review.reassigned_to or ", ".join(packet.owners) or "reviewers",
            **_in_hand(review, now),
        }
        for packet, review in packets.waiting(house.tower.ledger)
    ]
    return sorted(rows, key=lambda row: (-row["at_stake"], row["packet_id"]))


def _in_hand(review: WaitingReview, now: datetime) -> dict[str, str | None]:
    """Who has the packet in hand, and until when; None where nobody has."""
    until = review.claimed_until
    if review.claimed_by is None or until is None or until <= now:
        return {"claimed_by": None, "claimed_until": None}
    return {"claimed_by": review.claimed_by, "claimed_until": until.isoformat()}


def voided(house: "House") -> list[dict[str, Any]]:
    """Approvals that did not hold when they were to be carried out, of the past week."""
    found = reviews.voided(house.tower.ledger, house.tower.clock.now() - TOLD_FOR)
    return [
        {
            "packet_id": one.packet_id,
            "reason": one.reason,
            "by": list(one.by),
            "sentence": f"{one.packet_id} was approved by {', '.join(one.by)}, and the approval is "
            f"void: {in_words('void', one.reason)}. Nothing of it happens.",
        }
        for one in found
    ]


def page(house: "House", packet_id: str) -> dict[str, Any]:
    """Everything a reviewer sees of a packet: the very payload its hash binds, and its items."""
    packet = packets.newest(house.tower.ledger, packet_id)
    review = reviews.find(house.tower.ledger, packet_id)
    return {
        "packet": packet.model_dump(mode="json"),
        "payload_hash": packet.payload_hash,
        "at_stake": round(at_stake(packet), 2),
        "checklist": list(CHECKLIST) if packet.channel == "email" else [],
        "review": None if review is None else review.model_dump(mode="json"),
        "items": _items(house, packet),
    }


CHECKLIST: Final = (
    "The subject says what the message is about, and promises nothing it does not hold.",
    "The subject looks like no answer, forward, invoice or warning that it is not.",
    "From and Reply-To are ours, and somebody reads the answers.",
    "The message says that it sells something, and who sends it from which postal address.",
    "The unsubscribe link stands where it is seen.",
)
"""What an approver of email answers for; no code can tell it from the treatment's name."""


def _items(house: "House", packet: Packet) -> list[dict[str, Any]]:
    if packet.kind == "budget":
        return []
    rows = items_of(house.tower, packet).sort("value", "decision_id", descending=[True, False])
    columns = ("contact_id", "account_id", "treatment_id", "slot_at", "value", "value_se", "cost")
    return rows.select(columns).head(SHOWN_ITEMS).to_dicts()


def decide(
    house: "House",
    packet_id: str,
    verdict: Literal["approve", "reject"] | str,
    person: str,
    version: int | None,
    nonce: str | None = None,
) -> dict[str, Any]:
    """Say a reviewer's word. `accepted` is false where it did not count, with the reason;
    `changed` says what an edit changed since the version they looked at. nonce: the click's name;
    the same click again gives the same answer."""
    packet = packets.newest(house.tower.ledger, packet_id)
    shown = packet.version if version is None else version
    word = replace(
        word_of(house, person, verdict, nonce),
        packet_id=packet_id,
        version=shown,
        payload_hash=packet.payload_hash,
    )
    people = roles_by_person(house.tower)
    with house.tower.ledger.write() as session:
        said = quorum.decide(session, word, people)
    if isinstance(said, Decided):
        said = carry_out(house, packet_id, said)
    changed = _changed(house, packet_id, said) if isinstance(said, Stale) else []
    return {
        "packet_id": packet_id,
        "version": shown,
        **answer_to(said, packet_id, approvals_left(house, packet_id)),
        "changed": changed,
    }


def word_of(house: "House", person: str, verdict: str, nonce: str | None) -> Word:
    """What the person says now, in the roles they have; of which packet is for the caller."""
    return Word(
        packet_id="",
        version=0,
        payload_hash="",
        person_id=person,
        roles=roles_of(house, person),
        verdict=verdict,
        at=house.tower.clock.now(),
        nonce=nonce,
    )


def carry_out(house: "House", packet_id: str, said: Decided) -> Decided | AlreadyDecided:
    """Carry the decision out; where it did not hold, who said it is told."""
    house.threads.wake(packet_id, {"kind": "decided"})
    found = reviews.find(house.tower.ledger, packet_id)
    if found is None or found.state != "void":
        return said
    by = tuple(person for person, one in found.votes if one == "approve")
    return AlreadyDecided(state="void", by=by, same=False, reason=found.reason)


def _changed(house: "House", packet_id: str, said: Stale) -> list[dict[str, Any]]:
    """What the reviewer saw and what stands there now, field by field."""
    seen = packets.version_of(house.tower.ledger, packet_id, said.shown)
    now = packets.newest(house.tower.ledger, packet_id).model_dump(mode="json")
    before = {} if seen is None else seen.model_dump(mode="json")
    return [
        {"field": name, "shown": value, "now": now[name]}
        for name, value in before.items()
        if now[name] != value
    ]


def claim(house: "House", packet_id: str, person: str) -> dict[str, Any]:
    """Take a packet in hand for the policy's `claim_minutes`."""
    roles = roles_of(house, person)
    at = house.tower.clock.now()
    until = at + timedelta(minutes=house.tower.loaded.policy.review.claim_minutes)
    with house.tower.ledger.write() as session:
        said = take_in_hand(
            session, packet_id=packet_id, person_id=person, roles=roles, at=at, until=until
        )
    if not isinstance(said, Claimed):
        return {"packet_id": packet_id, "until": None, **answer_to(said, packet_id)}
    told = said.until.isoformat()
    sentence = f"{packet_id} is in {person}'s hands until {told}."
    return {"packet_id": packet_id, "until": told, "accepted": True, "sentence": sentence}


def approvals_left(house: "House", packet_id: str) -> int:
    """How many approvals the packet still needs."""
    found = reviews.find(house.tower.ledger, packet_id)
    if found is None:
        return 0
    return found.approvals_needed - sum(verdict == "approve" for _, verdict in found.votes)


def roles_of(house: "House", person: str) -> tuple[str, ...]:
    """Roles of a person of this workspace; none for somebody unknown."""
    people = house.tower.warehouse.table("people")
    theirs = people.filter(pl.col("person_id") == person)
    return tuple(theirs.get_column("role"))


def edit_packet(
    house: "House",
    packet_id: str,
    person: str,
    drop_contacts: list[str] | None,
    drop_accounts: list[str] | None,
    at_most: int | None,
    spend: str | None,
) -> dict[str, Any]:
    """Change a packet; answer with what judging it again left.

    Raises UsageError where the edit changes nothing, RefusedError where the person may not.
    """
    if "reviewer" not in roles_of(house, person):
        raise RefusedError(f"{person} is no reviewer of this workspace.", "Use --as REVIEWER.")
    change = PacketEdit(
        drop_contacts=tuple(drop_contacts or ()),
        drop_accounts=tuple(drop_accounts or ()),
        at_most=at_most,
        spend_new=None if spend is None else to_minor(Decimal(spend), house.tower.config.currency),
    )
    if change == PacketEdit():
        raise UsageError("The edit changes nothing.", "See `clearance review edit --help`.")
    before = packets.newest(house.tower.ledger, packet_id)
    edited = edit(house.tower, setting_of(house.tower, before.run_id), packet_id, change, person)
    house.threads.wake(packet_id, {"kind": "revised", "version": edited.packet.version})
    after = edited.packet
    return {
        "packet_id": packet_id,
        "version": after.version,
        "contacts_before": before.contacts,
        "contacts": after.contacts,
        "value_before": before.value,
        "value": after.value,
        "dropped_by_the_judge": edited.dropped,
        "approvals_needed": after.approvals_needed,
        "currency": after.currency,
        "sentence": f"{packet_id} is now version {after.version}: {after.contacts:,} contacts, "
        f"{format_minor(after.value, after.currency)}. Somebody else must approve it.",
    }
