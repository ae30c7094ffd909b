"""Reservations: what a decision holds of a limit, until it is spent or freed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlmodel import Session, col, update

from domain.names import CHANNELS
from domain.periods import LATEST, counted_at
from tools.ledger.bulk import chunks, insert_new
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.fitting import Limit, Span, Window, named, refused
from tools.ledger.frames import frame_in
from tools.ledger.models import ReservationRow

TAKEN = ("held", "spent")
WENT_AT = (
    "(SELECT last_sent_at FROM effect WHERE effect.effect_id = reservation.decision_id "
    "AND effect.state IN ('sending', 'accepted', 'unknown'))"
)
"""When a touch was last handed over; null: it was not, or surely did not go."""
TAKEN_ROWS: dict[str, Any] = {
    "resource": pl.String,
    "holder": pl.String,
    "account_id": pl.String,
    "amount": pl.Float64,
    "at": INSTANT,
    "agent": pl.String,
    "theme": pl.String,
}
Dated = Callable[[pl.DataFrame], pl.DataFrame]
"""Rows with holder and at in, the same with `domain.periods.DAYS` out."""


def hold(session: Session, rows: pl.DataFrame, run_id: str) -> int:
    """Hold: decision_id, packet_id, account_id, resource, holder, amount, at, and of touches agent
    and theme where they are known. Again: no change."""
    held = rows.with_columns(run_id=pl.lit(run_id), state=pl.lit("held"))
    return insert_new(session, ReservationRow, held)


def hold_within(
    session: Session,
    rows: pl.DataFrame,
    limits: Sequence[Limit],
    run_id: str,
    others: pl.DataFrame | None = None,
    dated: Dated | None = None,
) -> frozenset[int]:
    """Hold what fits the limits as they stand in this transaction; the units that do not fit.

    rows: `hold`'s columns and unit, a whole number: what goes together or not at all, the lower
    first. others: TAKEN_ROWS of what is taken and stands in no reservation (touches of other
    tools). dated: what gives rows their DAYS by their holder, for limits of the calendar; without
    it every day may be the same. Call it in `Ledger.write`, where no other process writes: what was
    read is still so when it commits.
    """
    asked = rows.with_columns(pl.col("unit").cast(pl.Int64))
    taken = _taken_near(session, asked, limits, others)
    asked, taken = (one if dated is None else dated(one) for one in (asked, taken))
    out = refused(asked, taken, limits)
    units = frozenset(int(unit) for unit in out.nonzero()[0])
    hold(session, rows.filter(~pl.col("unit").is_in(sorted(units))).drop("unit"), run_id)
    return units


def resize(session: Session, decision_id: str, amount: float) -> None:
    """Let what a decision holds be so much instead; what was spent or freed stays."""
    session.connection().execute(
        update(ReservationRow)
        .where(col(ReservationRow.decision_id) == decision_id, col(ReservationRow.state) == "held")
        .values(amount=amount)
    )


def budgets_of(session: Session, pool: str) -> pl.DataFrame:
    """Weekly budgets a pool funds, held or spent, in the order they were decided: decision_id,
    campaign_id, amount, state."""
    return frame_in(
        session,
        "SELECT decision_id, holder, amount, state FROM reservation WHERE resource = :resource "
        "AND state IN ('held', 'spent') ORDER BY reservation_id",
        {
            "decision_id": pl.String,
            "campaign_id": pl.String,
            "amount": pl.Float64,
            "state": pl.String,
        },
        {"resource": f"budget:{pool}"},
    )


def _taken_near(
    session: Session, asked: pl.DataFrame, limits: Sequence[Limit], others: pl.DataFrame | None
) -> pl.DataFrame:
    """TAKEN_ROWS of all others that any of the limits might count with what is asked."""
    if asked.is_empty() or not limits:
        return pl.DataFrame(schema=TAKEN_ROWS)
    since, until = _reach(asked, limits)
    sql = (
        "SELECT decision_id, resource, holder, account_id, amount, at, agent, theme, "
        f"CASE WHEN resource LIKE 'touch:%' THEN {WENT_AT} END "
        "FROM reservation WHERE state IN ('held', 'spent') AND at >= :since AND at <= :until"
    )
    schema = {"decision_id": pl.String, **TAKEN_ROWS, "went_at": INSTANT}
    found = frame_in(session, sql, schema, {"since": since - LATEST, "until": until})
    found = found.with_columns(at=counted_at()).filter(pl.col("at") >= since)
    ours = found.join(asked.select("decision_id").unique(), on="decision_id", how="anti")
    known = ours.select(*TAKEN_ROWS)
    if others is None:
        return known
    return pl.concat([known, named(others).select(*TAKEN_ROWS)])


def _reach(asked: pl.DataFrame, limits: Sequence[Limit]) -> tuple[datetime, datetime]:
    """The first and the last instant at which something taken can matter."""
    first, last = asked.select(first=pl.col("at").min(), last=pl.col("at").max()).row(0)
    windows = [one.window for one in limits if isinstance(one, Window)]
    spans = [one for one in limits if isinstance(one, Span)]
    longest = max(windows, default=timedelta(0))
    return (
        min([first - longest, *(one.since for one in spans)]),
        max([last + longest, *(one.until for one in spans)]),
    )


def spend(session: Session, decision_ids: Sequence[str]) -> None:
    """What was sent has used what it held."""
    _move(session, decision_ids, ("held",), "spent")


def free(session: Session, decision_ids: Sequence[str]) -> None:
    """What will not happen, or surely did not, frees what it took. Again: no change."""
    _move(session, decision_ids, TAKEN, "freed")


def free_packet(session: Session, packet_id: str) -> int:
    """Free all a packet holds; how many reservations that were."""
    changed: Any = session.connection().execute(
        update(ReservationRow)
        .where(col(ReservationRow.packet_id) == packet_id, col(ReservationRow.state) == "held")
        .values(state="freed")
    )
    return int(changed.rowcount)


def free_run(session: Session, run_id: str) -> int:
    """Free all a run holds; how many reservations that were."""
    changed: Any = session.connection().execute(
        update(ReservationRow)
        .where(col(ReservationRow.run_id) == run_id, col(ReservationRow.state) == "held")
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


def touch_log(
    ledger: Ledger,
    contact_ids: Sequence[str] | None = None,
    account_ids: Sequence[str] = (),
) -> pl.DataFrame:
    """Touches held or sent: decision_id, contact_id, account_id, channel, at, agent, theme (empty
    where nobody wrote them), went_at (when it was last handed over; empty: not yet). contact_ids:
    of these people, and of everybody of account_ids; None: of all."""
    schema = {
        "decision_id": pl.String,
        "contact_id": pl.String,
        "account_id": pl.String,
        "channel": pl.String,
        "at": INSTANT,
        "agent": pl.String,
        "theme": pl.String,
        "went_at": INSTANT,
    }
    sql = (
        f"SELECT decision_id, holder, account_id, substr(resource, 7), at, agent, theme, {WENT_AT} "
        "FROM reservation WHERE resource LIKE 'touch:%' AND state IN ('held', 'spent')"
    )
    if contact_ids is None:
        return ledger.frame(sql, schema)
    people, accounts = ledger.among("holder", contact_ids), ledger.among("account_id", account_ids)
    theirs = accounts.clause.replace(":among", ":accounts")
    each = ", ".join(f"'touch:{channel}'" for channel in CHANNELS)  # so that the index is used
    return ledger.frame(
        f"{sql} AND resource IN ({each}) AND {people.clause} UNION {sql} AND {theirs}",
        schema,
        {**people.parameters, "accounts": accounts.parameters["among"]},
    )


def pool_used(ledger: Ledger, pool: str, since: datetime, until: datetime) -> float:
    """Minor units of a pool held or spent between two instants."""
    return _used(ledger, f"pool:{pool}", since, until)


def minutes_used(ledger: Ledger, person: str, since: datetime, until: datetime) -> float:
    """Minutes of a person held or spent between two instants."""
    return _used(ledger, f"minutes:{person}", since, until)


def _used(ledger: Ledger, resource: str, since: datetime, until: datetime) -> float:
    with ledger.read() as session:
        return used_in(session, resource, since, until)


def used_in(session: Session, resource: str, since: datetime, until: datetime) -> float:
    """How much of a resource is held or spent between two instants, seen by this transaction."""
    rows = frame_in(
        session,
        "SELECT amount FROM reservation WHERE resource = :resource "
        "AND state IN ('held', 'spent') AND at >= :since AND at <= :until",
        {"amount": pl.Float64},
        {"resource": resource, "since": since, "until": until},
    )
    return float(rows.get_column("amount").sum())
