"""Reviews: a person's word counts once, for the very version it was said of.

Every decision is a compare-and-set on (state, version, payload hash): of two people at once one
wins, and the other is told who. Who proposed or edited a packet never approves it,
and where it asks an owner first, nobody approves before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl
from pydantic import AwareDatetime
from sqlmodel import Session, col, select, update

from domain.errors import RefusedError
from domain.packet import Packet
from domain.record import Record
from tools.ledger import audit, packets
from tools.ledger.database import Ledger
from tools.ledger.models import ReviewRow, VoteRow


class Decided(Record):
    kind: Literal["decided"] = "decided"
    state: str


class Recorded(Record):
    """The first of two approvals: the packet still waits."""

    kind: Literal["recorded"] = "recorded"


class AlreadyDecided(Record):
    kind: Literal["already_decided"] = "already_decided"
    state: str
    by: tuple[str, ...]
    same: bool
    """The very same click came twice: it counts once, and is no error."""


class Stale(Record):
    kind: Literal["stale"] = "stale"
    shown: int
    current: int


class Expired(Record):
    kind: Literal["expired"] = "expired"


class NotAllowed(Record):
    kind: Literal["not_allowed"] = "not_allowed"
    reason: str


Said = Decided | Recorded | AlreadyDecided | Stale | Expired | NotAllowed


class ReviewStanding(Record):
    """Where a review stands."""

    state: str
    version: int
    approvals_needed: int
    expires_at: AwareDatetime
    settled: bool
    votes: tuple[tuple[str, str], ...]
    """(person, verdict) on the present version."""


@dataclass(frozen=True)
class Revision:
    """An edited packet, to take the old version's place."""

    old: Packet
    new: Packet
    editor: str
    at: datetime


def open_review(session: Session, packet: Packet, at: datetime, expires_at: datetime) -> None:
    """Put the packet before people; asked again, nothing changes."""
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


def decide(
    session: Session,
    *,
    packet_id: str,
    version: int,
    payload_hash: str,
    person_id: str,
    roles: Sequence[str],
    verdict: str,
    at: datetime,
) -> Said:
    """What a person's word did. Business refusals are answers, never exceptions."""
    review = get(session, packet_id)
    if review.state != "pending":
        return _too_late(session, review, version, person_id, verdict)
    if at >= review.expires_at:
        return Expired()
    if (version, payload_hash) != (review.version, review.payload_hash):
        return Stale(shown=version, current=review.version)
    packet = packets.newest_in(session, packet_id)
    approvers = [person for person, one in _votes(session, review) if one == "approve"]
    refused = _not_allowed(packet, person_id, roles, verdict) or _not_yet(
        packet, person_id, verdict, approvers
    )
    if refused is not None:
        return refused
    return _vote(session, review, person_id, verdict, at)


def _too_late(
    session: Session, review: ReviewRow, version: int, person_id: str, verdict: str
) -> Said:
    if review.state == "expired":
        return Expired()
    votes = _votes(session, review)
    said = {"approved": "approve", "rejected": "reject"}[review.state]
    by = tuple(person for person, one in votes if one == said)
    same = version == review.version and (person_id, verdict) in votes and verdict == said
    return AlreadyDecided(state=review.state, by=by, same=same)


def _not_allowed(
    packet: Packet, person_id: str, roles: Sequence[str], verdict: str
) -> NotAllowed | None:
    if "reviewer" not in roles and person_id not in packet.owners:
        return NotAllowed(reason=f"{person_id} is no reviewer of this workspace.")
    if verdict == "approve" and person_id in packet.edited_by:
        return NotAllowed(reason=f"{person_id} edited this packet; it needs somebody else.")
    if verdict == "approve" and person_id == packet.proposed_by:
        return NotAllowed(reason=f"{person_id} proposed this packet; it needs somebody else.")
    return None


def _not_yet(
    packet: Packet, person_id: str, verdict: str, approvers: Sequence[str]
) -> NotAllowed | None:
    """An owner who is asked first has spoken once they approved or edited the packet."""
    silent = set(packet.owners) - set(approvers) - set(packet.edited_by)
    if verdict == "approve" and silent and person_id not in packet.owners:
        names = ", ".join(sorted(silent))
        return NotAllowed(reason=f"{names} owns deals of these accounts and is asked first.")
    return None


def _vote(
    session: Session, review: ReviewRow, person_id: str, verdict: str, at: datetime
) -> Decided | Recorded | AlreadyDecided:
    votes = _votes(session, review)
    mine = dict(votes).get(person_id)
    if mine == verdict:
        return AlreadyDecided(state="pending", by=(person_id,), same=True)
    session.merge(
        VoteRow(
            packet_id=review.packet_id,
            version=review.version,
            person_id=person_id,
            verdict=verdict,
            at=at,
        )
    )
    approvals = sum(one == "approve" for person, one in votes if person != person_id)
    state = _state_after(verdict, approvals, review.approvals_needed)
    said = {"version": review.version, "hash": review.payload_hash, "verdict": verdict}
    audit.append(session, at, person_id, "review_vote", review.packet_id, said)
    if state == "pending":
        return Recorded()
    return _compare_and_set(session, review, state, at, person_id)


def _state_after(verdict: str, approvals_by_others: int, needed: int) -> str:
    if verdict == "reject":
        return "rejected"
    return "approved" if approvals_by_others + 1 >= needed else "pending"


def _compare_and_set(
    session: Session, review: ReviewRow, state: str, at: datetime, person_id: str
) -> Decided | AlreadyDecided:
    changed: Any = session.connection().execute(
        update(ReviewRow)
        .where(
            col(ReviewRow.packet_id) == review.packet_id,
            col(ReviewRow.state) == "pending",
            col(ReviewRow.version) == review.version,
            col(ReviewRow.payload_hash) == review.payload_hash,
        )
        .values(state=state)
    )
    if changed.rowcount != 1:
        session.expire(review)
        return AlreadyDecided(state=review.state, by=(), same=False)
    audit.append(session, at, person_id, "review_decided", review.packet_id, {"state": state})
    return Decided(state=state)


def _votes(session: Session, review: ReviewRow) -> list[tuple[str, str]]:
    wanted = select(VoteRow.person_id, VoteRow.verdict).where(
        VoteRow.packet_id == review.packet_id, VoteRow.version == review.version
    )
    return [(person, verdict) for person, verdict in session.exec(wanted)]


def revise(session: Session, change: Revision) -> None:
    """Put an edited version in the old one's place: its votes are void, its hash another.

    Raises RefusedError where the old version no longer waits.
    """
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


def expire_due(session: Session, at: datetime) -> list[str]:
    """Close what nobody answered in time. No answer is expiry, never consent."""
    due = select(ReviewRow).where(ReviewRow.state == "pending", ReviewRow.expires_at <= at)
    rows = list(session.exec(due))
    for row in rows:
        row.state = "expired"
        session.add(row)
        audit.append(session, at, "meta-agent", "review_expired", row.packet_id, {})
    return [row.packet_id for row in rows]


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
    """Instants at which a waiting question expires."""
    with ledger.read() as session:
        return list(session.exec(select(ReviewRow.expires_at).where(ReviewRow.state == "pending")))


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
            votes=tuple(_votes(session, row)),
        )


def of_run(ledger: Ledger, run_id: str) -> pl.DataFrame:
    """packet_id, review_state and review_settled of a run's reviews."""
    return ledger.frame(
        "SELECT packet_id, state, settled FROM review WHERE run_id = :run",
        {"packet_id": pl.String, "review_state": pl.String, "review_settled": pl.Boolean},
        {"run": run_id},
    )
