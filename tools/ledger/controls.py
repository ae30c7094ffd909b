"""Pauses: an operator's stop, in force from the next delivery on, until lifted."""

from datetime import datetime

import polars as pl
from sqlmodel import Session, col, select

from tools.ledger import audit, doormark
from tools.ledger.database import Ledger
from tools.ledger.frames import frame_in
from tools.ledger.models import PauseRow


def pause(session: Session, scope: str, name: str, by: str, reason: str, at: datetime) -> None:
    """Stop a scope; what is paused already stays paused."""
    if _active(session, scope, name):
        return
    session.add(PauseRow(scope=scope, name=name, by=by, reason=reason, at=at))
    doormark.raise_mark(session)
    audit.append(session, at, by, "paused", f"{scope} {name}", {"reason": reason})


def resume(session: Session, scope: str, name: str, by: str, at: datetime) -> bool:
    """Lift the pause; whether there was one."""
    rows = _active(session, scope, name)
    for row in rows:
        row.lifted_at = at
        row.lifted_by = by
        session.add(row)
        doormark.raise_mark(session)
        audit.append(session, at, by, "resumed", f"{scope} {name}", {})
    return bool(rows)


def _active(session: Session, scope: str, name: str) -> list[PauseRow]:
    wanted = select(PauseRow).where(
        PauseRow.scope == scope, PauseRow.name == name, col(PauseRow.lifted_at).is_(None)
    )
    return list(session.exec(wanted))


def active(ledger: Ledger) -> pl.DataFrame:
    """Pauses in force: scope, name."""
    with ledger.read() as session:
        return active_in(session)


def active_in(session: Session) -> pl.DataFrame:
    """Pauses in force as this transaction sees them: scope, name."""
    sql = "SELECT scope, name FROM pause WHERE lifted_at IS NULL ORDER BY scope, name"
    return frame_in(session, sql, {"scope": pl.String, "name": pl.String})
