"""Whether an approval still holds when it is acted on: state, hash, its approvers' roles, and how
many the policy asks for now. What was approved under a milder policy meets the stricter one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from sqlmodel import Session, select

from domain.packet import Packet
from domain.permit import Approval
from tools.ledger import packets
from tools.ledger.database import Ledger
from tools.ledger.models import ReviewRow, VoteRow

STANDING = {"packet_id": pl.String, "stands": pl.Boolean, "reason": pl.String}


@dataclass(frozen=True)
class Terms:
    """What an approval is measured by now. roles: person -> roles; None: a role that was lost since
    the click voids nothing. needed: how many must have approved a packet; met: whether those who
    did have the roles that are asked for."""

    roles: Mapping[str, set[str]] | None
    needed: Callable[[Packet], int]
    met: Callable[[Packet, Sequence[str]], bool]


def standing(ledger: Ledger, packet_ids: Sequence[str], terms: Terms) -> pl.DataFrame:
    """packet_id, stands, reason (null where it stands) of each packet. One that asked nobody
    stands: the policy cleared it."""
    with ledger.read() as session:
        reasons = [against(session, packet_id, terms) for packet_id in packet_ids]
    rows = [
        (packet_id, why is None, why) for packet_id, why in zip(packet_ids, reasons, strict=True)
    ]
    return pl.DataFrame(rows, schema=STANDING, orient="row")


def against(session: Session, packet_id: str, terms: Terms) -> str | None:
    """The reason code against the packet's approval: not_approved, hash_differs, role_lost,
    more_needed or role_needed; None where it stands."""
    review = session.get(ReviewRow, packet_id)
    if review is None:
        return None
    if review.state != "approved":
        return "not_approved"
    packet = packets.newest_in(session, packet_id)
    if packet.payload_hash != review.payload_hash:
        return "hash_differs"
    voted = _approvers(session, review)
    if sum(_may(person, packet, review, terms) for person in voted) < review.approvals_needed:
        return "role_lost"
    if len(voted) < terms.needed(packet):
        return "more_needed"
    return None if terms.met(packet, voted) else "role_needed"


def named(session: Session, packet_id: str) -> Approval | None:
    """What people were asked to approve of the packet; None where nobody was asked. Whether the
    approval stands is `against`'s to say."""
    review = session.get(ReviewRow, packet_id)
    if review is None:
        return None
    return Approval(packet_id=packet_id, version=review.version, payload_hash=review.payload_hash)


def _approvers(session: Session, review: ReviewRow) -> list[str]:
    wanted = select(VoteRow.person_id).where(
        VoteRow.packet_id == review.packet_id,
        VoteRow.version == review.version,
        VoteRow.verdict == "approve",
    )
    return list(session.exec(wanted))


def _may(person: str, packet: Packet, review: ReviewRow, terms: Terms) -> bool:
    """Whether the person may still approve the packet: a reviewer, one of its owners, or whom the
    question was passed on to."""
    if terms.roles is None:
        return True
    roles = terms.roles.get(person, set())
    asked = review.reassigned_to in (person, *roles)
    return "reviewer" in roles or (bool(roles) and (person in packet.owners or asked))
