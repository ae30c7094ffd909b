"""Trouble with the storage, in the house's words: what is the matter, and what to do."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from domain.errors import StorageError, StorageTrouble, UncertainCommitError
from tools.ledger.engines import UndecidedError

BY_STATE: dict[str, StorageTrouble] = {
    "55P03": "locked",
    "53100": "full",
    "25006": "read_only",
    "XX001": "damaged",
    "XX002": "damaged",
    "08": "unreachable",
    "25P03": "unreachable",
    "53": "unreachable",
    "57P": "unreachable",
    "58": "unreachable",
}
"""Beginnings of Postgres' SQLSTATE; the first that fits counts."""
BY_WORD: dict[str, StorageTrouble] = {
    "is locked": "locked",
    "is full": "full",
    "no space left": "full",
    "readonly": "read_only",
    "read-only": "read_only",
    "malformed": "damaged",
    "not a database": "damaged",
}
"""What the engines say."""
LITTLE = 65_536
"""Bytes; with less of them a disk is full."""
TOLD: dict[StorageTrouble, tuple[str, str]] = {
    "locked": (
        "Another program keeps {what} locked",
        "Nothing was written. See who holds it; it is tried again by itself.",
    ),
    "full": (
        "There is no room left for {what}",
        "Make space on its disk; work goes on by itself.",
    ),
    "read_only": (
        "{What} can only be read",
        "Make its file, folder or database writable; work goes on by itself.",
    ),
    "damaged": ("{What} is damaged", "Restore it from a backup."),
    "unreachable": (
        "{What} can't be reached or written",
        "See that its disk or server is there; work goes on by itself.",
    ),
}


@contextmanager
def in_words(file: Path | None = None) -> Iterator[None]:
    """Turn the drivers' errors about storage into StorageError; others pass as they are.

    file: where SQLite keeps it; SQLite itself can't always tell why it could not write.
    """
    try:
        yield
    except DatabaseError as error:
        kind = _kind(error)
        if kind is None:
            raise
        raise told(_by_disk(kind, file), str(error.orig), "the ledger") from error


def told(kind: StorageTrouble, said: str, what: str) -> StorageError:
    """The trouble with `what` as an error; said: the engine's own words."""
    message, hint = TOLD[kind]
    line = (said.strip().splitlines() or ["no answer"])[0]
    named = message.format(what=what, What=what[0].upper() + what[1:])
    return StorageError(f"{named}: {line}.", hint, kind)


def kind_of_sqlite(error: sqlite3.Error, file: Path) -> StorageTrouble:
    """What is the matter with a SQLite file."""
    return _by_disk(_by_word(str(error)) or "unreachable", file)


def _by_disk(kind: StorageTrouble, file: Path | None) -> StorageTrouble:
    """Where a file is out of reach, its disk may say why."""
    if kind != "unreachable" or file is None or not file.parent.exists():
        return kind
    disk = os.statvfs(file.parent)
    if disk.f_flag & os.ST_RDONLY:
        return "read_only"
    return "full" if disk.f_bavail * disk.f_frsize < LITTLE else kind


def _kind(error: DatabaseError) -> StorageTrouble | None:
    """None: no trouble with the storage."""
    state = getattr(error.orig, "sqlstate", None) or ""
    for beginning, kind in BY_STATE.items():
        if state.startswith(beginning):
            return kind
    by_word = _by_word(str(error.orig))
    if state or by_word is None:
        return "unreachable" if isinstance(error, OperationalError) else None
    return by_word


def _by_word(said: str) -> StorageTrouble | None:
    return next((kind for word, kind in BY_WORD.items() if word in said.lower()), None)


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
