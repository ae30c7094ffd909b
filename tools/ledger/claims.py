"""Claims: a reviewer takes a packet in hand for a while, so that two do not do the same work.

A claim holds back others' approvals and edits, never a rejection; it lapses by itself, and with the
holder's word. Taking it is a compare-and-set on who holds it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime
from sqlmodel import Session, col, or_, update

from domain.record import Record
from tools.ledger import audit, reviews, voting
from tools.ledger.models import ReviewRow
from tools.ledger.words import Held, Said, Word


class Claimed(Record):
    kind: Literal["claimed"] = "claimed"
    by: str
    until: AwareDatetime


def claim(
    session: Session,
    *,
    packet_id: str,
    person_id: str,
    roles: Sequence[str],
    at: datetime,
    until: datetime,
) -> Claimed | Said:
    """Take the packet in hand; claimed again by its holder, it is held for longer. Who may not
    decide it, comes too late or after somebody else gets that as the answer."""
    review = reviews.locked(session, packet_id)
    word = Word(
        packet_id, review.version, review.payload_hash, person_id, tuple(roles), "reject", at
    )
    refused = voting.judge(session, review, word)
    if refused is not None:
        return refused
    if not _compare_and_set(session, review, person_id, at, until):
        session.refresh(review)
        return Held(by=review.claimed_by or "", until=review.claimed_until or at)
    said = {"version": review.version, "until": until.isoformat()}
    audit.append(session, at, person_id, "review_claimed", packet_id, said)
    return Claimed(by=person_id, until=until)


def _compare_and_set(
    session: Session, review: ReviewRow, person_id: str, at: datetime, until: datetime
) -> bool:
    changed: Any = session.connection().execute(
        update(ReviewRow)
        .where(
            col(ReviewRow.packet_id) == review.packet_id,
            col(ReviewRow.state) == "pending",
            or_(
                col(ReviewRow.claimed_by).is_(None),
                col(ReviewRow.claimed_by) == person_id,
                col(ReviewRow.claimed_until) <= at,
            ),
        )
        .values(claimed_by=person_id, claimed_until=until)
    )
    session.expire(review)
    return bool(changed.rowcount == 1)
