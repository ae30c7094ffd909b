"""Checkpoints that tell of an erased person: their threads go whole, and begin anew from the
ledger where anything is left to do."""

import sqlite3
from pathlib import Path

from graph.checkpoint_file import COLUMNS
from graph.rebuilding import forget
from graph.tower import Tower
from tools.erasure.files import squeeze
from tools.erasure.veil import Veil

REASON = "it told of a person who was erased"


def drop_threads(tower: Tower, veil: Veil) -> list[str]:
    """Take out every thread that holds the person's words, out of the quarantine too; their names.

    A review that waits is opened anew, a run goes on from its pins, a conversation is gone.
    """
    file = tower.workspace.checkpoint_file
    if not file.exists():
        return []
    connection = sqlite3.connect(file, timeout=30, isolation_level=None)
    try:
        threads = sorted(_telling(connection, veil))
        for thread in threads:
            forget(tower, thread, REASON)
            _drop(connection, thread)
        if threads:
            squeeze(connection)
    finally:
        connection.close()
    return threads


def _tables(connection: sqlite3.Connection) -> list[str]:
    made = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    named = [*COLUMNS, *(f"quarantined_{table}" for table in COLUMNS), "seals"]
    return [name for name in named if name in made]


def _telling(connection: sqlite3.Connection, veil: Veil) -> set[str]:
    found: set[str] = set()
    for table in _tables(connection):
        rows = connection.execute(f"SELECT thread_id, t.* FROM {table} t")
        found |= {
            str(thread) for thread, *values in rows if any(_tells(one, veil) for one in values)
        }
    return found


def _tells(value: object, veil: Veil) -> bool:
    if isinstance(value, str):
        return veil.is_in(value.encode())
    return isinstance(value, bytes) and veil.is_in(value)


def _drop(connection: sqlite3.Connection, thread: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table in _tables(connection):
        connection.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread,))
    connection.execute("COMMIT")


def is_checkpoints(file: Path, tower: Tower) -> bool:
    """Whether the file is the one of the checkpoints, or of SQLite beside it."""
    return file.name.startswith(tower.workspace.checkpoint_file.name)
