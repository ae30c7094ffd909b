"""Queries as frames, within a transaction that is open already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import bindparam, text
from sqlmodel import Session

from domain.tables import INSTANT
from tools.ledger.models import Instant


def frame_in(
    session: Session, sql: str, schema: dict[str, Any], parameters: dict[str, Any] | None = None
) -> pl.DataFrame:
    """The rows of a query as a frame of the declared schema, columns by position.

    Instants go in and come back aware, in UTC, whichever way the engine keeps them.
    """
    typed = [
        bindparam(name, value, type_=Instant() if isinstance(value, datetime) else None)
        for name, value in (parameters or {}).items()
    ]
    connection = session.connection()
    rows: Sequence[Any] = connection.execute(text(sql).bindparams(*typed)).all()
    as_text = connection.dialect.name == "sqlite"
    raw = {
        name: pl.String if as_text and dtype == INSTANT else dtype for name, dtype in schema.items()
    }
    frame = pl.DataFrame([tuple(row) for row in rows], schema=raw, orient="row")
    return frame.with_columns(
        pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", time_zone="UTC")
        for name, dtype in schema.items()
        if dtype == INSTANT and raw[name] == pl.String
    )
