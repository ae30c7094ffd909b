"""Named points at which a fault harness may strike. In the product they do nothing.

A point's name is a constant where it is reached, so that the harness can list them all by reading
the code; what varies comes as its detail. A harness sets `strike` in its own process (there is no
switch in the environment); see docs/faults.md.
"""

from collections.abc import Callable


def _pass(_: str, __: str) -> None:
    return None


strike: Callable[[str, str], None] = _pass


def reach(point: str, detail: str = "") -> None:
    """Say that the program has come to this point; detail: on what, such as a table's name."""
    strike(point, detail)
