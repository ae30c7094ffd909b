"""Which policy is in force, which were, and which somebody wants: docs/decisions/policies.md."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from domain.canonical import digest
from tools.ledger import audit, doormark
from tools.ledger.models import AuditRow, PolicyProposalRow, PolicyRow

Direction = Literal["first", "same", "tighter", "looser"]
NotNow = Literal["unknown", "compared_with_another", "needs_another_person", "in_force_already"]
"""Why a proposal is not put in force."""
ACTIVATED = "policy_activated"
SENTENCES: dict[NotNow, str] = {
    "unknown": "There is no such proposal.",
    "compared_with_another": "Another version came into force since it was proposed; propose it "
    "afresh, so that it is compared with what holds now.",
    "needs_another_person": "It loosens a limit; somebody else than who proposed it must activate "
    "it.",
    "in_force_already": "It was put in force already.",
}


@dataclass(frozen=True)
class Wanted:
    """A policy as somebody wants it. text: what the file says; hash: of what it means."""

    text: str
    hash: str
    direction: Direction
    by: str


def number_in_force(session: Session) -> int:
    """The version in force; 0 where none was ever put in force."""
    newest = select(PolicyRow.version).order_by(col(PolicyRow.version).desc())
    return session.exec(newest).first() or 0


def in_force(session: Session) -> PolicyRow | None:
    """The newest version."""
    return session.get(PolicyRow, number_in_force(session))


def by_hash(session: Session, hash_: str) -> PolicyRow | None:
    """A version that means what this hash says."""
    return session.exec(select(PolicyRow).where(PolicyRow.hash == hash_)).first()


def version(session: Session, number: int) -> PolicyRow | None:
    return session.get(PolicyRow, number)


def history(session: Session) -> list[PolicyRow]:
    """Every version, newest first."""
    return list(session.exec(select(PolicyRow).order_by(col(PolicyRow.version).desc())))


def waiting(session: Session) -> list[PolicyProposalRow]:
    """Proposals that may still come into force: compared with what is."""
    now = number_in_force(session)
    found = select(PolicyProposalRow).where(
        PolicyProposalRow.against == now, col(PolicyProposalRow.became).is_(None)
    )
    return list(session.exec(found.order_by(col(PolicyProposalRow.at))))


def begin(session: Session, text: str, hash_: str, by: str, at: datetime) -> PolicyRow:
    """Put the workspace's first policy in force."""
    return _put(session, 1, Wanted(text, hash_, "first", by), by, at)


def propose(session: Session, wanted: Wanted, at: datetime) -> PolicyProposalRow:
    """Keep what somebody wants, bound to the version in force. The same again is the same
    proposal."""
    against = number_in_force(session)
    key = digest([wanted.hash, wanted.text, against, wanted.by])[:10]
    known = session.get(PolicyProposalRow, f"pp-{key}")
    if known is not None:
        return known
    row = PolicyProposalRow(
        proposal_id=f"pp-{key}",
        hash=wanted.hash,
        text=wanted.text,
        against=against,
        direction=wanted.direction,
        by=wanted.by,
        at=at,
    )
    session.add(row)
    said = {"hash": row.hash, "against": against, "direction": row.direction}
    audit.append(session, at, wanted.by, "policy_proposed", row.proposal_id, said)
    return row


def activate(session: Session, proposal_id: str, by: str, at: datetime) -> PolicyRow | NotNow:
    """Put a proposal in force for every decision and delivery from this commit on; or why not."""
    row = session.get(PolicyProposalRow, proposal_id)
    why = _against(session, row, by)
    if row is None or why is not None:
        return why or "unknown"
    became = row.against + 1
    row.became = became
    session.add(row)
    direction: Direction = row.direction  # type: ignore[assignment]
    return _put(session, became, Wanted(row.text, row.hash, direction, row.by), by, at)


def _against(session: Session, row: PolicyProposalRow | None, by: str) -> NotNow | None:
    if row is None:
        return "unknown"
    if row.became is not None:
        return "in_force_already"
    if row.against != number_in_force(session):
        return "compared_with_another"
    return "needs_another_person" if row.direction == "looser" and row.by == by else None


def _put(session: Session, number: int, wanted: Wanted, by: str, at: datetime) -> PolicyRow:
    """The key keeps two processes from writing the same version; the door's mark makes every
    judgement that was made under another one be made again."""
    row = PolicyRow(
        version=number,
        hash=wanted.hash,
        text=wanted.text,
        direction=wanted.direction,
        proposed_by=wanted.by,
        activated_by=by,
        at=at,
    )
    session.add(row)
    session.flush()
    doormark.raise_mark(session)
    audit.append(session, at, by, ACTIVATED, _subject(number), _said(row))
    return row


def altered(session: Session) -> list[str]:
    """What is wrong with the versions, one sentence each: each must stand as the audit line of its
    activation says, with its whole text, and what loosens must have had two people."""
    lines = {
        line.subject: json.loads(line.payload)
        for line in session.exec(select(AuditRow).where(AuditRow.kind == ACTIVATED))
    }
    rows = {_subject(row.version): row for row in history(session)}
    wrong = [
        f"{key} is not what was activated."
        for key, row in sorted(rows.items())
        if lines.get(key) != _said(row)
    ]
    alone = [
        f"{key} loosens, and {row.activated_by} put it in force alone."
        for key, row in sorted(rows.items())
        if row.direction == "looser" and row.proposed_by == row.activated_by
    ]
    return wrong + alone + [f"{key} is gone." for key in sorted(lines.keys() - rows.keys())]


def _subject(number: int) -> str:
    return f"policy {number}"


def _said(row: PolicyRow) -> dict[str, str]:
    return {
        "hash": row.hash,
        "text_hash": digest(row.text),
        "direction": row.direction,
        "proposed_by": row.proposed_by,
        "activated_by": row.activated_by,
    }
