"""Which of two policies' quiet hours are stricter, channel by channel."""

from collections.abc import Iterator, Sequence
from datetime import time

from policies.stricter_limits import Change
from policies.stricter_values import Direction
from policies.touch_limits import QuietHours


def quiet_changes(was: Sequence[QuietHours], now: Sequence[QuietHours]) -> Iterator[Change]:
    """By channel: quiet at every instant it was, and at others besides, is stricter."""
    before, after = _by_channel(was), _by_channel(now)
    for channel in dict.fromkeys((*before, *after)):
        left, right = before.get(channel), after.get(channel)
        if left == right:
            continue
        spans = [() if one is None else _spans(*one) for one in (left, right)]
        yield Change(f"quiet_hours.{channel}", left, right, _quieter(*spans))
    yield from _dropping(was, now)


def _by_channel(rules: Sequence[QuietHours]) -> dict[str, tuple[time, time]]:
    return {channel: (one.start, one.end) for one in rules for channel in one.channels}


def _dropping(was: Sequence[QuietHours], now: Sequence[QuietHours]) -> Iterator[Change]:
    """By channel that both know: what never goes out is stricter than what waits."""
    before, after = (
        {one: rule.then for rule in each for one in rule.channels} for each in (was, now)
    )
    for channel in (one for one in before if one in after):
        left, right = before[channel], after[channel]
        if left != right:
            direction: Direction = "tighter" if right == "drop" else "looser"
            yield Change(f"quiet_hours.{channel}.then", left, right, direction)


Span = tuple[time, time | None]
"""From the first until before the second; None: until midnight."""


def _spans(start: time, end: time) -> tuple[Span, ...]:
    """The parts of one day that a rule covers, as `policies.quiet.is_quiet` reads it."""
    if start == end:
        return ()
    return ((start, end),) if start < end else ((start, None), (time.min, end))


def _quieter(was: Sequence[Span], now: Sequence[Span]) -> Direction:
    if not _within(was, now):
        return "looser"
    return "same" if _within(now, was) else "tighter"


def _within(inner: Sequence[Span], outer: Sequence[Span]) -> bool:
    """Whether each span lies in one of the others; two spans of one rule never touch."""
    return all(any(_covers(one, span) for one in outer) for span in inner)


def _covers(outer: Span, inner: Span) -> bool:
    ends = outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])
    return outer[0] <= inner[0] and ends
