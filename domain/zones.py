"""Time zones by name, as the tz database has them."""

from functools import cache
from importlib.resources import files
from typing import Final

PLACELESS: Final = "Factory"
"""The tz database's name for a clock nobody has set: it says nothing of where a contact lives."""


@cache
def known_zones() -> frozenset[str]:
    """Names the tz database knows. Not the machine's own list: that has `localtime` in it, which
    would put a contact wherever this server stands."""
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(names) - {PLACELESS}
