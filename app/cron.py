"""Cron lines as people write them, as triggers of the scheduler's library."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from domain.errors import ConfigurationError

WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""In cron's order: 0 (and 7) is Sunday. The library counts from Monday, so it is given names."""


def trigger_of(cron: str, zone: ZoneInfo) -> CronTrigger:
    """The trigger of five fields (minute, hour, day, month, weekday) in a zone.

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
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=_weekdays(weekday),
            timezone=zone,
        )
    except (ValueError, LookupError) as error:
        raise _refusal(cron, f"found one that can't be read: {error}") from None


def newest_slot(trigger: CronTrigger, now: datetime, within: timedelta) -> datetime | None:
    """The newest instant of the trigger that has come, if it lies within so long before `now`."""
    newest = None
    fire = trigger.get_next_fire_time(None, now - within)
    while fire is not None and fire <= now:
        newest = fire
        fire = trigger.get_next_fire_time(fire, fire + timedelta(microseconds=1))
    return newest


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
