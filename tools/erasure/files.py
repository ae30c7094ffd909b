"""Taking one person out of files of every sort: text, tables, SQLite."""

import csv
import io
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.erasure.frames import veil_parquet
from tools.erasure.veil import OF_CONTACTS, Veil

LINES: Final = (".jsonl", ".ndjson", ".json", ".log", ".txt", ".md")
SQLITE: Final = b"SQLite format 3\0"


def veil_file(file: Path, veil: Veil) -> bool:
    """Take the person out of a file; whether anything of them was in it. A file of a sort that is
    not known here stays as it is."""
    ending = file.suffix.lower()
    if ending == ".parquet":
        return veil_parquet(file, veil)
    if ending == ".csv":
        return _replace(file, _csv(file, veil))
    if ending in LINES:
        return _replace(file, _lines(file, veil))
    return is_sqlite(file) and veil_sqlite(file, veil)


def drop_lines(file: Path, veil: Veil) -> bool:
    """Take out every line that tells of the person, as of rows that were set apart at import."""
    kept = [line for line in _read(file).splitlines(keepends=True) if veil.text(line) == line]
    return _replace(file, "".join(kept))


def _lines(file: Path, veil: Veil) -> str:
    text = _read(file)
    if file.suffix.lower() == ".json":
        return veil.text(text)
    return "".join(
        veil.text(line.rstrip("\n")) + line[len(line.rstrip("\n")) :]
        for line in text.splitlines(keepends=True)
    )


def _csv(file: Path, veil: Veil) -> str:
    """Cell by cell; a file without any of the person's words is left as it is written."""
    text = _read(file)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    head = rows[0] if rows else []
    whole = [name in OF_CONTACTS for name in head]
    veiled = [
        [veil.text(cell, of_contacts) for cell, of_contacts in zip(row, whole, strict=False)]
        for row in rows
    ]
    if veiled == rows:
        return text
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(veiled)
    return out.getvalue()


def _read(file: Path) -> str:
    return file.read_bytes().decode(errors="surrogateescape")


def _replace(file: Path, text: str) -> bool:
    said = text.encode(errors="surrogateescape")
    if said == file.read_bytes():
        return False
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(said)
    part.replace(file)
    return True


def is_sqlite(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(SQLITE)) == SQLITE


def veil_sqlite(file: Path, veil: Veil) -> bool:
    """Take the person out of every text of a SQLite file, and out of its free pages. A row that
    holds their words in any other form goes whole."""
    connection = sqlite3.connect(file, timeout=30, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        changed = sum(_veil_table(connection, name, veil) for name in _tables(connection))
        connection.execute("COMMIT")
        squeeze(connection)
    finally:
        connection.close()
    return changed > 0


def squeeze(connection: sqlite3.Connection) -> bool:
    """Leave nothing of what was deleted in free pages or in the log beside the file; whether the
    log could be emptied: who reads just now holds on to it."""
    connection.execute("VACUUM")
    busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def _tables(connection: sqlite3.Connection) -> list[str]:
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in connection.execute(asked)]


def _veil_table(connection: sqlite3.Connection, table: str, veil: Veil) -> int:
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    changed = 0
    for rowid, row in list(_rows(connection, table, columns)):
        if any(isinstance(value, bytes) and veil.is_in(value) for value in row.values()):
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
            changed += 1
            continue
        after = {
            name: veil.text(value, name in OF_CONTACTS)
            for name, value in row.items()
            if isinstance(value, str)
        }
        other = {name: value for name, value in after.items() if value != row[name]}
        if other:
            sets = ", ".join(f'"{name}" = ?' for name in other)
            connection.execute(
                f'UPDATE OR REPLACE "{table}" SET {sets} WHERE rowid = ?', (*other.values(), rowid)
            )
            changed += 1
    return changed


def _rows(
    connection: sqlite3.Connection, table: str, columns: list[str]
) -> Iterator[tuple[int, dict[str, object]]]:
    named = ", ".join(f'"{name}"' for name in columns)
    for rowid, *values in connection.execute(f'SELECT rowid, {named} FROM "{table}"'):
        yield rowid, dict(zip(columns, values, strict=True))
