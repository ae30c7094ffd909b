"""Compiled: how kernels are built and cached, and run on threads with the same results."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.uint64]
"""One bit per candidate of a contact, the lowest for its first."""

CHUNKS = 64
"""Parts that a pass is summed in. Fixed, so that sums do not depend on the number of threads."""

LEAST = 8_192
"""Things in a part, at the least: handing a table to a kernel takes as long as 400 contacts."""


def _cache_folder() -> Path:
    """A folder named by what the kernels say.

    numba notices a changed file, but not a changed kernel in a file that another one calls; a
    folder of its own for each state of this package can hold nothing stale.
    """
    said = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        text = file.read_bytes()
        if b"@compiled" in text:
            said.update(text)
    return Path(__file__).parent / "__pycache__" / f"kernels-{said.hexdigest()[:16]}"


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_cache_folder())  # type: ignore[attr-defined]


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The function as machine code, made at its first call and kept on disk; frees the lock."""
    return cast(
        Callable[Parameters, Result],
        numba.njit(cache=True, nogil=True, error_model="numpy")(function),
    )


def inlined(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The same, written into its callers: a call that passes a whole table costs more than it."""
    return cast(
        Callable[Parameters, Result],
        numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")(function),
    )


_threads: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Run what follows on so many threads instead of one for each core."""
    token = _threads.set(count)
    try:
        yield
    finally:
        _threads.reset(token)


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads that stay: starting some for each pass takes as long as a tenth of the pass."""
    return ThreadPoolExecutor(workers, thread_name_prefix="arbitration")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a fork takes the pool, not its threads


def each(work: Callable[[int], Result], count: int) -> list[Result]:
    """work(0) ... work(count - 1) on the threads at hand, results in order.

    work must not call `each` itself: it would wait for the thread that it holds.
    """
    workers = _threads.get() or len(os.sched_getaffinity(0))
    if min(workers, count) <= 1:
        return [work(number) for number in range(count)]
    return list(_pool(workers).map(work, range(count)))


def spans(count: int, chunks: int = CHUNKS) -> list[tuple[int, int]]:
    """`count` things in at most `chunks` spans of like size, none below LEAST but the last."""
    size = max(LEAST, -(-count // chunks))
    return [(low, min(low + size, count)) for low in range(0, count, size)]


def spread(counts: list[int]) -> list[tuple[int, int, int]]:
    """`spans` of several partitions: which partition, from, to. All of them share the threads."""
    chunks = max(1, CHUNKS // max(1, len(counts)))
    return [
        (number, low, high)
        for number, count in enumerate(counts)
        for low, high in spans(count, chunks)
    ]
