"""Whether an approval still holds when it is acted on: state, hash and its approvers' roles."""

from collections.abc import Sequence

import polars as pl
from sqlmodel import Session, select

from tools.ledger import packets
from tools.ledger.database import Ledger
from tools.ledger.models import ReviewRow, VoteRow

STANDING = {"packet_id": pl.String, "stands": pl.Boolean, "reason": pl.String}


def standing(ledger: Ledger, packet_ids: Sequence[str], people: pl.DataFrame) -> pl.DataFrame:
    """packet_id, stands, reason (null where it stands) of each packet. One that asked nobody
    stands: the policy cleared it. people: person_id, role as they are now."""
    roles: dict[str, set[str]] = {}
    for person, role in people.select("person_id", "role").iter_rows():
        roles.setdefault(person, set()).add(role)
    with ledger.read() as session:
        reasons = [_against(session, packet_id, roles) for packet_id in packet_ids]
    rows = [
        (packet_id, why is None, why) for packet_id, why in zip(packet_ids, reasons, strict=True)
    ]
    return pl.DataFrame(rows, schema=STANDING, orient="row")


def _against(session: Session, packet_id: str, roles: dict[str, set[str]]) -> str | None:
    review = session.get(ReviewRow, packet_id)
    if review is None:
        return None
    if review.state != "approved":
        return "not_approved"
    packet = packets.newest_in(session, packet_id)
    if packet.payload_hash != review.payload_hash:
        return "hash_differs"
    voted = select(VoteRow.person_id).where(
        VoteRow.packet_id == packet_id,
        VoteRow.version == review.version,
        VoteRow.verdict == "approve",
    )
    able = [
        person
        for person in session.exec(voted)
        if "reviewer" in roles.get(person, ()) or (person in packet.owners and person in roles)
    ]
    return None if len(able) >= review.approvals_needed else "role_lost"
