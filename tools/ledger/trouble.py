"""Trouble with the storage, in the house's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from domain.errors import StorageError, UncertainCommitError
from tools.ledger.engines import UndecidedError, is_locked

OF_POSTGRES = ("08", "25006", "25P03", "53", "55P03", "57P", "58")
"""Beginnings of SQLSTATE: connection, read-only, idle too long, no room, locked, stopped, disk."""


@contextmanager
def in_words() -> Iterator[None]:
    """Turn the drivers' errors about storage into StorageError; others pass as they are."""
    try:
        yield
    except DatabaseError as error:
        told = _told(error)
        if told is None:
            raise
        raise told from error


def _told(error: DatabaseError) -> StorageError | None:
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
    if is_locked(error):
        return StorageError(
            f"Another program keeps the ledger locked: {said}.",
            "Nothing was written. See who holds it; it is tried again by itself.",
        )
    if "malformed" in said or "not a database" in said:
        return StorageError(f"The ledger is damaged: {said}.", "Restore it from a backup.")
    if isinstance(error, OperationalError) or _state(error).startswith(OF_POSTGRES):
        return StorageError(
            f"The ledger can't be reached or written: {said}.",
            "See that the disk has space and no other program holds the file.",
        )
    return None


def _state(error: DBAPIError) -> str:
    """Postgres' SQLSTATE; empty on SQLite."""
    return getattr(error.orig, "sqlstate", None) or ""


@contextmanager
def uncertain(lost: DBAPIError) -> Iterator[None]:
    """While a lost commit's fate is asked for: no answer means that nobody knows."""
    try:
        yield
    except (DBAPIError, UndecidedError) as error:
        raise UncertainCommitError(
            f"The connection was lost while a change was committed ({lost.orig}); whether it was "
            "kept is not known.",
            "Once the server answers again, look before you repeat it.",
        ) from error
