"""Bugs of what is kept, each to be planted in a fork: a protection of people's words, of a run's
commit or of the audit is gone.
"""

from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from app.relay import door
from domain.packet import Packet
from domain.run import Pins
from evals.faults.planting import replace_name
from graph import approving, committing, cycle, settling
from graph.tower import Tower
from tools.ledger import approvals, moves, reservations, reviews, voting
from tools.ledger.approvals import Terms
from tools.ledger.models import ReviewRow, VoteRow

# --- Reviews


def late_words() -> None:
    replace_name(voting, "_too_late", lambda *_: None)
    replace_name(voting, "_compare_and_set", _set_state)


def _set_state(session: Session, review: ReviewRow, state: str) -> bool:
    review.state = state
    session.add(review)
    return True


def old_votes() -> None:
    replace_name(reviews, "votes_of", _votes_on_any_version)
    replace_name(approvals, "_approvers", _approvers_of_any_version)


def _votes_on_any_version(session: Session, review: ReviewRow) -> list[tuple[str, str]]:
    wanted = select(VoteRow).where(VoteRow.packet_id == review.packet_id).order_by(col(VoteRow.at))
    return [(one.person_id, one.verdict) for one in session.exec(wanted)]


def _approvers_of_any_version(session: Session, review: ReviewRow) -> list[str]:
    votes = _votes_on_any_version(session, review)
    return sorted({person for person, verdict in votes if verdict == "approve"})


def editor_approves() -> None:
    _not_allowed = voting._not_allowed

    def allowed(packet: Packet, *rest: Any) -> Any:
        return _not_allowed(packet.model_copy(update={"edited_by": ()}), *rest)

    replace_name(voting, "_not_allowed", allowed)


def roles_once() -> None:
    _terms_now = approving.terms_now

    def terms_now(tower: Tower) -> Terms:
        return replace(_terms_now(tower), roles=None)

    replace_name(door, "terms_now", terms_now)
    replace_name(settling, "terms_now", terms_now)


# --- The record


def sent_frees() -> None:
    replace_name(reservations, "spend", reservations.free)


def intents_apart() -> None:
    left: list[tuple[Any, ...]] = []
    _commit, _effects = committing.commit, committing._effects

    def commit(tower: Tower, pins: Pins) -> None:
        _commit(tower, pins)
        with tower.write() as session:
            for rest in left:
                _effects(session, *rest)

    replace_name(committing, "_effects", lambda _, *rest: left.append(rest))
    replace_name(cycle, "commit", commit)


def no_audit() -> None:
    replace_name(moves, "note", lambda *_, **__: None)
