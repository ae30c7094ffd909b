"""Reservations: what a decision holds of a limit, until it is spent or freed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlmodel import Session, col, update

from tools.ledger.bulk import chunks, insert_new
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.models import ReservationRow

TAKEN = ("held", "spent")


def hold(session: Session, rows: pl.DataFrame, run_id: str) -> int:
    """Hold: decision_id, packet_id, account_id, resource, holder, amount, at. Again: no change."""
    held = rows.with_columns(run_id=pl.lit(run_id), state=pl.lit("held"))
    return insert_new(session, ReservationRow, held)


def spend(session: Session, decision_ids: Sequence[str]) -> None:
    """What was sent has used what it held."""
    _move(session, decision_ids, ("held",), "spent")


def free(session: Session, decision_ids: Sequence[str]) -> None:
    """What will not happen frees what it held."""
    _move(session, decision_ids, TAKEN, "freed")


def free_packet(session: Session, packet_id: str) -> int:
    """Free all a packet holds; how many reservations that were."""
    changed: Any = session.connection().execute(
        update(ReservationRow)
        .where(col(ReservationRow.packet_id) == packet_id, col(ReservationRow.state) == "held")
        .values(state="freed")
    )
    return int(changed.rowcount)


def _move(
    session: Session,
    decision_ids: Sequence[str],
    since: Sequence[str],
    state: str,
) -> None:
    for part in chunks(decision_ids):
        session.connection().execute(
            update(ReservationRow)
            .where(col(ReservationRow.decision_id).in_(part), col(ReservationRow.state).in_(since))
            .values(state=state)
        )


def touch_log(ledger: Ledger, contact_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """Touches held or sent: decision_id, contact_id, account_id, channel, at."""
    schema = {
        "decision_id": pl.String,
        "contact_id": pl.String,
        "account_id": pl.String,
        "channel": pl.String,
        "at": INSTANT,
    }
    sql = (
        "SELECT decision_id, holder, account_id, substr(resource, 7), at FROM reservation "
        "WHERE resource LIKE 'touch:%' AND state IN ('held', 'spent')"
    )
    if contact_ids is None:
        return ledger.frame(sql, schema)
    wanted = ledger.among("holder", contact_ids)
    return ledger.frame(f"{sql} AND {wanted.clause}", schema, wanted.parameters)


def pool_used(ledger: Ledger, pool: str, since: datetime, until: datetime) -> float:
    """Minor units of a pool held or spent between two instants."""
    return _used(ledger, f"pool:{pool}", since, until)


def minutes_used(ledger: Ledger, person: str, since: datetime, until: datetime) -> float:
    """Minutes of a person held or spent between two instants."""
    return _used(ledger, f"minutes:{person}", since, until)


def _used(ledger: Ledger, resource: str, since: datetime, until: datetime) -> float:
    rows = ledger.frame(
        "SELECT amount, at FROM reservation WHERE resource = :resource "
        "AND state IN ('held', 'spent')",
        {"amount": pl.Float64, "at": INSTANT},
        {"resource": resource},
    )
    within = rows.filter((pl.col("at") >= since) & (pl.col("at") <= until))
    return float(within.get_column("amount").sum())
