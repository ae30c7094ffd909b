"""Rows to keep: effects, reservations, a packet that waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from domain.packet import Packet
from tools.ledger.database import INSTANT

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def intents(*ids: str, **change: Any) -> pl.DataFrame:
    """Effects to come, each for a contact of its own, as `effects.insert_intents` takes them."""
    plain: dict[str, Any] = {
        "run_id": "r1",
        "packet_id": "p1",
        "candidate": 1,
        "account_id": None,
        "agent": "email",
        "channel": "email",
        "campaign_id": "spring",
        "purpose": "marketing",
        "treatment": "hello",
        "action_class": "marketing",
        "slot_at": NOON,
        "local_day": "2026-03-02",
        "amount": None,
        "payload_hash": "h",
    }
    rows = [{"effect_id": one, "contact_id": f"of-{one}", **plain, **change} for one in ids]
    types = {"slot_at": INSTANT, "amount": pl.Int64, "account_id": pl.String}
    return pl.DataFrame(rows, schema_overrides=types)


def holds(*ids: str) -> pl.DataFrame:
    """What these decisions hold of the contacts' e-mail, as `reservations.hold` takes it."""
    rows = [
        {
            "decision_id": one,
            "packet_id": "p1",
            "account_id": None,
            "resource": "touch:email",
            "holder": f"of-{one}",
            "amount": 1.0,
            "at": NOON,
        }
        for one in ids
    ]
    return pl.DataFrame(rows, schema_overrides={"account_id": pl.String, "at": INSTANT})


def statements(*contacts: str, state: str = "granted", at: datetime = NOON) -> pl.DataFrame:
    """What contacts said of marketing e-mail, as `consents.record` takes it."""
    return pl.DataFrame(
        {
            "contact_id": contacts,
            "channel": "email",
            "purpose": "marketing",
            "state": state,
            "source": "form",
            "at": at,
        },
        schema_overrides={"at": INSTANT},
    )


def packet(approvals: int = 1) -> Packet:
    """A packet that needs people."""
    return Packet(
        packet_id="p1",
        version=1,
        run_id="r1",
        kind="touches",
        disposition="escalated",
        title="Hello",
        agent="email",
        channel="email",
        campaign_id="spring",
        treatments=("hello",),
        contacts=1,
        accounts=1,
        decisions_hash="d",
        value=1.0,
        value_se=0.1,
        cost=0,
        currency="USD",
        first_at=NOON,
        last_at=NOON,
        evidence_prior_share=0.0,
        triggers=(),
        other_sides=(),
        budget=None,
        approvals_needed=approvals,
        policy_hash="p",
        proposed_by="meta-agent",
    )


LATER = NOON + timedelta(days=3)
