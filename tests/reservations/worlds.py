"""Asks and limits to try reservations with, small and readable."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from domain.tables import INSTANT
from tools.ledger.database import Ledger
from tools.ledger.fitting import Span, Window

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
EMAILS = ("touch:email",)


def ledger_in(folder: Path) -> Ledger:
    ledger = Ledger.at(folder / "ledger.sqlite")
    ledger.create()
    return ledger


def ask(
    decision: str,
    unit: int,
    resource: str = "touch:email",
    holder: str = "",
    account: str | None = None,
    amount: float = 1.0,
    hours: float = 0.0,
) -> dict[str, object]:
    return {
        "decision_id": decision,
        "packet_id": "pk",
        "account_id": account,
        "resource": resource,
        "holder": holder,
        "amount": amount,
        "at": START + timedelta(hours=hours),
        "unit": unit,
    }


def asks(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {
        "decision_id": pl.String,
        "packet_id": pl.String,
        "account_id": pl.String,
        "resource": pl.String,
        "holder": pl.String,
        "amount": pl.Float64,
        "at": INSTANT,
        "unit": pl.Int64,
    }
    return pl.DataFrame(list(rows), schema=schema)


def per_contact(at_most: float, window: timedelta = WEEK) -> Window:
    return Window("contact", EMAILS, EMAILS, at_most, window)


def per_account(at_most: float, window: timedelta = WEEK) -> Window:
    return Window("account", EMAILS, EMAILS, at_most, window)


def pool(at_most: float, name: str = "pool:messages") -> Span:
    return Span(name, at_most, START - WEEK, START + WEEK)


def taken(ledger: Ledger) -> pl.DataFrame:
    """What is held or spent: decision_id, resource, holder, account_id, amount, at."""
    return ledger.frame(
        "SELECT decision_id, resource, holder, account_id, amount, at FROM reservation "
        "WHERE state IN ('held', 'spent') ORDER BY decision_id, resource",
        {
            "decision_id": pl.String,
            "resource": pl.String,
            "holder": pl.String,
            "account_id": pl.String,
            "amount": pl.Float64,
            "at": INSTANT,
        },
    )
