"""How a protection is taken out of this process: the name that the product looks up is replaced.

A process that was planted in stays so: plant in a fork. A name that is gone raises, so that no bug
is ever thought to be planted that is not.
"""

from typing import Any, Final

REPLACED: Final[list[str]] = []
"""What was replaced in this process, by its full name."""


def replace_name(where: Any, name: str, new: Any) -> None:
    """Raises AttributeError where there is nothing of that name to replace."""
    if not hasattr(where, name):
        raise AttributeError(f"There is no {where.__name__}.{name} any more: plant the bug anew.")
    setattr(where, name, new)
    REPLACED.append(f"{where.__name__}.{name}")
