"""Scenes in which conflicts are looked for: what was asked of whom, and what became of it."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from domain.tables import CANDIDATES, CONFLICTS
from graph.conflicts.detecting import detect
from graph.conflicts.scene import POOLS, TRIGGERS, Scene
from tests.policies.worlds import sample_policy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""
SCHEMA = {
    **CANDIDATES.schema,
    "chosen": pl.Boolean,
    "ghost": pl.Boolean,
    "reason": pl.String,
    "price": pl.Float64,
    "winner": pl.UInt32,
    "resource": pl.String,
    "deal_id": pl.String,
    "deal_stage": pl.String,
    "ae": pl.String,
    "touches_28d": pl.UInt32,
}


def asked(number: int, contact: int = 0, **columns: Any) -> dict[str, Any]:
    """A marketing e-mail worth ten that was neither chosen nor beaten, unless said otherwise."""
    return {
        "candidate": number,
        "contact": contact,
        "contact_id": f"person {contact}",
        "account_id": "Acme",
        "agent": "email",
        "channel": "email",
        "campaign_id": "spring",
        "treatment_id": f"treatment {number}",
        "class": "marketing",
        "purpose": "marketing",
        "slot": 0,
        "slot_at": NOON,
        "value": 10.0,
        "value_se": 1.0,
        "evidence": "measured",
        "cost": 0,
        "minutes": 0.0,
        "findings": 0,
        "chosen": False,
        "ghost": False,
        "price": 0.0,
        "touches_28d": 0,
        **columns,
    }


def started(*rows: tuple[int, str, datetime]) -> pl.DataFrame:
    """Triggers: contact, treatment and the instant that started what asks for it."""
    return pl.DataFrame(list(rows), schema=TRIGGERS, orient="row")


def floor(pool: str, start: datetime, end: datetime, least: int) -> pl.DataFrame:
    """The plan of one pool: the least it must spend in the period, minor units."""
    return pl.DataFrame([(pool, start, end, least)], schema=POOLS, orient="row")


def scene(*rows: dict[str, Any], **what: Any) -> Scene:
    """A scene of these rows; everything else lies empty unless said otherwise."""
    placed = pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
    return Scene(**{"policy": sample_policy(), "currency": "USD", "placed": placed, **what})


def conflicts(*rows: dict[str, Any], **what: Any) -> list[dict[str, Any]]:
    """The conflicts of the scene."""
    found = detect(scene(*rows, **what))
    assert found.schema == CONFLICTS.schema
    return found.to_dicts()


def found(*rows: dict[str, Any], **what: Any) -> list[tuple[int, int, int | None]]:
    """Type, candidate that gave way, candidate of the other side."""
    told = conflicts(*rows, **what)
    return [(one["type"], one["candidate"], one["against"]) for one in told]
