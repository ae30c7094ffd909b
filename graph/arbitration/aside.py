"""Aside: HiGHS speaks on standard output, where a command's JSON stands; it goes to the other."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OUT, ERR = 1, 2


@contextmanager
def aside() -> Iterator[None]:
    """What compiled code prints to standard output meanwhile stands on standard error.

    HiGHS greets when it is loaded, and SciPy's prints a line whenever it repairs a rounded
    solution, whatever their options say. C keeps its own buffer, so that is flushed as well.
    """
    flush = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    flush(None)
    kept = os.dup(OUT)
    os.dup2(ERR, OUT)
    try:
        yield
    finally:
        flush(None)
        os.dup2(kept, OUT)
        os.close(kept)
