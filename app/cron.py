"""Cron lines as people write them, and the slots they name: instants, in UTC.

A line speaks of the clock on the wall. Where that clock is set forward over a slot, the slot comes
once all the same, as late as the clock was moved; where it is set back, a slot of a fixed hour
comes once, the first time, and a line of every hour goes on hour by hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from domain.errors import ConfigurationError

WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""In cron's order: 0 (and 7) is Sunday. The library counts from Monday, so it is given names."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Slots:
    """The slots of one cron line in a zone."""

    wall: CronTrigger
    """The library's trigger over wall times, written as if they were UTC: it knows no clock that
    is set, and with a zone of its own it finds the hour that comes twice again and again."""
    zone: ZoneInfo
    hourly: bool

    def after(self, at: datetime) -> Iterator[datetime]:
        """Slots later than the instant, UTC, in order."""
        last = at.astimezone(UTC)
        day = last.astimezone(self.zone).replace(tzinfo=UTC, fold=0) - DAY
        while (first := self.wall.get_next_fire_time(None, day)) is not None:
            day = datetime.combine(first.date(), time(), UTC) + DAY
            for slot in self._slots_of_day(first, day):
                if slot > last:
                    last = slot
                    yield slot

    def _slots_of_day(self, first: datetime, until: datetime) -> list[datetime]:
        found = set()
        wall: datetime | None = first
        while wall is not None and wall < until:
            found |= self._instants(wall)
            wall = self.wall.get_next_fire_time(wall, wall + timedelta(microseconds=1))
        return sorted(found)

    def _instants(self, wall: datetime) -> set[datetime]:
        """One instant; two where the wall shows the time twice and the line is of every hour."""
        folds = (0, 1) if self.hourly and _shown(wall, self.zone) else (0,)
        return {wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in folds}

    def between(self, since: datetime, until: datetime) -> list[datetime]:
        """Slots later than `since` that have come by `until`."""
        found = []
        for slot in self.after(since):
            if slot > until:
                break
            found.append(slot)
        return found


class SlotTrigger(BaseTrigger):  # type: ignore[misc]
    """The slots as the scheduler's library asks for them."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        since = now - timedelta(microseconds=1) if previous is None else previous
        return next(self.slots.after(since), None)


def slots_of(cron: str, zone: ZoneInfo) -> Slots:
    """The slots of five fields (minute, hour, day, month, weekday) in a zone.

    Raises ConfigurationError where the line is no cron line. Day and weekday together are refused:
    cron means either, the library both, and a reader can't know which.
    """
    fields = cron.split()
    if len(fields) != 5:
        raise _refusal(cron, f"found {len(fields)} fields")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise _refusal(cron, "found a day and a weekday; give one of them and * for the other")
    try:
        wall = CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=_weekdays(weekday),
            timezone=UTC,
        )
    except (ValueError, LookupError) as error:
        raise _refusal(cron, f"found one that can't be read: {error}") from None
    return Slots(wall, zone, hourly=hour == "*")


def _shown(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks of the zone ever show this wall time."""
    there = wall.replace(tzinfo=zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)


def _weekdays(field: str) -> str:
    """The field with names for numbers, each day by itself: `5-7` is fri,sat,sun."""
    if field == "*":
        return "*"
    days = [day for part in field.lower().split(",") for day in _days(part)]
    return ",".join(dict.fromkeys(days))


def _days(part: str) -> list[str]:
    span, _, step = part.partition("/")
    first, _, last = ("0", "-", "6") if span == "*" else span.partition("-")
    start = _number(first)
    end = _number(last) if last else (6 if step else start)
    if end < start:
        end += 7  # fri-mon goes over the week's end
    return [WEEKDAYS[day % 7] for day in range(start, end + 1, int(step or 1))]


def _number(day: str) -> int:
    number = WEEKDAYS.index(day) if day in WEEKDAYS else int(day)
    if not 0 <= number <= 7:
        raise ValueError(f"there is no weekday {day}")
    return number


def _refusal(cron: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        f"Expected a cron line of five fields such as `0 6 * * 1-5`, in {cron!r} {found}.",
        "Correct the schedule in clearance.toml.",
    )
