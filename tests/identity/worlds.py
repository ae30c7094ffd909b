"""Contacts for tests of identity: a world in one call, every column that is not told empty."""

from datetime import UTC, datetime, timedelta

import polars as pl

from tools.warehouse.identity.keys import KNOWN

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def contacts(*rows: dict[str, str | None]) -> pl.DataFrame:
    """KNOWN of these contacts, each a day younger than the one before."""
    told = [
        {"contact_id": f"c{number}", "created_at": FIRST + timedelta(days=number), **row}
        for number, row in enumerate(rows, 1)
    ]
    return pl.DataFrame(told, schema=KNOWN)


def merges_of(found: pl.DataFrame) -> dict[str, str]:
    return dict(found.select("contact_id", "survivor_id").iter_rows())
