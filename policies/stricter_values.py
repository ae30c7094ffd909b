"""Which of two values of one field is stricter; what can't be ordered counts as looser."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

Direction = Literal["same", "tighter", "looser"]
Order = Callable[[Any, Any], Direction]
"""How a new value stands to an old one that differs from it."""


def lower(was: Any, now: Any) -> Direction:
    """Less is stricter; nothing said is the loosest of all."""
    if was is None or now is None:
        return "tighter" if was is None else "looser"
    return "tighter" if now < was else "looser"


def higher(was: Any, now: Any) -> Direction:
    """More is stricter; nothing said is the loosest of all."""
    if was is None or now is None:
        return "tighter" if was is None else "looser"
    return "tighter" if now > was else "looser"


def later(was: Any, now: Any) -> Direction:
    """What ends later is stricter; what never ends is the strictest of all."""
    if was is None or now is None:
        return "looser" if was is None else "tighter"
    return "tighter" if now > was else "looser"


def more(was: Sequence[str], now: Sequence[str]) -> Direction:
    """What the limit covers: all it did, and something besides, is stricter."""
    if set(was) == set(now):
        return "same"
    return "tighter" if set(was) < set(now) else "looser"


def fewer(was: Sequence[str], now: Sequence[str]) -> Direction:
    """What it lets off, or lets act: only some of that is stricter."""
    return more(now, was)


def named(was: Sequence[str], now: Sequence[str]) -> Direction:
    """Whom the limit is for: more is stricter, and nobody named, that is everybody, strictest."""
    if not was or not now:
        return "looser" if now else "tighter"
    return more(was, now)


def longer(was: int | None, now: int | None) -> Direction:
    """A longer window is stricter; one that rolls and one of the calendar can't be ordered."""
    return "looser" if was is None or now is None else higher(was, now)


def wider(was: str | None, now: str | None) -> Direction:
    """A day lies in one week and in one month; a week may lie in two months."""
    return "tighter" if was == "day" and now is not None else "looser"


def other(_: Any, __: Any) -> Direction:
    """What can't be ordered."""
    return "looser"


def words(_: Any, __: Any) -> Direction:
    """What people read, and nothing is judged by."""
    return "same"


def towards_expiry(_: Any, now: str) -> Direction:
    """What becomes of a question that nobody answered: that it is closed is the strictest."""
    return "tighter" if now == "expire" else "looser"


def towards_waiting(_: Any, now: str) -> Direction:
    """What happens while something is unknown: that it waits is the strictest."""
    return "tighter" if now == "wait" else "looser"
