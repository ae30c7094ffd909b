"""Voting: what a person's word on a packet does, and why it does not count.

A decision is a compare-and-set on (state, version, payload hash): of two people at once the first
to commit wins, and the other is told who that was. Who proposed or edited a packet never approves
it, and where it asks an owner first, nobody approves before them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select, update

from domain.packet import Packet
from tools.ledger import audit, doormark, packets, reviews
from tools.ledger.models import ReviewRow, VoteRow
from tools.ledger.words import (
    AlreadyDecided,
    Decided,
    Expired,
    Held,
    NotAllowed,
    Recorded,
    Said,
    Stale,
    Word,
)


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
    review = reviews.locked(session, packet_id)
    refused = judge(session, review, word)
    return refused if refused is not None else vote(session, review, word)


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
    votes = reviews.votes_of(session, review)
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
    if (word.person_id, word.verdict) not in reviews.votes_of(session, review):
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
    approvers = [person for person, one in reviews.votes_of(session, review) if one == "approve"]
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
    others = [one for person, one in reviews.votes_of(session, review) if person != word.person_id]
    became = _state_after(word.verdict, others.count("approve"), review.approvals_needed)
    if became != "pending" and not _compare_and_set(session, review, became):
        return judge(session, reviews.locked(session, word.packet_id), word) or vote(
            session, review, word
        )
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
