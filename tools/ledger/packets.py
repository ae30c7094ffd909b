"""Packets: every version as it was judged."""

from datetime import datetime

from pydantic import AwareDatetime
from sqlmodel import Session, col, select

from domain.errors import RefusedError
from domain.packet import Packet
from domain.record import Record
from tools.ledger.database import Ledger
from tools.ledger.models import PacketRow, ReviewRow, VoteRow


class WaitingReview(Record):
    """How far the review of a waiting packet has come."""

    approvers: tuple[str, ...]
    expires_at: AwareDatetime
    remind_at: AwareDatetime | None = None
    reassigned_to: str | None = None
    claimed_by: str | None = None
    claimed_until: AwareDatetime | None = None


def save(session: Session, packet: Packet, at: datetime) -> None:
    """Keep this version; a version that is kept stays as it is."""
    if session.get(PacketRow, (packet.packet_id, packet.version)) is None:
        session.add(
            PacketRow(
                packet_id=packet.packet_id,
                version=packet.version,
                run_id=packet.run_id,
                disposition=packet.disposition,
                payload=packet.model_dump_json(),
                payload_hash=packet.payload_hash,
                judged_at=at,
            )
        )


def newest_in(session: Session, packet_id: str) -> Packet:
    """The packet's newest version. Raises RefusedError where there is no such packet."""
    wanted = select(PacketRow).where(PacketRow.packet_id == packet_id)
    row = session.exec(wanted.order_by(col(PacketRow.version).desc()).limit(1)).first()
    if row is None:
        raise RefusedError(
            f"There is no packet {packet_id}.", "See what waits: `clearance review list`."
        )
    return Packet.model_validate_json(row.payload)


def version_of(ledger: Ledger, packet_id: str, version: int) -> Packet | None:
    """The packet as this version had it; None where it had no such version."""
    with ledger.read() as session:
        return version_in(session, packet_id, version)


def version_in(session: Session, packet_id: str, version: int) -> Packet | None:
    row = session.get(PacketRow, (packet_id, version))
    return None if row is None else Packet.model_validate_json(row.payload)


def newest(ledger: Ledger, packet_id: str) -> Packet:
    with ledger.read() as session:
        return newest_in(session, packet_id)


def waiting(ledger: Ledger) -> list[tuple[Packet, WaitingReview]]:
    """Packets that wait for a person, with who approved so far."""
    with ledger.read() as session:
        rows = session.exec(select(ReviewRow).where(ReviewRow.state == "pending"))
        return [(newest_in(session, row.packet_id), _progress(session, row)) for row in list(rows)]


def _progress(session: Session, row: ReviewRow) -> WaitingReview:
    votes = select(VoteRow.person_id).where(
        VoteRow.packet_id == row.packet_id,
        VoteRow.version == row.version,
        VoteRow.verdict == "approve",
    )
    return WaitingReview(
        approvers=tuple(session.exec(votes)),
        expires_at=row.expires_at,
        remind_at=row.remind_at,
        reassigned_to=row.reassigned_to,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
    )


def cleared_between(ledger: Ledger, since: datetime, until: datetime) -> list[Packet]:
    """Packets the policy cleared by itself in a span of time."""
    with ledger.read() as session:
        wanted = select(PacketRow).where(
            PacketRow.disposition == "cleared",
            PacketRow.judged_at > since,
            PacketRow.judged_at <= until,
        )
        return [Packet.model_validate_json(row.payload) for row in session.exec(wanted)]


def of_run(ledger: Ledger, run_id: str) -> list[Packet]:
    """Newest versions of a run's packets."""
    with ledger.read() as session:
        ids = session.exec(select(PacketRow.packet_id).where(PacketRow.run_id == run_id).distinct())
        return [newest_in(session, packet_id) for packet_id in sorted(ids)]
