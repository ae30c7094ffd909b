"""The states of what providers told: which of them a person should look at, and the audit chain's
line of every change.
"""

import json
from datetime import datetime, timedelta
from typing import Final

import polars as pl
from sqlalchemy import update
from sqlmodel import Session, col, select

from tools.ledger import audit
from tools.ledger.bulk import insert_new_row, table_of
from tools.ledger.database import Ledger
from tools.ledger.models import AuditRow, FeedbackRow

LOOKED_AT: Final = ("alerted", "contradiction", "unreadable")
"""States a person should look at."""
ORPHAN_FOR: Final = timedelta(hours=1)
"""After this a person is told of an event that matches nothing."""
SHOWN_FOR: Final = timedelta(days=7)
OVERDUE: Final = "SELECT count(*) FROM feedback WHERE state = 'orphan' AND received_at <= :until"
AUDITED: Final = "feedback"


def overdue(ledger: Ledger, at: datetime) -> bool:
    """Whether an orphan matched nothing for an hour, and nobody was told of it yet."""
    found = ledger.frame(OVERDUE, {"n": pl.Int64}, {"until": at - ORPHAN_FOR})
    return bool(found.item())


def alert_of_orphans(session: Session, at: datetime) -> int:
    """Tell a person of orphans that nothing matched for an hour; how many."""
    table = table_of(FeedbackRow)
    done = session.connection().execute(
        update(table)
        .where(table.c.state == "orphan", table.c.received_at <= at - ORPHAN_FOR)
        .values(state="alerted")
        .returning(table.c.provider, table.c.event_id)
    )
    found: dict[str, dict[str, str]] = {}
    for provider, event in sorted(done):
        found.setdefault(provider, {})[event] = "alerted"
    for provider, states in found.items():
        note(session, "relay", provider, states, at)
    return sum(len(states) for states in found.values())


def alerts(ledger: Ledger, at: datetime) -> dict[str, int]:
    """How many of the last days' events a person should look at, by state (LOOKED_AT)."""
    among = ledger.among("state", LOOKED_AT)
    sql = (
        f"SELECT state, count(*) FROM feedback WHERE {among.clause} "
        "AND received_at > :since GROUP BY state"
    )
    since = {"since": at - SHOWN_FOR}
    rows = ledger.frame(sql, {"state": pl.String, "n": pl.Int64}, {**among.parameters, **since})
    return dict(rows.iter_rows())


def set_aside(session: Session, provider: str, name: str, body: str, at: datetime) -> None:
    """Keep a signed call some of which was not understood, for a person to look at; `name` is the
    same for the same call."""
    row = FeedbackRow(
        provider=provider,
        event_id=name,
        kind="unreadable",
        at=at,
        received_at=at,
        state="unreadable",
        body=body,
    )
    if insert_new_row(session, row):
        note(session, provider, provider, {name: "unreadable"}, at)


def note(session: Session, actor: str, provider: str, states: dict[str, str], at: datetime) -> None:
    """One audit line for all events of a provider whose state a transaction changed."""
    said = {"provider": provider, "states": states}
    audit.append(session, at, actor, AUDITED, f"{len(states)} events", said)


def audited(session: Session) -> dict[tuple[str, str], str]:
    """Newest audited state of every event that the chain names, by provider and event."""
    states: dict[tuple[str, str], str] = {}
    wanted = select(AuditRow.payload).where(AuditRow.kind == AUDITED).order_by(col(AuditRow.seq))
    for payload in session.exec(wanted):
        said = json.loads(payload)
        states |= {(said["provider"], event): state for event, state in said["states"].items()}
    return states
