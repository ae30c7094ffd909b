"""The audit chain: every change of the record, in order, each line's hash over the one before."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from domain.canonical import canonical
from tools.ledger.models import AuditRow

GENESIS = "0" * 64


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
    for row in session.exec(select(AuditRow).order_by(AuditRow.seq)):  # type: ignore[arg-type]
        if row.seq != seq + 1:
            problems.append(f"Audit line {seq + 1} is missing.")
        if row.previous != previous:
            problems.append(f"Audit line {row.seq} does not follow the line before it.")
        said = line_hash(row.previous, row.at, row.actor, row.kind, row.subject, row.payload)
        if said != row.hash:
            problems.append(f"Audit line {row.seq} was altered.")
        previous, seq = row.hash, row.seq or 0
    return problems


def effect_states(session: Session) -> dict[str, str]:
    """Newest audited state of every effect that the chain names."""
    states: dict[str, str] = {}
    rows = session.exec(select(AuditRow).where(AuditRow.kind == "effects").order_by(AuditRow.seq))  # type: ignore[arg-type]
    for row in rows:
        states.update(json.loads(row.payload)["states"])
    return states
