"""The parent of the commands that tests run: all is imported once, each command is a fork of it.

A line on standard input is a command as JSON: `words`, `environment`, `out` and `error` (files to
write), `point` (where it kills itself; null: nowhere). A line on standard output is its exit code,
negative where a signal ended it. It calls nothing that starts threads itself: a fork would wait
for threads that it does not have.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback
from typing import Any, Final

from app import cli  # first: it makes LangGraph's reading strict before LangGraph is imported
from tools import faultpoints

ROOMS: Final = ("domain", "policies", "tools", "agents", "graph", "app")


def main() -> None:
    for room in map(importlib.import_module, ROOMS):
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(f"{_run(json.loads(line))}\n")
        sys.stdout.flush()


def _run(asked: dict[str, Any]) -> int:
    """Exit code of the command, run in a fork."""
    pid = os.fork()
    if pid == 0:
        _be(asked)
    status = os.waitpid(pid, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _be(asked: dict[str, Any]) -> None:
    """Become the command; never returns."""
    code = 1
    try:
        _redirect(asked["out"], asked["error"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["clearance", *asked["words"]]
        if asked["point"] is not None:
            faultpoints.strike = _striking(asked["point"])
        code = _said()
    except BaseException:  # noqa: BLE001 - as the interpreter would, at the end of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(out: str, error: str) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for target, file in ((1, out), (2, error)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), target)


def _striking(wanted: str) -> Any:
    def strike(point: str, detail: str) -> None:
        if wanted in (point, f"{point} {detail}"):
            os.kill(os.getpid(), signal.SIGKILL)

    return strike


def _said() -> int:
    """What the command's own exit says."""
    try:
        cli.main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    return 0


if __name__ == "__main__":
    main()
