"""Looking for a person's words in every file of a workspace, as somebody would who wanted to find
them: in bytes, in the columns of tables, and in rows of SQLite."""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import polars as pl


def traces(folder: Path, *words: str) -> list[str]:
    """`FILE: word` for every file in which a word stands, in any case and any way to write it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return [f"{file.relative_to(folder)}: {word}" for file in files for word in _in(file, words)]


def _in(file: Path, words: tuple[str, ...]) -> Iterator[str]:
    heaps = list(_heaps(file))
    for word in words:
        forms = {form.lower().encode() for form in _forms(word)}
        if any(form in heap for heap in heaps for form in forms):
            yield word


def _heaps(file: Path) -> Iterator[bytes]:
    raw = file.read_bytes()
    yield raw.lower()
    if file.suffix == ".parquet":
        for row in pl.read_parquet(file).iter_rows():
            yield repr(row).lower().encode()
    elif raw.startswith(b"SQLite format 3"):
        yield from _rows(file)


def _rows(file: Path) -> Iterator[bytes]:
    """Read beside whoever has it open; pages that hold no row are looked at as raw bytes."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield repr(row).lower().encode()
    finally:
        connection.close()


def _forms(word: str) -> set[str]:
    plain = [unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)]
    return {*plain, *(json.dumps(one)[1:-1] for one in plain)}
