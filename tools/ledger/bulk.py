"""Whole tables into the ledger: many rows in one statement, duplicates passed over."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import polars as pl
from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

CHUNK = 20_000
IDS_PER_STATEMENT = 900
"""Below the number of parameters that every SQLite allows in one statement."""

T = TypeVar("T")


def table_of(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def insert_new(session: Session, model: type[SQLModel], frame: pl.DataFrame) -> int:
    """Insert the rows that break no unique key; the number that were new."""
    statement: Any = _insert(session)(table_of(model)).on_conflict_do_nothing()
    return sum(_new(session, statement, part.to_dicts()) for part in frame.iter_slices(CHUNK))


def insert_new_row(session: Session, row: SQLModel) -> bool:
    """Insert one row unless its key is there already; whether it was new."""
    statement: Any = _insert(session)(table_of(type(row))).on_conflict_do_nothing()
    return _new(session, statement, row.model_dump()) == 1


def _new(session: Session, statement: Any, rows: Any) -> int:
    """How many rows the statement added, by the engine's own count."""
    counted = {"preserve_rowcount": True}
    done: Any = session.connection().execute(statement, rows, execution_options=counted)
    return int(done.rowcount)


def _insert(session: Session) -> Any:
    dialect = session.get_bind().dialect.name
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(dialect, insert)


def chunks(items: Sequence[T], size: int = IDS_PER_STATEMENT) -> Iterator[Sequence[T]]:
    """The items in parts that fit one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
