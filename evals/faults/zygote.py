"""The parent of every process of a fault run: all is imported once, and each is a fork of it.

It never starts a thread that lives on, and calls neither Polars nor DuckDB nor numba itself: a
fork after their pools have started would wait for threads that it does not have.
"""

import ctypes
import faulthandler
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FAILED: Final = 70
"""Exit code of a process that an unexpected exception ended; its traceback is in its log."""


@dataclass(frozen=True)
class Ended:
    """How a process ended or stopped; signal is None where it exited by itself."""

    code: int
    signal: int | None
    stopped: bool
    cpu_seconds: float


def fork(work: Callable[[], int], log: Path | None = None) -> int:
    """Run the work in a child; its process id. What it prints goes to the log, where one is given.

    The child leaves by `os._exit`: nothing of the parent's is flushed or closed twice.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = FAILED
    try:
        _die_with_the_parent()
        if log is not None:
            _log_to(log)
            faulthandler.register(TELL, file=2)
        code = work()
    except BaseException:  # noqa: BLE001 - the child has nobody above it to tell
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _die_with_the_parent() -> None:
    """Where the system can (Linux), so that a run that is broken off leaves nobody behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


PR_SET_PDEATHSIG: Final = 1


def _log_to(log: Path) -> None:
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)


def wait(pid: int) -> Ended:
    """Wait until the child ends or is stopped (SIGSTOP)."""
    return _ended(*os.wait4(pid, os.WUNTRACED)[1:])


def look(pid: int) -> Ended | None:
    """The same without waiting; None while it runs."""
    found, status, usage = os.wait4(pid, os.WUNTRACED | os.WNOHANG)
    return None if found == 0 else _ended(status, usage)


def _ended(status: int, usage: object) -> Ended:
    cpu = float(getattr(usage, "ru_utime", 0.0)) + float(getattr(usage, "ru_stime", 0.0))
    if os.WIFSTOPPED(status):
        return Ended(0, os.WSTOPSIG(status), True, 0.0)
    if os.WIFSIGNALED(status):
        return Ended(-1, os.WTERMSIG(status), False, cpu)
    return Ended(os.WEXITSTATUS(status), None, False, cpu)


def kill(pid: int) -> Ended:
    """End a child of ours for good."""
    os.kill(pid, signal.SIGKILL)
    ended = wait(pid)
    while ended.stopped:
        ended = wait(pid)
    return ended


def end_telling(pid: int) -> Ended:
    """The same of one that hangs: first what each of its threads is at goes to its log."""
    for told in (signal.SIGCONT, TELL):
        os.kill(pid, told)
    time.sleep(TELL_SECONDS)
    return kill(pid)


TELL: Final = signal.SIGUSR1
TELL_SECONDS: Final = 0.5


def import_like(work: Callable[[], int], note: Path) -> None:
    """Import here what the work imports by itself when it runs, so that no fork has to again."""
    pid = fork(lambda: _noting(work, note), note.with_suffix(".log"))
    ended = wait(pid)
    if ended.code != 0:
        raise RuntimeError(f"The first run failed:\n{note.with_suffix('.log').read_text()}")
    for name in note.read_text().split():
        if name not in sys.modules:
            _import(name)
    gc.collect()
    gc.freeze()
    threads = sorted(Path("/proc/self/task").iterdir()) if Path("/proc/self/task").exists() else []
    if len(threads) > ALLOWED_THREADS:
        raise RuntimeError(f"Expected no thread pool in the parent, found {len(threads)} threads.")


ALLOWED_THREADS: Final = 8
"""Sleeping helpers that libraries start on import (numpy's BLAS, jemalloc); none holds a lock."""


def _import(name: str) -> None:
    try:
        __import__(name)
    except ImportError:
        return  # a module that is made, not found: nothing to import


def _noting(work: Callable[[], int], note: Path) -> int:
    code = work()
    note.write_text("\n".join(sorted(sys.modules)))
    return code
