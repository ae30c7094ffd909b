"""Asks and limits to try reservations with, small and readable."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from domain.tables import INSTANT
from tools.ledger.database import Ledger
from tools.ledger.fitting import HOLDER, SLACK, Limit, Span, Window

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
    agent: str | None = None,
    theme: str | None = None,
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
        "agent": agent,
        "theme": theme,
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
        "agent": pl.String,
        "theme": pl.String,
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


Rows = list[dict[str, Any]]


def one_by_one(rows: pl.DataFrame, beside: pl.DataFrame, limits: list[Limit]) -> list[int]:
    """The definition: units in order, each against what is taken when its turn comes."""
    gone = beside.to_dicts()
    lost: list[int] = []
    for unit in sorted(set(rows["unit"])):
        mine = rows.filter(pl.col("unit") == unit).to_dicts()
        if all(holds(limit, mine, gone) for limit in limits):
            gone += mine
        else:
            lost.append(unit)
    return lost


def holds(limit: Limit, mine: Rows, gone: Rows) -> bool:
    if isinstance(limit, Span):
        asked = sum(one["amount"] for one in mine if one["resource"] == limit.resource)
        used = sum(
            one["amount"]
            for one in gone
            if one["resource"] == limit.resource
            and ("unit" in one or limit.since <= one["at"] <= limit.until)
        )
        return not asked or asked + used <= limit.at_most + SLACK
    key = HOLDER[limit.per]
    for one in mine:
        if one["resource"] not in limit.asks or one[key] is None:
            continue
        near = [
            other
            for other in [*gone, *mine]
            if other["resource"] in limit.counts
            and other[key] == one[key]
            and abs(other["at"] - one["at"]) < limit.window
            and (limit.calendar is None or other["at"].date() == one["at"].date())
            and (limit.side != "before" or other["at"] <= one["at"])
            and (limit.side != "after" or other["at"] >= one["at"])
            and other is not one
        ]
        own = one["amount"] if one["resource"] in limit.counts else 0
        if own + sum(other["amount"] for other in near) > limit.at_most + SLACK:
            return False
    return True
