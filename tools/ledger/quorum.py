"""A word on a packet that asks for approvers of certain roles: their places are kept for them."""

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session, select

from domain.names import PersonRole
from domain.packet import Packet
from tools.ledger import packets, reviews, voting
from tools.ledger.models import ReviewRow, VoteRow
from tools.ledger.words import NotAllowed, Said, Word

People = Mapping[str, Collection[str]]
"""Person -> roles."""


def decide(session: Session, word: Word, people: People) -> Said:
    """What the word did, as `voting.decide` says it, or that the packet waits for somebody else's.
    people: everybody's roles. Raises RefusedError where nobody was asked about the packet."""
    review = reviews.locked(session, word.packet_id)
    against = refused(session, review, word, people)
    return against if against is not None else voting.vote(session, review, word)


def refused(session: Session, review: ReviewRow, word: Word, people: People) -> Said | None:
    """Why the word does not count (any more); None where it does. Writes nothing."""
    return voting.judge(session, review, word) or _kept_for_others(session, review, word, people)


def _kept_for_others(
    session: Session, review: ReviewRow, word: Word, people: People
) -> NotAllowed | None:
    """An approval after which fewer places would be left than roles are missing: it does not
    count, so that those who have them still can."""
    packet = packets.newest_in(session, word.packet_id)
    if word.verdict != "approve" or not packet.approver_roles:
        return None
    voted = {*_approvers(session, review), word.person_id}
    missing = _unmet(packet, voted, people)
    if len(missing) <= max(review.approvals_needed - len(voted), 0):
        return None
    wanted = ", and ".join(" or ".join(one) for one in missing)
    return NotAllowed(
        reason=f"{packet.packet_id} needs the approval of somebody who is {wanted}: what is left "
        "is for them to say."
    )


def _unmet(packet: Packet, voted: Collection[str], people: People) -> list[tuple[PersonRole, ...]]:
    """The groups of roles that the packet asks for, and none of these people has."""
    held = {role for person in voted for role in people.get(person, ())}
    return [one for one in packet.approver_roles if held.isdisjoint(one)]


def _approvers(session: Session, review: ReviewRow) -> Sequence[str]:
    wanted = select(VoteRow.person_id).where(
        VoteRow.packet_id == review.packet_id,
        VoteRow.version == review.version,
        VoteRow.verdict == "approve",
    )
    return session.exec(wanted).all()
