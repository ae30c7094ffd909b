"""What all processes of one fault run share: the clock, and how often points were reached.

A page of memory made before forking. It holds plain 64-bit numbers; a process that dies in the
middle of anything leaves nothing locked.
"""

import mmap
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

NUMBER: Final = struct.Struct("q")
NOW, SKEW, REACHED, CALLS, ARMED, MODE, FIRST_TAKEN = 0, 1, 2, 3, 4, 5, 8
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Shared:
    """Numbers that outlive every process of the run but the harness."""

    page: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, mmap.PAGESIZE))

    def get(self, place: int) -> int:
        return int(NUMBER.unpack_from(self.page, place * NUMBER.size)[0])

    def put(self, place: int, value: int) -> None:
        NUMBER.pack_into(self.page, place * NUMBER.size, value)

    def count(self, place: int) -> int:
        """One more; the number it is now. Two processes at once may count one for two."""
        value = self.get(place) + 1
        self.put(place, value)
        return value

    def take(self, strike: int) -> bool:
        """Whether this strike was not struck yet; from now on it was."""
        if self.get(FIRST_TAKEN + strike):
            return False
        self.put(FIRST_TAKEN + strike, 1)
        return True

    def taken(self, strike: int) -> bool:
        return bool(self.get(FIRST_TAKEN + strike))


@dataclass(frozen=True)
class SharedClock:
    """The run's own time: it stands until a process moves it, and jumps where a fault says so."""

    shared: Shared

    def now(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.shared.get(NOW) + self.shared.get(SKEW))

    def start(self, at: datetime) -> None:
        self.shared.put(NOW, _micros(at - EPOCH))

    def move_to(self, at: datetime) -> None:
        """Forward only; what is later already stays."""
        wanted = _micros(at - EPOCH) - self.shared.get(SKEW)
        self.shared.put(NOW, max(wanted, self.shared.get(NOW)))

    def jump(self, by: timedelta) -> None:
        """A fault: every clock of the run is off by so much more from now on."""
        self.shared.put(SKEW, self.shared.get(SKEW) + _micros(by))


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
