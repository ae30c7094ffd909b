"""The ledger's database: one engine, short transactions, one writer at a time."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from domain.errors import IntegrityError
from tools import faultpoints
from tools.ledger import engines, migrating
from tools.ledger.engines import BUSY_SECONDS, Begun
from tools.ledger.frames import frame_in
from tools.ledger.trouble import in_words, uncertain

INSTANT = pl.Datetime("us", "UTC")


class Ledger:
    """A ledger by URL, on SQLite or on Postgres, with the same promises.

    Writers come one after the other, each with the lock from its start, so that what a transaction
    read is still true when it commits; a reader sees one moment and waits for nobody. Trouble with
    the storage is a StorageError.
    """

    def __init__(self, url: str) -> None:
        self.engine = engines.open_engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._here = threading.local()

    @classmethod
    def at(cls, file: Path) -> "Ledger":
        return cls(f"sqlite:///{file}")

    @property
    def file(self) -> Path | None:
        """Where SQLite keeps it; None on Postgres."""
        name = self.engine.url.database
        return Path(name) if self.sqlite and name else None

    @property
    def writing(self) -> bool:
        """Whether this thread is inside a write: then nothing outside may be called."""
        return getattr(self._here, "writing", False)

    def create(self) -> None:
        """Make the tables where they are missing; an older ledger is brought up to date.

        A ledger that is up to date is only read, so that it opens when it can't be written.
        Raises WorkspaceError where a newer version made it.
        """
        with self.read() as session:
            if migrating.is_current(session.connection()):
                return
        with self.write() as session:
            migrating.bring_up(session.connection())

    @contextmanager
    def write(self, seconds: float = BUSY_SECONDS) -> Iterator[Session]:
        """A transaction that commits at the end, or leaves no trace; it waits up to so many
        seconds for its turn. Call nothing outside within it.

        Raises UncertainCommitError where not even the server's own record tells whether the
        change was kept: look it up by its key before trying again.
        """
        with in_words(self.file), self._one_at_a_time(), Session(self.engine) as session:
            begun = engines.begin_write(session.connection(), seconds)
            try:
                yield session
                session.flush()
                faultpoints.reach("ledger.committing")
                self._commit(session, begun)
            except BaseException:
                session.rollback()
                raise
            faultpoints.reach("ledger.committed")

    def _commit(self, session: Session, begun: Begun | None) -> None:
        """Commit. An answer that got lost is asked for again, by the transaction's number."""
        try:
            session.commit()
        except DBAPIError as error:
            if begun is None or not error.connection_invalidated:
                raise
            with uncertain(error):
                kept = engines.was_kept(self.engine, begun)
            if not kept:
                raise

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """A write inside a write of the same thread would wait for itself."""
        if self.writing:
            raise IntegrityError(
                "A write began inside another write of the same thread.",
                "Hand the session on instead.",
            )
        self._here.writing = True
        try:
            yield
        finally:
            self._here.writing = False

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with, which sees one moment; nothing it does is kept."""
        with in_words(self.file), self._reading() as session:
            try:
                yield session
            finally:
                session.rollback()
                session.close()

    def _reading(self) -> Session:
        """A session that has begun; of a SQLite file that can't be opened as usual, a plain one."""
        session = Session(self.engine)
        try:
            engines.begin_read(session)
        except OperationalError:
            session.close()
            still = engines.open_still(self.file) if self.file else None
            if still is None:
                raise
            session = Session(still)
            engines.begin_read(session)
        return session

    def among(self, column: str, values: Sequence[str]) -> "Among":
        """A condition that the column is one of the values, however many there are.

        They travel as one JSON parameter: engines limit the number of parameters.
        """
        each = (
            "json_each(:among)" if self.sqlite else "json_array_elements_text(CAST(:among AS json))"
        )
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
