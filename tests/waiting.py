"""Waiting for what another process or thread does: asked again and again, never without an end."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

Said = TypeVar("Said")
LONGEST_SECONDS: Final = 60.0
"""Much longer than anything takes here: what has not come by then will not."""


def until(asked: Callable[[], Said]) -> Said:
    """What is said once it is true, or when the longest time is over."""
    ends = time.monotonic() + LONGEST_SECONDS
    while not (said := asked()) and time.monotonic() < ends:
        time.sleep(0.005)
    return said
