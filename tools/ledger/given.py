"""Given: what contacts got of us or are to get, by treatment, however long ago."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from tools.ledger.database import INSTANT, Ledger

GIVEN: dict[str, Any] = {
    "decision_id": pl.String,
    "contact_id": pl.String,
    "channel": pl.String,
    "treatment_id": pl.String,
    "class": pl.String,
    "at": INSTANT,
    "state": pl.String,
}
"""at: the slot. state: intent, sending, accepted or unknown."""
WENT = ("accepted", "unknown")
"""States in which it went out, or may have."""
LIVE_SQL = (
    "SELECT effect_id, contact_id, channel, treatment, action_class, slot_at, state FROM effect "
    # word for word as the index `effect_once_a_day` says it, or the engine will not use it
    "WHERE state IN ('intent', 'sending', 'accepted', 'unknown') AND contact_id IS NOT NULL"
)


def given(ledger: Ledger, contact_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """Live effects as GIVEN. contact_ids: only these people; None: everybody."""
    if contact_ids is None:
        return ledger.frame(LIVE_SQL, GIVEN)
    people = ledger.among("contact_id", contact_ids)
    return ledger.frame(f"{LIVE_SQL} AND {people.clause}", GIVEN, people.parameters)
