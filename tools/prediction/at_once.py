"""A few tasks at once, each on one thread, so that what they find never depends on the machine."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

Found = TypeVar("Found")
THREADS: Final = 1
"""Of one task: fixed, so that sums are formed in one order whatever else the machine does; and
one, since two threads that wait for each other by spinning took thirty times as long on a busy
machine."""
TASKS: Final = 2
"""Tasks at once. They share no sum and never wait for each other."""


def steady_threads() -> AbstractContextManager[Any]:
    """Libraries called within form their sums on THREADS threads."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[Any] = threadpool_limits(limits=THREADS)
    return limits


def at_once(tasks: Sequence[Callable[[], Found]]) -> list[Found]:
    """What the tasks found, in their order."""
    with steady_threads(), ThreadPoolExecutor(TASKS, initializer=_alone) as pool:
        return list(pool.map(lambda task: task(), tasks))


def _alone() -> None:
    """OpenMP keeps its number of threads per calling thread, so each new one must be told."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=THREADS, user_api="openmp")
