"""Effects: intent -> sending -> accepted | failed | unknown; or skipped, or expired.

A state only moves forward, by compare-and-set, and every change is one line of the audit with the
effects it moved. What a limit gave is spent or freed in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import polars as pl
from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update

from domain.errors import IntegrityError
from tools.ledger import audit, reservations
from tools.ledger.bulk import chunks, insert_new, table_of
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.models import EffectRow

ROW = {
    "effect_id": pl.String,
    "run_id": pl.String,
    "packet_id": pl.String,
    "candidate": pl.Int64,
    "contact_id": pl.String,
    "account_id": pl.String,
    "agent": pl.String,
    "channel": pl.String,
    "campaign_id": pl.String,
    "purpose": pl.String,
    "treatment": pl.String,
    "action_class": pl.String,
    "slot_at": INSTANT,
    "local_day": pl.String,
    "amount": pl.Int64,
    "payload_hash": pl.String,
    "state": pl.String,
    "reason": pl.String,
    "at": INSTANT,
}
OPEN = ("intent", "sending")


class Result(Protocol):
    """A provider's answer about one effect."""

    @property
    def key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def provider_ref(self) -> str | None: ...


def insert_intents(session: Session, rows: pl.DataFrame, at: datetime) -> None:
    """Write intents, once each. A treatment the contact gets that day already becomes a skipped
    effect, so that nothing is silently lost."""
    _insert(session, rows, "intent", None, at)
    ids = rows.get_column("effect_id").to_list()
    known = _known(session, ids)
    repeated = rows.filter(~pl.col("effect_id").is_in(known))
    if not repeated.is_empty():
        _insert(session, repeated, "skipped", "repeated", at)
        reservations.free(session, repeated.get_column("effect_id").to_list())


def insert_withheld(session: Session, rows: pl.DataFrame, at: datetime) -> None:
    """Write what holdout contacts would have got: skipped, for the measurement."""
    _insert(session, rows, "skipped", "holdout", at)


def _insert(
    session: Session, rows: pl.DataFrame, state: str, reason: str | None, at: datetime
) -> None:
    if rows.is_empty():
        return
    full = rows.with_columns(
        state=pl.lit(state),
        reason=pl.lit(reason, dtype=pl.String),
        at=pl.lit(at, dtype=INSTANT),
        attempts=pl.lit(0),
    )
    insert_new(session, EffectRow, full)
    written = _known(session, rows.get_column("effect_id").to_list(), state)
    _audit(session, dict.fromkeys(written, state), at)


def _known(session: Session, ids: Sequence[str], state: str | None = None) -> list[str]:
    found: list[str] = []
    for part in chunks(ids):
        wanted = select(EffectRow.effect_id).where(col(EffectRow.effect_id).in_(part))
        if state is not None:
            wanted = wanted.where(EffectRow.state == state)
        found += session.exec(wanted)
    return found


def _audit(session: Session, states: Mapping[str, str], at: datetime) -> None:
    if states:
        said = {"states": dict(states)}
        audit.append(session, at, "relay", "effects", f"{len(states)} effects", said)


def due(ledger: Ledger, at: datetime) -> pl.DataFrame:
    """Intents whose slot has come (ROW's columns), oldest slot first."""
    rows = in_states(ledger, ("intent",))
    return rows.filter(pl.col("slot_at") <= at).sort("slot_at", "effect_id")


def stuck(ledger: Ledger) -> pl.DataFrame:
    """Effects in `sending`: handed over, and the answer never recorded."""
    return in_states(ledger, ("sending",)).sort("effect_id")


def in_states(ledger: Ledger, states: Sequence[str]) -> pl.DataFrame:
    """Effects in any of the states (ROW's columns)."""
    wanted = ledger.among("state", states)
    sql = f"SELECT {', '.join(ROW)} FROM effect WHERE {wanted.clause}"
    return ledger.frame(sql, ROW, wanted.parameters)


def budgets_set(ledger: Ledger) -> pl.DataFrame:
    """Budgets that their platform accepted (ROW's columns), oldest first."""
    sql = (
        f"SELECT {', '.join(ROW)} FROM effect WHERE state = 'accepted' AND amount IS NOT NULL "
        "ORDER BY at, effect_id"
    )
    return ledger.frame(sql, ROW, {})


def due_instants(ledger: Ledger) -> list[datetime]:
    """Instants at which intents fall due."""
    with ledger.read() as session:
        wanted = select(EffectRow.slot_at).where(EffectRow.state == "intent").distinct()
        return sorted(session.exec(wanted))


def taken_days(ledger: Ledger) -> pl.DataFrame:
    """Who gets what on which day: contact_id, channel, treatment, local_day."""
    keys = ("contact_id", "channel", "treatment", "local_day")
    live = ledger.among("state", ("intent", "sending", "accepted", "unknown"))
    sql = f"SELECT {', '.join(keys)} FROM effect WHERE {live.clause} AND contact_id IS NOT NULL"
    return ledger.frame(sql, dict.fromkeys(keys, pl.String), live.parameters)


def claim(session: Session, ids: Sequence[str], at: datetime) -> list[str]:
    """Move intents to `sending`; the ids this process really won."""
    won: list[str] = []
    for part in chunks(ids):
        changed = session.connection().execute(
            update(EffectRow)
            .where(col(EffectRow.effect_id).in_(part), col(EffectRow.state) == "intent")
            .values(state="sending", at=at, attempts=EffectRow.attempts + 1)
            .returning(col(EffectRow.effect_id))
        )
        won += changed.scalars().all()
    _audit(session, dict.fromkeys(won, "sending"), at)
    return won


def record(session: Session, results: Sequence[Result], at: datetime) -> None:
    """Record the provider's answers. Raises IntegrityError for an effect that was not sending."""
    moves = [
        {
            "key": one.key,
            "to_state": one.state,
            "why": one.reason,
            "ref": one.provider_ref,
            "when": at,
        }
        for one in results
    ]
    _move(session, moves, "sending")
    _audit(session, {one.key: one.state for one in results}, at)
    sent = [one.key for one in results if one.state in ("accepted", "unknown")]
    reservations.spend(session, sent)
    reservations.free(session, [one.key for one in results if one.state == "failed"])


def skip(session: Session, reasons: Mapping[str, str], at: datetime) -> None:
    """Stop intents at the door, each with its reason; what they held is free."""
    _leave(session, reasons, "skipped", at)


def expire(session: Session, ids: Sequence[str], at: datetime) -> None:
    """Give up intents whose deadline has passed."""
    _leave(session, dict.fromkeys(ids, "deadline_passed"), "expired", at)


def _leave(session: Session, reasons: Mapping[str, str], state: str, at: datetime) -> None:
    moves = [
        {"key": key, "to_state": state, "why": why, "ref": None, "when": at}
        for key, why in reasons.items()
    ]
    _move(session, moves, "intent")
    _audit(session, dict.fromkeys(reasons, state), at)
    reservations.free(session, list(reasons))


def _move(session: Session, moves: list[dict[str, Any]], since: str) -> None:
    if not moves:
        return
    _expect(session, [move["key"] for move in moves], since)
    table = table_of(EffectRow)
    statement = (
        update(table)
        .where(table.c.effect_id == bindparam("key"), table.c.state == since)
        .values(
            state=bindparam("to_state"),
            reason=bindparam("why"),
            provider_ref=bindparam("ref"),
            at=bindparam("when"),
        )
    )
    session.connection().execute(statement, moves)


def _expect(session: Session, ids: Sequence[str], state: str) -> None:
    """All of these effects are in the state, or the record contradicts itself."""
    found = 0
    for part in chunks(ids):
        wanted = select(EffectRow.effect_id).where(
            col(EffectRow.effect_id).in_(part), col(EffectRow.state) == state
        )
        found += len(session.exec(wanted).all())
    if found != len(set(ids)):
        raise IntegrityError(
            f"Expected {len(set(ids))} effects in {state}, found {found}.",
            "Another process moved them: look with `clearance verify`.",
        )
