"""Questions that nobody answers: they are overdue, then passed on once or closed. Nothing is ever
taken for a yes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, select

from tools.ledger import audit, doormark, packets
from tools.ledger.models import ReviewRow

Action = Literal["expire", "reassign", "downgrade"]


@dataclass(frozen=True)
class Timeout:
    """What the policy does with a question whose period ended. period: of the one it is passed on
    with; remind_after: share of it after which a question is overdue."""

    action: Action
    period: timedelta
    remind_after: float
    reassign_to: str | None = None


@dataclass(frozen=True)
class Closed:
    """Packets whose questions came to an end, and those that were passed on."""

    expired: tuple[str, ...] = ()
    reassigned: tuple[str, ...] = ()


def close_due(session: Session, at: datetime, rule: Timeout) -> Closed:
    """Close or pass on what nobody answered in time."""
    due = select(ReviewRow).where(ReviewRow.state == "pending", ReviewRow.expires_at <= at)
    rows = session.exec(due.order_by(ReviewRow.packet_id).with_for_update()).all()
    passed_on = [row for row in rows if _may_pass_on(session, row, at, rule)]
    for row in rows:
        if row in passed_on:
            _pass_on(session, row, at, rule)
        else:
            _expire(session, row, at, rule)
    if rows:
        doormark.raise_mark(session)
    gone = [row.packet_id for row in rows if row not in passed_on]
    return Closed(tuple(gone), tuple(row.packet_id for row in passed_on))


def _may_pass_on(session: Session, row: ReviewRow, at: datetime, rule: Timeout) -> bool:
    """Once, and only while something of the packet could still happen."""
    asked = rule.action == "reassign" and rule.reassign_to and row.reassigned_to is None
    return bool(asked) and packets.newest_in(session, row.packet_id).last_at > at


def _pass_on(session: Session, row: ReviewRow, at: datetime, rule: Timeout) -> None:
    row.reassigned_to = rule.reassign_to
    row.expires_at = at + rule.period
    row.remind_at, row.reminded = at + rule.period * rule.remind_after, False
    row.claimed_by = row.claimed_until = None
    session.add(row)
    said = {"to": row.reassigned_to, "expires_at": row.expires_at.isoformat()}
    audit.append(session, at, "meta-agent", "review_reassigned", row.packet_id, said)


def _expire(session: Session, row: ReviewRow, at: datetime, rule: Timeout) -> None:
    """Of what people were asked about, nothing may go without them: cut down to that, a packet is
    empty, so a downgrade closes it too, and says why."""
    row.state = "expired"
    row.reason = "nothing_alone" if rule.action == "downgrade" else None
    session.add(row)
    said = {} if row.reason is None else {"reason": row.reason}
    audit.append(session, at, "meta-agent", "review_expired", row.packet_id, said)


def remind(session: Session, at: datetime, rule: Timeout) -> list[str]:
    """Record once of each waiting question that it is overdue, and whom it goes to next."""
    late = select(ReviewRow).where(
        ReviewRow.state == "pending",
        col(ReviewRow.reminded).is_(False),
        col(ReviewRow.remind_at) <= at,
        ReviewRow.expires_at > at,
    )
    rows = session.exec(late.order_by(ReviewRow.packet_id).with_for_update()).all()
    for row in rows:
        row.reminded = True
        session.add(row)
        said = {"expires_at": row.expires_at.isoformat(), "then": _then(row, rule)}
        audit.append(session, at, "meta-agent", "review_overdue", row.packet_id, said)
    return [row.packet_id for row in rows]


def _then(row: ReviewRow, rule: Timeout) -> str:
    """What comes when it stays unanswered."""
    goes_on = rule.action == "reassign" and row.reassigned_to is None
    return f"reassign to {rule.reassign_to}" if goes_on else "expire"
