"""What every limit carries, and the kinds of figures limits are made of."""

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.record import Record

Count = Annotated[int, Field(ge=0, le=10**15)]
"""Far above any count or sum of money of ours, and far below where arithmetic on it wraps."""
Hours = Annotated[int, Field(ge=1, le=24 * 366 * 10)]
Days = Annotated[int, Field(ge=1, le=366 * 10)]
"""Ten years: a longer window is a slip of the pen, and dates end somewhere."""
Words = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
]
"""Text without control characters, which would change what a terminal shows."""
Name = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_]+$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Limit(Record):
    """What every limit carries: who owns it, why it is there, since when, when last reviewed."""

    owner: Words
    reason: Words
    since: date
    reviewed: date | None = None
    """When the owner last asked whether it is still right; None: not since it was set."""

    @property
    def last_review(self) -> date:
        """The day it was last thought about: reviewed, or set."""
        return self.reviewed or self.since


Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166 alpha-2."""
