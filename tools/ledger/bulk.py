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
    before = session.connection().exec_driver_sql(_count(model)).scalar_one()
    statement: Any = _insert(session)(table_of(model)).on_conflict_do_nothing()
    for part in frame.iter_slices(CHUNK):
        session.connection().execute(statement, part.to_dicts())
    after = session.connection().exec_driver_sql(_count(model)).scalar_one()
    return int(after - before)


def insert_new_row(session: Session, row: SQLModel) -> bool:
    """Insert one row unless its key is there already; whether it was new."""
    statement: Any = _insert(session)(table_of(type(row))).on_conflict_do_nothing()
    return bool(session.connection().execute(statement, row.model_dump()).rowcount == 1)


def _insert(session: Session) -> Any:
    dialect = session.get_bind().dialect.name
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(dialect, insert)


def _count(model: type[SQLModel]) -> str:
    return f"SELECT count(*) FROM {table_of(model).name}"


def chunks(items: Sequence[T], size: int = IDS_PER_STATEMENT) -> Iterator[Sequence[T]]:
    """The items in parts that fit one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
