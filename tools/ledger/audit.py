"""The audit chain: every change of the record, in order, each line's hash over the one before."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from domain.canonical import canonical, digest
from tools.ledger.models import AuditRow

GENESIS = "0" * 64
BLANKED = "audit_blanked"
"""Kind of the line that says which older lines hold other words since a person was erased."""


def append(
    session: Session, at: datetime, actor: str, kind: str, subject: str, payload: dict[str, Any]
) -> str:
    """Add a line in the transaction of the change it tells of; its hash.

    A write holds the ledger's lock from its start, so the last line is the last. The line's number
    is ours: a sequence of the engine would leave gaps where a transaction came to nothing.
    """
    last = session.exec(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)).first()  # type: ignore[union-attr]
    body = canonical(payload)
    previous = last.hash if last else GENESIS
    row = AuditRow(
        seq=(last.seq or 0) + 1 if last else 1,
        at=at,
        actor=actor,
        kind=kind,
        subject=subject,
        payload=body,
        previous=previous,
        hash=line_hash(previous, at, actor, kind, subject, body),
    )
    session.add(row)
    session.flush()
    return row.hash


def line_hash(
    previous: str, at: datetime, actor: str, kind: str, subject: str, payload: str
) -> str:
    """SHA-256 over the previous line's hash and this line."""
    said = canonical([previous, at, actor, kind, subject, payload])
    return hashlib.sha256(said.encode()).hexdigest()


def verify_chain(session: Session) -> list[str]:
    """What is wrong with the chain, one sentence a line; nothing where it holds."""
    problems = []
    previous, seq = GENESIS, 0
    rows = session.exec(select(AuditRow).order_by(AuditRow.seq)).all()  # type: ignore[arg-type]
    blanked = _blanked(rows)
    for row in rows:
        if row.seq != seq + 1:
            problems.append(f"Audit line {seq + 1} is missing.")
        if row.previous != previous:
            problems.append(f"Audit line {row.seq} does not follow the line before it.")
        seq = row.seq or 0
        if seq in blanked and _words(row) != blanked[seq]:
            problems.append(f"Audit line {seq} is not as it was blanked.")
        if seq not in blanked and _hash_of(row) != row.hash:
            problems.append(f"Audit line {seq} was altered.")
        previous = row.hash
    return problems


def blank(
    session: Session, at: datetime, actor: str, subject: str, lines: dict[int, tuple[str, str]]
) -> None:
    """Put other words (subject, payload) into older lines, and say so in a line of its own.

    An older line keeps its hash, so the chain stays whole; the new line holds a digest of what
    stands there now. Without such a line, any other word is a forgery as before.
    """
    said = {}
    for seq, (other_subject, payload) in sorted(lines.items()):
        row = session.get(AuditRow, seq)
        if row is None or row.kind == BLANKED:
            continue
        row.subject, row.payload = other_subject, payload
        session.add(row)
        said[str(seq)] = _words(row)
    session.flush()
    if said:
        append(session, at, actor, BLANKED, subject, {"lines": said})


def _words(row: AuditRow) -> str:
    return digest([row.at, row.actor, row.kind, row.subject, row.payload])


def _blanked(rows: Sequence[AuditRow]) -> dict[int, str]:
    """The digest of each older line that a whole line says was blanked; the newest word counts."""
    found: dict[int, str] = {}
    for row in rows:
        if row.kind == BLANKED and _hash_of(row) == row.hash:
            lines = json.loads(row.payload)["lines"]
            found |= {int(seq): one for seq, one in lines.items() if int(seq) < (row.seq or 0)}
    return found


def _hash_of(row: AuditRow) -> str:
    return line_hash(row.previous, row.at, row.actor, row.kind, row.subject, row.payload)


def effect_states(session: Session) -> dict[str, str]:
    """Newest audited state of every effect that the chain names."""
    states: dict[str, str] = {}
    rows = session.exec(select(AuditRow).where(AuditRow.kind == "effects").order_by(AuditRow.seq))  # type: ignore[arg-type]
    for row in rows:
        states.update(json.loads(row.payload)["states"])
    return states
