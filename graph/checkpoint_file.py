"""The file of LangGraph's checkpoints: opened when it is first needed, each row sealed.

A trigger writes a seal with every row, in the row's own transaction. Seals cover every column, so
that a row that was altered, moved to another thread, added or taken away is noticed.
"""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.seals import key_in, same, seal

FORMAT = "1"
"""Raised where a graph's nodes or states change: a thread of another version is begun anew."""
KEYS = ("thread_id", "checkpoint_ns", "checkpoint_id")
COLUMNS = {
    "checkpoints": (*KEYS, "parent_checkpoint_id", "type", "checkpoint", "metadata"),
    "writes": (*KEYS, "task_id", "idx", "task_path", "channel", "type", "value"),
}
ROW_KEYS = {"checkpoints": KEYS, "writes": (*KEYS, "task_id", "idx")}
SEALS = """
CREATE TABLE IF NOT EXISTS seals (
    kind TEXT, thread_id TEXT, row TEXT, format TEXT, seal TEXT, PRIMARY KEY (kind, thread_id, row)
);
"""
ASIDE = """
CREATE TABLE IF NOT EXISTS quarantined_{table} AS SELECT '' AS reason, * FROM {table} WHERE 0;
"""
TRIGGERS = """
CREATE TEMP TRIGGER IF NOT EXISTS seal_{table} AFTER INSERT ON main.{table} BEGIN
    DELETE FROM seals WHERE kind = '{table}' AND thread_id = NEW.thread_id AND row = {row_new};
    INSERT INTO seals VALUES (
        '{table}', NEW.thread_id, {row_new}, '{format}', seal('{format}', '{table}', {new})
    );
END;
CREATE TEMP TRIGGER IF NOT EXISTS unseal_{table} AFTER DELETE ON main.{table} BEGIN
    DELETE FROM seals WHERE kind = '{table}' AND thread_id = OLD.thread_id AND row = {row_old};
END;
"""


class DamagedError(Exception):
    """A thread that may not be gone on with; the reason in a few words."""


def _columns(table: str, before: str) -> str:
    return ", ".join(f"{before}.{name}" for name in COLUMNS[table])


def _row(table: str, before: str) -> str:
    """The row's name among its thread's."""
    return "json_array({})".format(", ".join(f"{before}.{name}" for name in ROW_KEYS[table]))


@dataclass
class CheckpointFile:
    """A connection that LangGraph's saver uses; under the saver's lock."""

    path: Path
    key_file: Path
    ready: bool = False
    _key: bytes = b""
    _opened: list[sqlite3.Connection] = field(default_factory=list)

    @property
    def connection(self) -> sqlite3.Connection:
        if not self._opened:
            self._opened.append(self._open())
        return self._opened[0]

    def _open(self) -> sqlite3.Connection:
        self._key = key_in(self.key_file)
        made = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
        made.create_function("seal", -1, lambda *parts: seal(self._key, *parts))
        return made

    def cursor(self) -> sqlite3.Cursor:
        return self.connection.cursor()

    def commit(self) -> None:
        self.connection.commit()

    def execute(self, sql: str) -> sqlite3.Cursor:
        return self.connection.execute(sql)

    def executescript(self, sql: str) -> sqlite3.Cursor:
        return self.connection.executescript(sql)

    def prepare(self) -> None:
        """Once the saver has made its tables: ours, and the triggers that seal."""
        for table in COLUMNS:
            self.executescript(SEALS + ASIDE.format(table=table))
            self.executescript(
                TRIGGERS.format(
                    table=table,
                    format=FORMAT,
                    new=_columns(table, "NEW"),
                    row_new=_row(table, "NEW"),
                    row_old=_row(table, "OLD"),
                )
            )
        self.ready = True

    def verify(self, thread_id: str) -> None:
        """Raises DamagedError where a row of the thread is not as it was written, or is missing."""
        sealed = sum(self._verify(table, thread_id) for table in COLUMNS)
        counted = self.connection.execute(
            "SELECT count(*) FROM seals WHERE thread_id = ?", (thread_id,)
        )
        if counted.fetchone()[0] != sealed:
            raise DamagedError("a row is missing")

    def _verify(self, table: str, thread_id: str) -> int:
        """How many rows of the thread hold what their seals say."""
        sql = (
            f"SELECT s.format, s.seal, {_columns(table, 't')} FROM {table} t LEFT JOIN seals s "
            f"ON s.kind = '{table}' AND s.thread_id = t.thread_id AND s.row = {_row(table, 't')} "
            "WHERE t.thread_id = ?"
        )
        rows = self.connection.execute(sql, (thread_id,)).fetchall()
        for version, said, *values in rows:
            self._check(table, version, said, values)
        return len(rows)

    def _check(self, table: str, version: str | None, said: str | None, values: list[Any]) -> None:
        if said is None:
            raise DamagedError("a row was never sealed")
        if not same(said, seal(self._key, str(version), table, *values)):
            raise DamagedError("a row is not as it was written")
        if version != FORMAT:
            raise DamagedError(f"it is of version {version}, expected {FORMAT}")

    def put_aside(self, thread_id: str, reason: str) -> None:
        """Move the thread's rows to the quarantine, whole or not at all."""
        with self.connection as connection:
            for table in COLUMNS:
                connection.execute(
                    f"INSERT INTO quarantined_{table} SELECT ?, * FROM {table} WHERE thread_id = ?",
                    (reason, thread_id),
                )
                connection.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread_id,))
            connection.execute("DELETE FROM seals WHERE thread_id = ?", (thread_id,))

    def put_all_aside(self) -> None:
        """Move the file itself to the quarantine; the next use begins a new one."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self.ready = False
        aside = self._free_name()
        for ending in ("", "-wal", "-shm"):
            file = Path(f"{self.path}{ending}")
            if file.exists():
                file.replace(f"{aside}{ending}")

    def _free_name(self) -> Path:
        number = 1
        while Path(f"{self.path}.quarantined-{number}").exists():
            number += 1
        return Path(f"{self.path}.quarantined-{number}")
