"""The two engines: how each is opened, and how each begins a transaction.

Both give the same promise. A write holds the ledger's one write lock from its first statement to
its end, so what it read is still true when it commits; a read sees one moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlmodel import Session
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_random,
)

from domain.errors import ConfigurationError

BUSY_SECONDS = 30.0
"""How long a write waits for the lock before it gives up."""
IDLE_SECONDS = 120
"""Postgres ends a transaction that says nothing for so long: a writer that was paused or lost its
machine must not hold the lock for ever."""
LOCK = 0x41756469
"""Postgres' advisory lock: one writer at a time. SQLite's write lock is its like."""


@dataclass(frozen=True)
class Begun:
    """A write's transaction on Postgres, by which its fate can be asked for later."""

    transaction: str
    backend: int


def open_engine(url: str) -> Engine:
    """An engine for the URL; nothing is connected yet.

    Raises ConfigurationError where the engine is not one of the two, or its driver is missing.
    """
    wanted = make_url(url)
    makers: dict[str, Callable[[URL], Engine]] = {"sqlite": _sqlite, "postgresql": _postgres}
    make = makers.get(wanted.get_backend_name().replace("postgres", "postgresql")[:10])
    if make is None:
        raise ConfigurationError(
            f"Expected a ledger_url of sqlite or postgresql, found {wanted.drivername}.",
            "See docs/decisions/storage.md.",
        )
    return make(wanted)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _leave_begin_to_us)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Wait for others, WAL, full durability, and no transaction that the driver starts itself."""
    connection.isolation_level = None
    patience = f"busy_timeout={int(BUSY_SECONDS * 1000)}"
    for pragma in (patience, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _leave_begin_to_us(_: Any) -> None:
    """`begin_write` and `begin_read` say BEGIN, since they know whether they will write."""


def _postgres(url: URL) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "keepalives_idle": 30, "keepalives_count": 3},
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The ledger_url names Postgres; its driver is not installed.",
            "Install it: pip install 'clearance[postgres]'.",
        ) from error
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _: Any) -> None:
    connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.execute("SET timezone = 'UTC'")
    connection.commit()


def open_still(file: Path) -> Engine | None:
    """An engine that only reads a SQLite file to which nobody writes: where the disk has not even
    room for the files that SQLite keeps beside it. None where some of it lies in such a file."""
    beside = Path(f"{file}-wal")
    if not file.exists() or (beside.exists() and beside.stat().st_size > 0):
        return None
    engine = create_engine(
        f"sqlite:///file:{quote(str(file.resolve()))}?mode=ro&immutable=1&uri=true",
        poolclass=NullPool,
    )
    event.listen(engine, "begin", _leave_begin_to_us)
    return engine


def begin_read(session: Session) -> None:
    """Begin to look at one moment, whatever others commit meanwhile."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN")
    else:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def begin_write(connection: Connection, seconds: float) -> Begun | None:
    """Take the write lock, or raise OperationalError after so many seconds of waiting.

    Nothing was done before it, so to try again for the lock is to try the whole transaction again.
    """
    if connection.dialect.name == "sqlite":
        _begin_sqlite(connection, seconds)
        return None
    if seconds != BUSY_SECONDS:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{seconds}s'")
    asked = "SELECT pg_current_xact_id()::text, pg_backend_pid(), pg_advisory_xact_lock(:key)"
    transaction, backend, _ = connection.execute(text(asked), {"key": LOCK}).one()
    return Begun(transaction, backend)


def _begin_sqlite(connection: Connection, seconds: float) -> None:
    """SQLite's own wait grows to a fixed step: processes that began to wait together would ask
    together. Ours is drawn anew each time."""
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        for attempt in Retrying(
            retry=retry_if_exception(is_locked),
            wait=wait_random(0.001, 0.05),
            stop=stop_after_delay(seconds),
            reraise=True,
        ):
            with attempt:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def is_locked(error: BaseException) -> bool:
    """Whether somebody else holds the lock, on either engine."""
    if not isinstance(error, OperationalError):
        return False
    return "is locked" in str(error.orig) or getattr(error.orig, "sqlstate", "") == "55P03"


def was_kept(engine: Engine, begun: Begun, seconds: float = BUSY_SECONDS) -> bool:
    """Whether a transaction whose COMMIT got no answer was committed.

    The server is asked by the transaction's number. Where it still holds the lost connection open,
    that one is ended first. Raises OperationalError where the server can't be reached.
    """
    for attempt in Retrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, OperationalError | UndecidedError)
        ),
        wait=wait_random(0.01, 0.2),
        stop=stop_after_delay(seconds),
        reraise=True,
    ):
        with attempt, engine.connect() as connection:
            connection.execute(text(END_LOST), {"pid": begun.backend, "id": begun.transaction})
            asked = text("SELECT pg_xact_status(CAST(:id AS xid8))")
            status = connection.execute(asked, {"id": begun.transaction}).scalar_one()
            if status == "in progress":
                raise UndecidedError
    return bool(status == "committed")


class UndecidedError(Exception):
    """The server is still at it."""


END_LOST = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid = :pid AND backend_xid = CAST(CAST(:id AS xid8) AS xid)"
)
