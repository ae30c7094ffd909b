"""`clearance` as a user runs it: words in, exit code and what it said out.

Each command is a process of its own, forked from a parent that has imported all (`forker`): what a
test asks is not how long Python takes to begin. `test_readme` begins real ones.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).parents[2]
FORKER = Path(__file__).with_name("forker.py")
MODEL = ("CLEARANCE_LLM_BASE_URL", "OPENAI_API_KEY", "CLEARANCE_LLM_MODEL")
_one_at_a_time = Lock()


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
    """Run the command in a process of its own."""
    return _call(words, workspace, None)


def killed_at(point: str, *words: str, workspace: Path) -> Answer:
    """Run the command; the process kills itself (SIGKILL) when it comes to the point, which may
    name the detail too, as in `run.writing facts`."""
    return _call(words, workspace, point)


def environment(workspace: Path | None) -> dict[str, str]:
    """Ours, without a language model."""
    where = {} if workspace is None else {"CLEARANCE_WORKSPACE": str(workspace)}
    found = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **where}
    return {name: said for name, said in found.items() if name not in MODEL}


def _call(words: tuple[str, ...], workspace: Path | None, point: str | None) -> Answer:
    with tempfile.TemporaryDirectory() as folder, _one_at_a_time:
        out, error = Path(folder) / "out", Path(folder) / "error"
        asked = {
            "words": words,
            "environment": environment(workspace),
            "out": str(out),
            "error": str(error),
            "point": point,
        }
        code = _ask(json.dumps(asked))
        return Answer(code, out.read_text(), error.read_text())


def _ask(line: str) -> int:
    forker = _forker()
    assert forker.stdin is not None
    assert forker.stdout is not None
    forker.stdin.write(f"{line}\n")
    forker.stdin.flush()
    return int(forker.stdout.readline())


@cache
def _forker() -> subprocess.Popen[str]:
    """One for this process; it ends when its standard input does."""
    return subprocess.Popen(
        [sys.executable, str(FORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(None),
    )
