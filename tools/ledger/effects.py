"""Effects: what is to happen outside, written once, and what of it stands where.

How a state moves is in tools/ledger/moves.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlmodel import Session, col, select

from domain.errors import RefusedError
from domain.names import COMMERCIAL_EXEMPT
from tools.ledger import audit, budgets_seen, reservations
from tools.ledger.bulk import chunks, insert_new
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.frames import frame_in
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
    "attempts": pl.Int64,
    "provider": pl.String,
    "fence": pl.Int64,
    "first_sent_at": INSTANT,
    "not_before": INSTANT,
    "waits": pl.Int64,
    "parked": pl.Boolean,
    "seen_amount": pl.Int64,
    "undoes": pl.String,
}


EVERY = ("intent", "sending", "unknown", "accepted", "failed", "skipped", "expired")
DUE = "state = 'intent' AND slot_at <= :at AND (not_before IS NULL OR not_before <= :at)"
AFTER = "(slot_at > :slot OR (slot_at = :slot AND effect_id > :last))"
PAGE = 20_000


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
        waits=pl.lit(0),
        parked=pl.lit(False),
    )
    ids = rows.get_column("effect_id").to_list()
    before = set(_known(session, ids))
    insert_new(session, EffectRow, budgets_seen.with_seen(session, full))
    written = [key for key in _known(session, ids, state) if key not in before]
    note(session, dict.fromkeys(written, state), at)


def _known(session: Session, ids: Sequence[str], state: str | None = None) -> list[str]:
    found: list[str] = []
    for part in chunks(ids):
        wanted = select(EffectRow.effect_id).where(col(EffectRow.effect_id).in_(part))
        if state is not None:
            wanted = wanted.where(EffectRow.state == state)
        found += session.exec(wanted)
    return found


def note(
    session: Session,
    states: Mapping[str, str],
    at: datetime,
    actor: str = "relay",
    why: Mapping[str, str] | None = None,
) -> None:
    """One audit line for all effects that a transaction moved: id -> state, and id -> reason."""
    if states:
        said: dict[str, object] = {"states": dict(states)}
        if why:
            said["reasons"] = dict(why)
        audit.append(session, at, actor, "effects", f"{len(states)} effects", said)


def due(ledger: Ledger, at: datetime, page: int = PAGE) -> Iterator[pl.DataFrame]:
    """Intents whose slot has come and that nothing puts off, oldest slot first, in pages of ROW's
    columns: what becomes of one page does not move the next."""
    after: tuple[datetime, str] | None = None
    while True:
        rows = _due_after(ledger, at, after, page)
        if not rows.is_empty():
            yield rows
        if rows.height < page:
            return
        after = rows.select("slot_at", "effect_id").row(-1)


def soon(ledger: Ledger, until: datetime, most: int) -> pl.DataFrame:
    """The first intents, by slot, that fall due before an instant or are due: ROW's columns."""
    return _due_after(ledger, until, None, most)


def _due_after(
    ledger: Ledger, at: datetime, after: tuple[datetime, str] | None, page: int
) -> pl.DataFrame:
    last = "" if after is None else f" AND {AFTER}"
    known = {} if after is None else {"slot": after[0], "last": after[1]}
    sql = (
        f"SELECT {', '.join(ROW)} FROM effect WHERE {DUE}{last} "
        f"ORDER BY slot_at, effect_id LIMIT {int(page)}"
    )
    return ledger.frame(sql, ROW, {"at": at, **known})


def count_due(ledger: Ledger, at: datetime) -> int:
    """How many intents are due."""
    rows = ledger.frame(f"SELECT count(*) FROM effect WHERE {DUE}", {"n": pl.Int64}, {"at": at})
    return int(rows.item())


def commercial_emails_since(ledger: Ledger, since: datetime, but: Sequence[str]) -> int:
    """Commercial emails that left our hands after an instant, or may have, without those named."""
    exempt = ", ".join(f"'{one}'" for one in COMMERCIAL_EXEMPT)
    among = ledger.among("effect_id", but)
    sql = (
        "SELECT count(*) FROM effect WHERE channel = 'email' AND last_sent_at > :since "
        f"AND action_class NOT IN ({exempt}) AND NOT ({among.clause})"
    )
    found = ledger.frame(sql, {"n": pl.Int64}, {**among.parameters, "since": since})
    return int(found.item())


def standing_in(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, bool, str]]:
    """State, parked and payload hash of these effects, as this transaction sees them."""
    found: dict[str, tuple[str, bool, str]] = {}
    columns = (EffectRow.effect_id, EffectRow.state, EffectRow.parked, EffectRow.payload_hash)
    for part in chunks(ids):
        wanted = select(*columns).where(col(EffectRow.effect_id).in_(part))
        found |= {key: (state, parked, said) for key, state, parked, said in session.exec(wanted)}
    return found


def handed_over(ledger: Ledger) -> pl.DataFrame:
    """Effects in `sending` (ROW's columns): their answer is not recorded."""
    return in_states(ledger, ("sending",)).sort("effect_id")


def lost(ledger: Ledger, at: datetime) -> pl.DataFrame:
    """Unknown effects that may be looked into by now (ROW's columns); parked ones never."""
    rows = in_states(ledger, ("unknown",)).filter(~pl.col("parked"))
    ripe = pl.col("not_before").is_null() | (pl.col("not_before") <= at)
    return rows.filter(ripe).sort("effect_id")


def find(ledger: Ledger, effect_id: str) -> pl.DataFrame:
    """The effect of that id (ROW's columns); no row where there is none."""
    sql = f"SELECT {', '.join(ROW)} FROM effect WHERE effect_id = :id"
    return ledger.frame(sql, ROW, {"id": effect_id})


def read(ledger: Ledger, effect_id: str) -> dict[str, Any]:
    """The effect of that id (ROW's columns). Raises RefusedError where there is none."""
    rows = find(ledger, effect_id)
    if rows.is_empty():
        raise RefusedError(
            f"There is no effect {effect_id}.", "See them: `clearance effects list`."
        )
    return rows.row(0, named=True)


def budgets_of(session: Session, campaign_id: str) -> pl.DataFrame:
    """Every effect on a campaign's budget (ROW's columns), oldest first, as seen by this
    transaction."""
    sql = (
        f"SELECT {', '.join(ROW)} FROM effect WHERE campaign_id = :campaign "
        "AND amount IS NOT NULL ORDER BY at, effect_id"
    )
    return frame_in(session, sql, ROW, {"campaign": campaign_id})


def in_states(ledger: Ledger, states: Sequence[str]) -> pl.DataFrame:
    """Effects in any of the states (ROW's columns)."""
    wanted = ledger.among("state", states)
    sql = f"SELECT {', '.join(ROW)} FROM effect WHERE {wanted.clause}"
    return ledger.frame(sql, ROW, wanted.parameters)


def counts(ledger: Ledger) -> dict[str, int]:
    """How many effects stand in each state; under `parked`, how many a person must settle."""
    sql = (
        "SELECT state, count(*), sum(CASE WHEN parked THEN 1 ELSE 0 END) FROM effect GROUP BY state"
    )
    rows = ledger.frame(sql, {"state": pl.String, "n": pl.Int64, "parked": pl.Int64})
    states = dict(rows.select("state", "n").iter_rows())
    return {**states, "parked": int(rows.get_column("parked").sum())}


def newest(ledger: Ledger, states: Sequence[str], parked: bool, limit: int) -> pl.DataFrame:
    """The effects in any of the states whose state changed last (ROW's columns)."""
    wanted = ledger.among("state", states)
    only = " AND parked" if parked else ""
    sql = (
        f"SELECT {', '.join(ROW)} FROM effect WHERE {wanted.clause}{only} "
        f"ORDER BY at DESC, effect_id LIMIT {int(limit)}"
    )
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
