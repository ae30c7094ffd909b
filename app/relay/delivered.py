"""What a pass of the relay did, counted in effects."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

COUNTED = ("accepted", "failed", "unknown")


@dataclass(frozen=True)
class Delivered:
    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    expired: int = 0
    waiting: int = 0
    """Due, but quiet hours, a pause, the provider's pace or its trouble hold it."""
    parked: int = 0
    """Of the unknown ones, those that only a person can settle."""

    def as_dict(self) -> dict[str, int]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __add__(self, other: "Delivered") -> "Delivered":
        mine, theirs = self.as_dict(), other.as_dict()
        return Delivered(**{name: mine[name] + theirs[name] for name in mine})


def counted(states: Iterable[str]) -> Delivered:
    """Counts of a provider's answers; what it put off waits."""
    told = list(states)
    known = {name: told.count(name) for name in COUNTED}
    return Delivered(**known, waiting=told.count("later"))
