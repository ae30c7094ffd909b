"""Worlds of the whole house: sample workspaces made once a process, and copied for each test."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KILLER = Path(__file__).with_name("killer.py")


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def clearance(*words: str, workspace: Path | None = None) -> Answer:
    """Run the command in a process of its own, as a user does."""
    return _call([sys.executable, "-m", "app.cli"], words, workspace)


def killed_at(point: str, *words: str, workspace: Path) -> Answer:
    """Run the command; the process kills itself (SIGKILL) when it comes to the point."""
    return _call([sys.executable, str(KILLER), point], words, workspace)


def _call(command: list[str], words: tuple[str, ...], workspace: Path | None) -> Answer:
    where = {} if workspace is None else {"CLEARANCE_WORKSPACE": str(workspace)}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **where}
    for name in ("CLEARANCE_LLM_BASE_URL", "OPENAI_API_KEY", "CLEARANCE_LLM_MODEL"):
        environment.pop(name, None)
    done = subprocess.run(
        [*command, *words], capture_output=True, text=True, env=environment, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr)


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
