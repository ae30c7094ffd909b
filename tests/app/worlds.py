"""Worlds of the whole house: sample workspaces made once a process, and copied for each test."""

import hashlib
import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from tests.app.commands import clearance


@cache
def fresh(sample: str) -> Path:
    """A workspace of the sample that had no run yet."""
    folder = Path(tempfile.mkdtemp(prefix=f"{sample}-fresh-")) / "workspace"
    made = clearance("init", str(folder), "--sample", sample, "--json")
    assert made.code == 0, made.error
    return folder


@cache
def ran(sample: str) -> Path:
    """A workspace of the sample that had one run."""
    folder = copy_of(fresh(sample))
    answer = clearance("run", "--json", workspace=folder)
    assert answer.code == 0, answer.error
    (folder / "answer.json").write_text(answer.out)
    return folder


def copy_of(folder: Path) -> Path:
    """The same workspace, to do with as one likes."""
    target = Path(tempfile.mkdtemp(prefix="copy-")) / "workspace"
    shutil.copytree(folder, target)
    return target


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
