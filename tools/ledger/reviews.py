"""Reviews: a question to people about a packet, from its opening to what became of it.

An edit voids the votes: a word counts for the very version it was said of (`voting.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from pydantic import AwareDatetime
from sqlmodel import Session, col, select, update

from domain.errors import RefusedError
from domain.packet import Packet
from domain.record import Record
from tools.ledger import audit, doormark, packets
from tools.ledger.database import Ledger
from tools.ledger.models import ReviewRow, VoteRow


class ReviewStanding(Record):
    """Where a review stands."""

    state: str
    version: int
    approvals_needed: int
    expires_at: AwareDatetime
    settled: bool
    reason: str | None = None
    reassigned_to: str | None = None
    claimed_by: str | None = None
    claimed_until: AwareDatetime | None = None
    votes: tuple[tuple[str, str], ...]
    """(person, verdict) on the present version."""


class Voided(Record):
    """An approval that did not hold when it was to be carried out. reason: a code."""

    packet_id: str
    reason: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Revision:
    """An edited packet, to take the old version's place."""

    old: Packet
    new: Packet
    editor: str
    at: datetime


def open_review(
    session: Session,
    packet: Packet,
    at: datetime,
    expires_at: datetime,
    remind_at: datetime | None = None,
) -> None:
    """Put the packet before people; asked again, nothing changes. remind_at: from when on it is
    overdue."""
    if session.get(ReviewRow, packet.packet_id) is None:
        session.add(
            ReviewRow(
                packet_id=packet.packet_id,
                run_id=packet.run_id,
                version=packet.version,
                payload_hash=packet.payload_hash,
                state="pending",
                approvals_needed=packet.approvals_needed,
                opened_at=at,
                expires_at=expires_at,
                remind_at=remind_at,
            )
        )


def get(session: Session, packet_id: str) -> ReviewRow:
    """The review. Raises RefusedError where the packet was never put before people."""
    row = session.get(ReviewRow, packet_id)
    if row is None:
        raise RefusedError(
            f"Packet {packet_id} asks nobody: the policy decided it.",
            "See what waits: `clearance review list`.",
        )
    return row


def locked(session: Session, packet_id: str) -> ReviewRow:
    """The review, which nobody else can change before this transaction ends. Raises RefusedError
    where the packet was never put before people."""
    wanted = select(ReviewRow).where(ReviewRow.packet_id == packet_id).with_for_update()
    row = session.exec(wanted.execution_options(populate_existing=True)).first()
    return get(session, packet_id) if row is None else row


def votes_of(session: Session, review: ReviewRow) -> list[tuple[str, str]]:
    wanted = select(VoteRow.person_id, VoteRow.verdict).where(
        VoteRow.packet_id == review.packet_id, VoteRow.version == review.version
    )
    return [(person, verdict) for person, verdict in session.exec(wanted.order_by(col(VoteRow.at)))]


def revise(session: Session, change: Revision) -> None:
    """Put an edited version in the old one's place: its votes are void, its hash another.

    Raises RefusedError where the old version no longer waits, or somebody else has it in hand.
    """
    _not_in_other_hands(session, change)
    changed: Any = session.connection().execute(
        update(ReviewRow)
        .where(
            col(ReviewRow.packet_id) == change.old.packet_id,
            col(ReviewRow.state) == "pending",
            col(ReviewRow.version) == change.old.version,
            col(ReviewRow.payload_hash) == change.old.payload_hash,
            col(ReviewRow.expires_at) > change.at,
        )
        .values(
            version=change.new.version,
            payload_hash=change.new.payload_hash,
            approvals_needed=change.new.approvals_needed,
            claimed_by=None,
            claimed_until=None,
        )
    )
    if changed.rowcount != 1:
        raise RefusedError(
            f"Packet {change.old.packet_id} no longer waits in version {change.old.version}.",
            f"Look again: `clearance review show {change.old.packet_id}`.",
        )
    packets.save(session, change.new, change.at)
    said = {"from": change.old.payload_hash, "to": change.new.payload_hash}
    audit.append(session, change.at, change.editor, "packet_edited", change.new.packet_id, said)
    doormark.raise_mark(session)


def _not_in_other_hands(session: Session, change: Revision) -> None:
    review = locked(session, change.old.packet_id)
    until = review.claimed_until
    if review.claimed_by in (None, change.editor) or until is None or until <= change.at:
        return
    raise RefusedError(
        f"{review.claimed_by} has packet {review.packet_id} in hand until {until.isoformat()}.",
        "Ask them, or edit it afterwards.",
    )


def void(session: Session, review: ReviewRow, reason: str, at: datetime) -> None:
    """An approval that does not hold any more when it is to be carried out: nothing comes of it.
    reason: a code of `approvals.against`."""
    review.state, review.reason = "void", reason
    session.add(review)
    said = {"state": "void", "reason": reason}
    audit.append(session, at, "meta-agent", "review_voided", review.packet_id, said)
    doormark.raise_mark(session)


def voided(ledger: Ledger, since: datetime) -> list[Voided]:
    """Approvals that did not hold, of questions that would have stood until after `since`."""
    with ledger.read() as session:
        wanted = select(ReviewRow).where(
            ReviewRow.state == "void", col(ReviewRow.expires_at) > since
        )
        rows = session.exec(wanted.order_by(ReviewRow.packet_id)).all()
        return [
            Voided(
                packet_id=row.packet_id,
                reason=row.reason or "",
                by=tuple(person for person, one in votes_of(session, row) if one == "approve"),
            )
            for row in rows
        ]


def mark_settled(session: Session, packet_id: str) -> None:
    row = get(session, packet_id)
    row.settled = True
    session.add(row)


def note_interrupt(session: Session, packet_id: str, interrupt_id: str | None) -> None:
    """Keep which interrupt of LangGraph the packet's thread waits at."""
    row = get(session, packet_id)
    row.interrupt_id = interrupt_id
    session.add(row)


def forget_interrupts(session: Session, packet_id: str | None) -> None:
    """The packet's thread (None: every waiting one's) is gone: it is to be opened again. A packet
    that nobody was asked about is no trouble."""
    gone = update(ReviewRow).where(col(ReviewRow.state) == "pending").values(interrupt_id=None)
    if packet_id is not None:
        gone = gone.where(col(ReviewRow.packet_id) == packet_id)
    session.connection().execute(gone)


def unopened(ledger: Ledger) -> list[str]:
    """Packets that wait and whose thread was never started."""
    with ledger.read() as session:
        wanted = select(ReviewRow.packet_id).where(
            ReviewRow.state == "pending", col(ReviewRow.interrupt_id).is_(None)
        )
        return sorted(session.exec(wanted))


def unsettled(ledger: Ledger) -> list[str]:
    """Packets that were decided, with the decision not yet carried out."""
    with ledger.read() as session:
        wanted = select(ReviewRow.packet_id).where(
            ReviewRow.state != "pending", col(ReviewRow.settled).is_(False)
        )
        return sorted(session.exec(wanted))


def expiries(ledger: Ledger) -> list[datetime]:
    """Instants at which a waiting question becomes overdue or expires."""
    with ledger.read() as session:
        wanted = select(ReviewRow.remind_at, ReviewRow.expires_at)
        rows = session.exec(wanted.where(ReviewRow.state == "pending")).all()
        return [at for row in rows for at in row if at is not None]


def find(ledger: Ledger, packet_id: str) -> ReviewStanding | None:
    """Where the packet's review stands; None where nobody was asked."""
    with ledger.read() as session:
        row = session.get(ReviewRow, packet_id)
        if row is None:
            return None
        return ReviewStanding(
            state=row.state,
            version=row.version,
            approvals_needed=row.approvals_needed,
            expires_at=row.expires_at,
            settled=row.settled,
            reason=row.reason,
            reassigned_to=row.reassigned_to,
            claimed_by=row.claimed_by,
            claimed_until=row.claimed_until,
            votes=tuple(votes_of(session, row)),
        )


def of_run(ledger: Ledger, run_id: str) -> pl.DataFrame:
    """packet_id, review_state and review_settled of a run's reviews."""
    return ledger.frame(
        "SELECT packet_id, state, settled FROM review WHERE run_id = :run",
        {"packet_id": pl.String, "review_state": pl.String, "review_settled": pl.Boolean},
        {"run": run_id},
    )
