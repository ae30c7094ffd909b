"""The sandbox: a provider with a record of its own, that acts on each key once.

It stands in for every provider in a sample workspace. What people do in it is drawn by chance from
a response table and labelled simulated.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tools.connectors.protocols import Delivery, Provider, Receipt, Terms
from tools.connectors.responses import drawn_outcomes
from tools.keys import shares_of

BOUNCE_SHARE = 0.002
"""Addresses that refuse everything, by a hash of the contact."""
TABLES = """
CREATE TABLE IF NOT EXISTS delivered (
    key TEXT PRIMARY KEY, channel TEXT, contact_id TEXT, campaign_id TEXT, treatment TEXT,
    amount INTEGER, payload_hash TEXT, at TEXT, state TEXT, reason TEXT, attempts INTEGER
);
CREATE TABLE IF NOT EXISTS ghost (
    key TEXT PRIMARY KEY, channel TEXT, contact_id TEXT, treatment TEXT, at TEXT
);
"""
INSERT = """
INSERT INTO delivered VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (key) DO UPDATE SET attempts = attempts + 1
"""


class Sandbox:
    """The twin of every provider. `folder` holds its record and the response table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def terms(self) -> Terms:
        return Terms(provider="sandbox", keys=True, lookup=True)

    def provider(self, channel: str) -> Provider:
        """The sandbox is the provider of every channel."""
        return self

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.folder / "provider.sqlite", timeout=30)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(TABLES)
            with connection:
                yield connection
        finally:
            connection.close()

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        """Act on each key once; a key that comes again with another body is refused."""
        bounced = _bounces([one.contact_id for one in batch])
        with self._open() as connection:
            connection.executemany(
                INSERT, [_row(one, gone) for one, gone in zip(batch, bounced, strict=True)]
            )
            known = _receipts(connection, [one.key for one in batch])
            bodies = _bodies(connection, [one.key for one in batch])
        return [
            known[one.key] if bodies[one.key] == one.payload_hash else _reused(one) for one in batch
        ]

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        with self._open() as connection:
            return _receipts(connection, keys)

    def register_ghosts(self, withheld: pl.DataFrame) -> None:
        columns = ("effect_id", "channel", "contact_id", "treatment", "slot_at")
        rows = [
            (key, channel, contact, treatment, at.isoformat())
            for key, channel, contact, treatment, at in withheld.select(columns).iter_rows()
        ]
        with self._open() as connection:
            connection.executemany("INSERT OR IGNORE INTO ghost VALUES (?, ?, ?, ?, ?)", rows)

    def outcomes_until(self, at: datetime) -> pl.DataFrame:
        return drawn_outcomes(self.folder, self.touched(), at)

    def touched(self) -> pl.DataFrame:
        """key, channel, contact_id, treatment, at, ghost of everybody touched or left alone."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT key, channel, contact_id, treatment, at, 0 FROM delivered "
                "WHERE state = 'accepted' AND contact_id IS NOT NULL "
                "UNION ALL SELECT key, channel, contact_id, treatment, at, 1 FROM ghost"
            ).fetchall()
        schema = ("key", "channel", "contact_id", "treatment", "at", "ghost")
        frame = pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.String), orient="row")
        return frame.with_columns(
            pl.col("at").str.to_datetime("%+", time_unit="us", time_zone="UTC"),
            ghost=pl.col("ghost") == "1",
        )

    def budget(self, campaign_id: str) -> int | None:
        """The budget the platform runs: what was set last."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT amount FROM delivered WHERE campaign_id = ? AND amount IS NOT NULL "
                "ORDER BY rowid DESC LIMIT 1",
                (campaign_id,),
            ).fetchone()
        return None if row is None else int(row[0])

    def deliveries(self) -> list[tuple[str, int]]:
        """(key, times handed over) of everything the provider acted on: once each."""
        with self._open() as connection:
            return connection.execute("SELECT key, attempts FROM delivered ORDER BY key").fetchall()


def _bounces(contacts: Sequence[str | None]) -> list[bool]:
    frame = pl.DataFrame({"contact_id": list(contacts)}, schema={"contact_id": pl.String})
    gone = shares_of(frame, ["contact_id"], "sandbox bounce") < BOUNCE_SHARE
    return [bool(one) and who is not None for one, who in zip(gone, contacts, strict=True)]


def _row(one: Delivery, bounced: bool) -> tuple[object, ...]:
    return (
        one.key,
        one.channel,
        one.contact_id,
        one.campaign_id,
        one.treatment,
        one.amount,
        one.payload_hash,
        one.at.isoformat(),
        "failed" if bounced else "accepted",
        "provider_refused" if bounced else None,
    )


def _receipts(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Receipt]:
    rows = _select(connection, "key, state, reason", keys)
    return {
        key: Receipt.model_validate(
            {"key": key, "state": state, "reason": reason, "provider_ref": f"sandbox-{key[:12]}"}
        )
        for key, state, reason in rows
    }


def _bodies(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, str]:
    return {row[0]: row[1] for row in _select(connection, "key, payload_hash", keys)}


def _select(connection: sqlite3.Connection, columns: str, keys: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(keys), 900):
        part = list(keys[start : start + 900])
        marks = ", ".join("?" * len(part))
        found += connection.execute(
            f"SELECT {columns} FROM delivered WHERE key IN ({marks})", part
        ).fetchall()
    return found


def _reused(one: Delivery) -> Receipt:
    return Receipt(key=one.key, state="failed", reason="provider_refused", provider_ref=None)
