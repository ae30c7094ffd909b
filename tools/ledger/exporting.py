"""The record as plain frames, so that anyone can check it with their own code."""

import json
from datetime import datetime

import polars as pl
from sqlmodel import Session, select

from tools.ledger import audit
from tools.ledger.consents import STANDING
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.models import AuditRow

EFFECTS = {
    "effect_id": pl.String,
    "run_id": pl.String,
    "contact_id": pl.String,
    "agent": pl.String,
    "channel": pl.String,
    "purpose": pl.String,
    "treatment": pl.String,
    "slot": INSTANT,
    "state": pl.String,
    "reason": pl.String,
    "at": INSTANT,
    "campaign_id": pl.String,
    "class": pl.String,
    "amount": pl.Int64,
    "packet_id": pl.String,
    "last_sent_at": INSTANT,
    "payload_hash": pl.String,
}


def effects(ledger: Ledger) -> pl.DataFrame:
    """Every effect with its state; contact_id is empty for a campaign's budget."""
    sql = (
        "SELECT effect_id, run_id, contact_id, agent, channel, purpose, treatment, slot_at, state, "
        "reason, at, campaign_id, action_class, amount, packet_id, last_sent_at, "
        "payload_hash FROM effect ORDER BY effect_id"
    )
    return ledger.frame(sql, EFFECTS)


def consents(ledger: Ledger) -> pl.DataFrame:
    """Every statement about consent, oldest first."""
    schema = {**STANDING, "basis": pl.String, "text_version": pl.String, "source": pl.String}
    return ledger.frame(f"SELECT {', '.join(schema)} FROM consent ORDER BY consent_id", schema)


def states_of_run(ledger: Ledger, run_id: str) -> pl.DataFrame:
    """effect_id, effect_state, effect_reason of a run's effects."""
    return ledger.frame(
        "SELECT effect_id, state, reason FROM effect WHERE run_id = :run",
        {"effect_id": pl.String, "effect_state": pl.String, "effect_reason": pl.String},
        {"run": run_id},
    )


def note_export(session: Session, what: str, file: str, at: datetime) -> None:
    """Before an export is written: where it will lie, so that an erasure finds it."""
    audit.append(session, at, "export", "exported", what, {"file": file})


def exported(ledger: Ledger) -> list[str]:
    """Every file to which anything was exported, as it was named then."""
    with ledger.read() as session:
        lines = session.exec(select(AuditRow.payload).where(AuditRow.kind == "exported")).all()
    return sorted({str(json.loads(line)["file"]) for line in lines})
