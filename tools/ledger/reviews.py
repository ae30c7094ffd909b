"""Reviews: a person's word counts once, for the very version it was said of.

Every decision is a compare-and-set on (state, version, payload hash): of two people at once the
first to commit wins, and the other is told who that was. Who proposed or edited a packet never
approves it, and where it asks an owner first, nobody approves before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl
from pydantic import AwareDatetime
from sqlmodel import Session, col, select, update

from domain.errors import RefusedError
from domain.packet import Packet
from domain.record import Record
from tools.ledger import audit, doormark, packets
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
    reason: str | None = None
    """Why it is void."""


class Stale(Record):
    kind: Literal["stale"] = "stale"
    shown: int
    current: int


class Expired(Record):
    kind: Literal["expired"] = "expired"


class NotAllowed(Record):
    kind: Literal["not_allowed"] = "not_allowed"
    reason: str


class Held(Record):
    """Somebody else has taken the packet in hand."""

    kind: Literal["held"] = "held"
    by: str
    until: AwareDatetime


Said = Decided | Recorded | AlreadyDecided | Stale | Expired | NotAllowed | Held


@dataclass(frozen=True)
class Word:
    """What a person says of the very version they saw."""

    packet_id: str
    version: int
    payload_hash: str
    person_id: str
    roles: tuple[str, ...]
    verdict: str
    at: datetime
    nonce: str | None = None


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
    nonce: str | None = None,
) -> Said:
    """What a person's word did. Business refusals are answers, never exceptions.

    nonce: the click's own name. The same click again gives the answer of the first time; it can
    never be taken for a word on another version or packet.
    """
    word = Word(packet_id, version, payload_hash, person_id, tuple(roles), verdict, at, nonce)
    review = locked(session, packet_id)
    refused = judge(session, review, word)
    return refused if refused is not None else vote(session, review, word)


def locked(session: Session, packet_id: str) -> ReviewRow:
    """The review, which nobody else can change before this transaction ends. Raises RefusedError
    where the packet was never put before people."""
    wanted = select(ReviewRow).where(ReviewRow.packet_id == packet_id).with_for_update()
    row = session.exec(wanted.execution_options(populate_existing=True)).first()
    return get(session, packet_id) if row is None else row


def judge(session: Session, review: ReviewRow, word: Word) -> Said | None:
    """Why the word does not count (any more); None where it does. Writes nothing."""
    return (
        _clicked_before(session, word)
        or _too_late(session, review, word)
        or _stale(review, word)
        or _said_before(session, review, word)
        or _held(review, word)
        or _refused(session, review, word)
    )


def _clicked_before(session: Session, word: Word) -> Said | None:
    if word.nonce is None:
        return None
    found = list(session.exec(select(VoteRow).where(VoteRow.nonce == word.nonce)))
    mine = (word.packet_id, word.version, word.person_id, word.verdict)
    for row in found:
        if (row.packet_id, row.version, row.person_id, row.verdict) == mine:
            return Recorded() if row.became == "pending" else Decided(state=row.became)
    if found:
        return NotAllowed(reason="This click was counted before, as a word on something else.")
    return None


def _too_late(session: Session, review: ReviewRow, word: Word) -> Said | None:
    if review.state == "expired":
        return Expired()
    if review.state == "pending":
        return Expired() if word.at >= review.expires_at else None
    votes = _votes(session, review)
    said = SAID[review.state]
    by = tuple(person for person, one in votes if one == said)
    mine = (word.person_id, word.verdict) in votes and word.verdict == said
    same = mine and word.version == review.version and review.state != "void"
    return AlreadyDecided(state=review.state, by=by, same=same, reason=review.reason)


SAID: Final = {"approved": "approve", "rejected": "reject", "void": "approve"}
"""The verdict behind a state that people brought about."""


def _stale(review: ReviewRow, word: Word) -> Stale | None:
    if (word.version, word.payload_hash) == (review.version, review.payload_hash):
        return None
    return Stale(shown=word.version, current=review.version)


def _said_before(session: Session, review: ReviewRow, word: Word) -> AlreadyDecided | None:
    if (word.person_id, word.verdict) not in _votes(session, review):
        return None
    return AlreadyDecided(state="pending", by=(word.person_id,), same=True)


def _held(review: ReviewRow, word: Word) -> Held | None:
    """A claim of somebody else holds back an approval, never a rejection."""
    by, until = review.claimed_by, review.claimed_until
    if word.verdict == "reject" or by in (None, word.person_id) or until is None:
        return None
    return Held(by=str(by), until=until) if word.at < until else None


def _refused(session: Session, review: ReviewRow, word: Word) -> NotAllowed | None:
    packet = packets.newest_in(session, review.packet_id)
    approvers = [person for person, one in _votes(session, review) if one == "approve"]
    asked = review.reassigned_to in (word.person_id, *word.roles)
    roles = (*word.roles, "reviewer") if asked else word.roles
    return _not_allowed(packet, word.person_id, roles, word.verdict) or _not_yet(
        packet, word.person_id, word.verdict, approvers
    )


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


def vote(session: Session, review: ReviewRow, word: Word) -> Said:
    """Count a word that nothing speaks against, and decide where it is the last one needed."""
    others = [one for person, one in _votes(session, review) if person != word.person_id]
    became = _state_after(word.verdict, others.count("approve"), review.approvals_needed)
    if became != "pending" and not _compare_and_set(session, review, became):
        return judge(session, locked(session, word.packet_id), word) or vote(session, review, word)
    session.merge(
        VoteRow(
            packet_id=review.packet_id,
            version=review.version,
            person_id=word.person_id,
            verdict=word.verdict,
            at=word.at,
            nonce=word.nonce,
            became=became,
        )
    )
    if review.claimed_by == word.person_id:
        review.claimed_by = review.claimed_until = None  # their part is done
        session.add(review)
    _tell(session, review, word, became)
    return Recorded() if became == "pending" else Decided(state=became)


def _tell(session: Session, review: ReviewRow, word: Word, became: str) -> None:
    said = {"version": review.version, "hash": review.payload_hash, "verdict": word.verdict}
    audit.append(session, word.at, word.person_id, "review_vote", review.packet_id, said)
    if became != "pending":
        decided = {"state": became}
        audit.append(session, word.at, word.person_id, "review_decided", review.packet_id, decided)
    doormark.raise_mark(session)


def _state_after(verdict: str, approvals_by_others: int, needed: int) -> str:
    if verdict == "reject":
        return "rejected"
    return "approved" if approvals_by_others + 1 >= needed else "pending"


def _compare_and_set(session: Session, review: ReviewRow, state: str) -> bool:
    """Whether the review still was what was looked at; if so it has the new state."""
    changed: Any = session.connection().execute(
        update(ReviewRow)
        .where(
            col(ReviewRow.packet_id) == review.packet_id,
            col(ReviewRow.state) == "pending",
            col(ReviewRow.version) == review.version,
            col(ReviewRow.payload_hash) == review.payload_hash,
        )
        .values(state=state, claimed_by=None, claimed_until=None)
    )
    session.expire(review)
    return bool(changed.rowcount == 1)


def _votes(session: Session, review: ReviewRow) -> list[tuple[str, str]]:
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
                by=tuple(person for person, one in _votes(session, row) if one == "approve"),
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
            votes=tuple(_votes(session, row)),
        )


def of_run(ledger: Ledger, run_id: str) -> pl.DataFrame:
    """packet_id, review_state and review_settled of a run's reviews."""
    return ledger.frame(
        "SELECT packet_id, state, settled FROM review WHERE run_id = :run",
        {"packet_id": pl.String, "review_state": pl.String, "review_settled": pl.Boolean},
        {"run": run_id},
    )
