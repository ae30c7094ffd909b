"""Worlds of the whole house: sample workspaces, made once for all processes of a test run."""

import hashlib
import sqlite3
from functools import cache
from pathlib import Path

from tests.app.commands import clearance
from tests.shared import copy_of, empty, made_once

__all__ = ["contents", "copy_of", "fresh", "ran", "ran_again"]


@cache
def fresh(sample: str) -> Path:
    """A workspace of the sample that had no run yet."""
    return made_once(f"{sample}-fresh", lambda: _fresh(sample))


@cache
def ran(sample: str) -> Path:
    """A workspace of the sample that had one run."""
    return made_once(f"{sample}-ran", lambda: _ran(sample))


@cache
def ran_again(sample: str) -> Path:
    """A workspace of the sample that ran, lived a day, and ran again."""
    return made_once(f"{sample}-ran-again", lambda: _ran_again(sample))


def _fresh(sample: str) -> Path:
    folder = empty() / "workspace"
    made = clearance("init", str(folder), "--sample", sample, "--json")
    assert made.code == 0, made.error
    return folder


def _ran(sample: str) -> Path:
    folder = copy_of(fresh(sample))
    answer = clearance("run", "--json", workspace=folder)
    assert answer.code == 0, answer.error
    (folder / "answer.json").write_text(answer.out)
    return folder


def _ran_again(sample: str) -> Path:
    folder = copy_of(ran(sample))
    for words in (("advance", "1d"), ("run",)):
        said = clearance(*words, "--json", workspace=folder)
        assert said.code == 0, said.error
    return folder


def contents(folder: Path) -> dict[str, str]:
    """What every file of the workspace says: a database by its rows, any other by its bytes."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.endswith(("-wal", "-shm")):
            said = _rows(file) if file.suffix in (".sqlite", ".db") else file.read_bytes()
            found[str(file.relative_to(folder))] = hashlib.sha256(said).hexdigest()
    return found


def _rows(file: Path) -> bytes:
    with sqlite3.connect(file) as database:
        return "\n".join(database.iterdump()).encode()
