"""What becomes of the slots that have come: the newest runs, the others are told of. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tools.workspace_config import Schedule

PUNCTUAL: Final = timedelta(minutes=10)
"""No later than this is on time: the scheduler may have been delivering."""


@dataclass(frozen=True)
class Going:
    """A run that was going from `since` to `until`, as far as was seen."""

    run_id: str
    since: datetime
    until: datetime

    def covers(self, slot: datetime) -> bool:
        return self.since < slot <= self.until


@dataclass(frozen=True)
class Skipped:
    """Slots that will not run, in order, and why. They are recorded as one, under the newest."""

    slots: tuple[datetime, ...]
    reason: str

    def said(self) -> dict[str, object]:
        """For the audit: how many, from when to when."""
        first, last = self.slots[0].isoformat(), self.slots[-1].isoformat()
        return {"slots": len(self.slots), "first": first, "last": last}


@dataclass(frozen=True)
class Due:
    run: datetime | None
    skipped: tuple[Skipped, ...] = ()


def due(schedule: Schedule, came: Sequence[datetime], now: datetime, going: Going | None) -> Due:
    """What to do about slots that came, in order, and that nothing is recorded of.

    going: the run that was going last, if one was; what came meanwhile overlaps it.
    """
    over = [slot for slot in came if going is not None and going.covers(slot)]
    if going is not None and over and schedule.overlap == "skip":
        left = [slot for slot in came if slot not in over]
        rest = due(schedule, left, now, None)
        return Due(rest.run, (Skipped(tuple(over), _overlapped(over, going)), *rest.skipped))
    free_at = going.until if going is not None and over else None
    runs = bool(came) and _late(came[-1], now, free_at) <= _allowed(schedule)
    missed = tuple(came[:-1] if runs else came)
    skipped = (Skipped(missed, _missed(missed, schedule, runs)),) if missed else ()
    return Due(came[-1] if runs else None, skipped)


def _late(slot: datetime, now: datetime, free_at: datetime | None) -> timedelta:
    """How late it is. A slot that had to wait for a run is late from that run's end on."""
    return now - (slot if free_at is None else max(slot, free_at))


def _allowed(schedule: Schedule) -> timedelta:
    grace = timedelta(minutes=schedule.grace_minutes)
    return grace if schedule.misfire == "latest" else min(grace, PUNCTUAL)


def _overlapped(over: Sequence[datetime], going: Going) -> str:
    return f"{_slots(over)} while run {going.run_id} was going (overlap = skip)."


def _missed(missed: Sequence[datetime], schedule: Schedule, runs: bool) -> str:
    if runs:
        return f"{_slots(missed)} while nothing ran; only the newest runs (misfire = latest)."
    rule = "" if schedule.misfire == "latest" else f", misfire = {schedule.misfire}"
    return (
        f"{_slots(missed)} while nothing ran, too long ago to run now "
        f"(grace {schedule.grace_minutes} minutes{rule})."
    )


def _slots(slots: Sequence[datetime]) -> str:
    if len(slots) == 1:
        return f"It came at {slots[0].isoformat()}"
    return f"{len(slots)} slots came from {slots[0].isoformat()} to {slots[-1].isoformat()}"
