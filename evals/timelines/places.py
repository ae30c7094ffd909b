"""Where people may live and what their calendars say there, by the tz database alone.

It is the checker's own, and imports nothing of the policies or of the graph.
"""

from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from evals.timelines.happened import Home


def zones_of(home: Home) -> tuple[str, ...]:
    """Every zone in which the person may live."""
    return _places(home.timezone, home.country)


@lru_cache(maxsize=2**18)
def period_at(calendar: str, zone: str, at: datetime) -> tuple[int, ...]:
    """Year and month, ISO year and week, or year, month and day on the wall's calendar."""
    wall = at.astimezone(ZoneInfo(zone))
    match calendar:
        case "month":
            return (wall.year, wall.month)
        case "week":
            return tuple(wall.isocalendar()[:2])
    return (wall.year, wall.month, wall.day)


@cache
def _places(timezone: str | None, country: str | None) -> tuple[str, ...]:
    """The zone; else the country's zones; else every zone of every country."""
    if timezone in _every_zone():
        return (str(timezone),)
    everywhere = _zone_lines()
    theirs = tuple(zone for land, zone in everywhere if land == country)
    return theirs or tuple(zone for _, zone in everywhere)


@cache
def _every_zone() -> frozenset[str]:
    """Asked once: the library walks through all its files each time."""
    return frozenset(available_timezones())


@cache
def _zone_lines() -> tuple[tuple[str, str], ...]:
    """Country and zone, as the database lists them."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    return tuple((row[0], row[2]) for row in rows)
