"""Planted bugs: each removes one protection, so that the harness is seen to notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Bug:
    """A protection that is gone. plant: takes it out of this process; runs: names of the plans in
    which the harness must notice."""

    words: str
    plant: Callable[[], None]
    runs: Sequence[str]


BUGS: Final[dict[str, Bug]] = {}


def plant_bug(name: str | None) -> None:
    """Take the protection out of this process; None: none. Raises KeyError for an unknown one."""
    if name is not None:
        BUGS[name].plant()
