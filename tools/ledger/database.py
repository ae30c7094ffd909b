"""The ledger's database: one engine, short transactions, one writer at a time."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlmodel import Session, SQLModel

from domain.errors import StorageError, WorkspaceError
from tools.ledger.frames import frame_in
from tools.ledger.models import MetaRow

SCHEMA_VERSION = "2"
BUSY_SECONDS = 30
INSTANT = pl.Datetime("us", "UTC")


class Ledger:
    """A ledger by URL. SQLite takes its write lock at the start of a write, so that what a
    transaction read is still true when it commits."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.sqlite = make_url(url).get_backend_name() == "sqlite"

    @classmethod
    def at(cls, file: Path) -> "Ledger":
        return cls(f"sqlite:///{file}")

    def create(self) -> None:
        """Make the tables where they are missing. Raises WorkspaceError for another version."""
        with _storage():
            SQLModel.metadata.create_all(self.engine)
        with self.write() as session:
            row = session.get(MetaRow, "schema_version")
            if row is None:
                session.add(MetaRow(key="schema_version", value=SCHEMA_VERSION))
            elif row.value != SCHEMA_VERSION:
                raise WorkspaceError(
                    f"This ledger has schema {row.value}; this version reads {SCHEMA_VERSION}.",
                    "Use the version of Clearance that made it, or import into a new workspace.",
                )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end, or leaves no trace."""
        with _storage(), Session(self.engine) as session:
            if self.sqlite:
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with; nothing it does is kept."""
        with _storage(), Session(self.engine) as session:
            if self.sqlite:
                session.connection().exec_driver_sql("BEGIN")
            try:
                yield session
            finally:
                session.rollback()

    def among(self, column: str, values: Sequence[str]) -> "Among":
        """A condition that the column is one of the values, however many there are.

        They travel as one JSON parameter: engines limit the number of parameters.
        """
        each = "json_each(:among)" if self.sqlite else "json_array_elements_text(:among)"
        return Among(
            clause=f"{column} IN (SELECT value FROM {each})",
            parameters={"among": json.dumps(list(values))},
        )

    def frame(
        self, sql: str, schema: dict[str, Any], parameters: dict[str, Any] | None = None
    ) -> pl.DataFrame:
        """The rows of a query as a frame of the declared schema, columns by position.

        Instants come back aware in UTC, whichever way the engine keeps them.
        """
        with self.read() as session:
            return frame_in(session, sql, schema, parameters)


@dataclass(frozen=True)
class Among:
    """`column IN (values)`, with its one parameter."""

    clause: str
    parameters: dict[str, str]


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _leave_begin_to_us)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """WAL, full durability, and no transaction that the driver starts by itself."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _leave_begin_to_us(_: Any) -> None:
    """`write` and `read` say BEGIN themselves, since they know whether they will write."""


@contextmanager
def _storage() -> Iterator[None]:
    """Trouble with the storage, in the house's words."""
    try:
        yield
    except OperationalError as error:
        raise StorageError(
            f"The ledger can't be reached: {error.orig}.",
            "See that the disk has space and no other program holds the file.",
        ) from error
    except DatabaseError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise StorageError(
                f"The ledger is damaged: {error.orig}.", "Restore it from a backup."
            ) from error
        raise
