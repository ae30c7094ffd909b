"""Named points at which a fault harness may strike. In the product they do nothing.

A harness sets `strike` in its own process (there is no switch in the environment); see
tests/faults.
"""

from collections.abc import Callable


def _pass(_: str) -> None:
    return None


strike: Callable[[str], None] = _pass


def reach(point: str) -> None:
    """Say that the program has come to this point."""
    strike(point)
