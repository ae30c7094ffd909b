"""Packets that wait in a ledger, and what people say of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.packet import Packet
from tests.ledger_storage import worlds
from tools.ledger import packets, reviews
from tools.ledger.database import Ledger
from tools.ledger.reviews import ReviewStanding, Said

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + 24 * HOUR
"""When a question asked at noon expires."""


def ask(ledger: Ledger, packet_id: str = "p1", needed: int = 1, **change: Any) -> Packet:
    """A packet laid before people at noon."""
    update = {"packet_id": packet_id, **change}
    packet = worlds.packet(needed).model_copy(update=update)
    with ledger.write() as session:
        packets.save(session, packet, NOON)
        reviews.open_review(session, packet, NOON, LATER)
    return packet


def word(packet: Packet, person: str, verdict: str = "approve", **change: Any) -> dict[str, Any]:
    """The arguments with which `reviews.decide` is told a person's word on this version."""
    plain = {
        "packet_id": packet.packet_id,
        "version": packet.version,
        "payload_hash": packet.payload_hash,
        "person_id": person,
        "roles": ["reviewer"],
        "verdict": verdict,
        "at": NOON,
    }
    return {**plain, **change}


def say(ledger: Ledger, packet: Packet, person: str, verdict: str = "approve", **more: Any) -> Said:
    with ledger.write() as session:
        return reviews.decide(session, **word(packet, person, verdict, **more))


def edited(ledger: Ledger, packet: Packet, editor: str, at: datetime = NOON) -> Packet:
    """The packet's next version, by this editor."""
    after = packet.model_copy(
        update={
            "version": packet.version + 1,
            "contacts": packet.contacts + 1,
            "edited_by": (*packet.edited_by, editor),
        }
    )
    with ledger.write() as session:
        reviews.revise(session, reviews.Revision(old=packet, new=after, editor=editor, at=at))
    return after


def standing(ledger: Ledger, packet_id: str = "p1") -> ReviewStanding:
    found = reviews.find(ledger, packet_id)
    assert found is not None
    return found
