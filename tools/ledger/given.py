"""Given: what contacts got of us or are to get, by treatment, however long ago."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlmodel import Session

from tools.ledger.database import INSTANT, Ledger
from tools.ledger.frames import frame_in

LIVE: Final[dict[str, Any]] = {
    "decision_id": pl.String,
    "contact_id": pl.String,
    "channel": pl.String,
    "treatment_id": pl.String,
    "class": pl.String,
    "at": INSTANT,
    "state": pl.String,
}
"""at: when it was first handed over, or the slot. state: intent, sending, accepted or unknown."""
WENT: Final = ("accepted", "unknown")
"""States in which it went out, or may have."""
WAITING: Final[dict[str, Any]] = {
    "decision_id": pl.String,
    "contact_id": pl.String,
    "treatment_id": pl.String,
    "at": INSTANT,
}
TREATMENT: Final = "treatment:"
"""Begins the resources by which a decision holds what it gives, where the policy asks for it."""
LIVE_SQL: Final = (
    "SELECT effect_id, contact_id, channel, treatment, action_class, "
    "CASE WHEN state = 'intent' THEN slot_at ELSE COALESCE(first_sent_at, slot_at) END, state "
    "FROM effect "
    # word for word as the index `effect_once_a_day` says it, or the engine will not use it
    "WHERE state IN ('intent', 'sending', 'accepted', 'unknown') AND contact_id IS NOT NULL"
)
HANDED_SQL: Final = (
    "SELECT 1 FROM effect "
    "WHERE state IN ('intent', 'sending', 'accepted', 'unknown') AND contact_id IS NOT NULL "
    "AND {people} AND NOT {named} AND state <> 'intent' "
    "AND COALESCE(first_sent_at, slot_at) >= :at LIMIT 1"
)
WAITING_SQL: Final = (
    "SELECT decision_id, holder, substr(resource, 11), at FROM reservation "
    "WHERE resource LIKE 'treatment:%' AND state = 'held'"
)


def given(ledger: Ledger, contact_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """Live effects as LIVE. contact_ids: only these people; None: everybody."""
    if contact_ids is None:
        return ledger.frame(LIVE_SQL, LIVE)
    people = ledger.among("contact_id", contact_ids)
    return ledger.frame(f"{LIVE_SQL} AND {people.clause}", LIVE, people.parameters)


def handed_since(
    session: Session, ledger: Ledger, contact_ids: Sequence[str], but: Sequence[str], at: datetime
) -> bool:
    """Whether any of these people was handed anything at that instant or later, but for the
    effects named."""
    people, named = ledger.among("contact_id", contact_ids), ledger.among("effect_id", but)
    sql = HANDED_SQL.format(people=people.clause, named=named.clause.replace(":among", ":named"))
    said = {**people.parameters, "named": named.parameters["among"], "at": at}
    return not frame_in(session, sql, {"found": pl.Int64}, said).is_empty()


def waiting(ledger: Ledger) -> pl.DataFrame:
    """What decisions hold that may be approved yet, or are scheduled: WAITING."""
    return ledger.frame(WAITING_SQL, WAITING)
