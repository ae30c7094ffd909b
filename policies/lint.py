"""Remarks on a policy that may stand: what says less, or other, than it seems to."""

import re
from collections.abc import Iterator, Sequence
from math import ceil, inf
from typing import Final

from domain.names import CHANNELS
from policies import autonomy, quarters
from policies.problem import Problem
from policies.schema import Policy
from policies.touch_limits import Cap, Spacing

DAY: Final = 24
PERIODS: Final[dict[str, tuple[int, int]]] = {
    "hour": (1, 1),
    "day": (DAY, DAY),
    "daily": (DAY, DAY),
    "week": (7 * DAY, 7 * DAY),
    "weekly": (7 * DAY, 7 * DAY),
    "fortnight": (14 * DAY, 14 * DAY),
    "month": (28 * DAY, 31 * DAY),
    "monthly": (28 * DAY, 31 * DAY),
    "quarter": (90 * DAY, 92 * DAY),
    "year": (365 * DAY, 366 * DAY),
}
"""Hours that a name promises, from and to."""
CALENDAR: Final = ("month", "monthly", "quarter", "year")
"""Periods whose length on the calendar changes."""


def remarks(policy: Policy) -> Iterator[Problem]:
    """Each with its key and one sentence; a policy that gets some is whole all the same."""
    for place, cap in enumerate(policy.caps):
        yield from _window(("caps", place), cap)
        yield from _idle_cap(place, policy.caps)
    yield from _idle_run(policy)
    yield from _idle_spacing(policy)
    yield from _open_doors(policy)
    yield from _unused(policy)
    yield from quarters.remarks(policy)
    yield from autonomy.remarks(policy)


def _window(key: tuple[str | int, ...], cap: Cap) -> Iterator[Problem]:
    """A window rolls; a name from the calendar promises something else."""
    if cap.calendar is not None:
        yield from _misnamed(key, cap, cap.calendar)
    if cap.window_hours is None:
        return
    hours = cap.window_hours
    for word in cap.name.split("_"):
        if word not in PERIODS:
            continue
        least, most = PERIODS[word]
        if not least <= hours <= most:
            said = f"`caps` {cap.name} is called by the {word} and holds in any {hours} hours."
            yield Problem((*key, "window_hours"), said)
        elif word in CALENDAR:
            said = (
                f"`caps` {cap.name} holds in any {hours} hours, that is {hours // DAY} days; "
                f"it does not begin anew with a {word.removesuffix('ly')} of the calendar."
            )
            yield Problem((*key, "window_hours"), said)
    if hours > DAY and hours % DAY in (1, DAY - 1):
        said = (
            f"`caps` {cap.name} holds in any {hours} hours, an hour off whole days: windows roll, "
            "and no hour of a day needs to be left out."
        )
        yield Problem((*key, "window_hours"), said)


def _misnamed(key: tuple[str | int, ...], cap: Cap, calendar: str) -> Iterator[Problem]:
    for word in cap.name.split("_"):
        if word in PERIODS and PERIODS[word] != PERIODS[calendar]:
            said = f"`caps` {cap.name} is called by the {word} and counts by the {calendar}."
            yield Problem((*key, "calendar"), said)


def _idle_cap(place: int, caps: Sequence[Cap]) -> Iterator[Problem]:
    """A cap that another one keeps from ever being reached."""
    cap = caps[place]
    for number, other in enumerate(caps):
        if number == place or (number > place and _idles(cap, other) and _idles(other, cap)):
            continue
        if _idles(other, cap):
            span = f"{cap.window_hours} hours" if cap.calendar is None else cap.calendar
            said = (
                f"`caps` {cap.name} is never reached: {other.name} lets "
                f"{_most(other, cap)} through in its {span}, and it allows {cap.at_most}."
            )
            yield Problem(("caps", place), said)
            return


def _idles(other: Cap, cap: Cap) -> bool:
    """Whether the other counts all that the cap counts, and lets no more of it through."""
    return (
        other.per == cap.per
        and _names_all(other.agents, cap.agents)
        and _names_all(other.themes, cap.themes)
        and set(cap.channels) <= set(other.channels)
        and set(other.exempt_classes) <= set(cap.exempt_classes)
        and _most(other, cap) <= cap.at_most
    )


def _names_all(other: Sequence[str], cap: Sequence[str]) -> bool:
    """Whether the other is for all that the cap is for; none named: for everybody."""
    return not other or (bool(cap) and set(cap) <= set(other))


def _everybody(cap: Cap) -> bool:
    return not cap.agents and not cap.themes


def _most(other: Cap, cap: Cap) -> float:
    """Most touches the other lets through in any window of the cap. One exactly a window away does
    not count any more, so that a week of daily windows is seven."""
    if other.window_hours is not None:
        return other.at_most * ceil(cap.reach_hours / other.window_hours)
    return other.at_most if other.calendar == cap.calendar else inf


def _idle_run(policy: Policy) -> Iterator[Problem]:
    """More touches in a run than any contact may get."""
    many = policy.run.touches_per_contact
    for cap in policy.caps:
        everything = set(cap.channels) >= set(CHANNELS) and not cap.exempt_classes
        everything = everything and cap.window_hours is not None
        if cap.per == "contact" and everything and _everybody(cap) and cap.at_most < many:
            said = f"`run.touches_per_contact` of {many} is never reached: {cap.name} comes first."
            yield Problem(("run", "touches_per_contact"), said)
            return


def _idle_spacing(policy: Policy) -> Iterator[Problem]:
    for place, rule in enumerate(policy.spacing):
        said = _why_idle(place, rule, policy)
        if said is not None:
            yield Problem(("spacing", place), f"`spacing` {rule.name} never holds back: {said}")


def _why_idle(place: int, rule: Spacing, policy: Policy) -> str | None:
    pair = {rule.channel, rule.other}
    for number, other in enumerate(policy.spacing):
        wider = (other.hours, -number) > (rule.hours, -place)
        if {other.channel, other.other} == pair and wider:
            return f"{other.name} asks {other.hours} hours of the same channels."
    for cap in policy.caps:
        hours = cap.window_hours or 0
        alone = cap.per == "contact" and cap.at_most <= 1 and hours >= rule.hours
        if not _everybody(cap) or _promotional_exempt(cap):
            continue
        if alone and pair <= set(cap.channels):
            return f"{cap.name} allows one touch of both channels in {cap.window_hours} hours."
    return None


def _promotional_exempt(cap: Cap) -> bool:
    return "marketing" in cap.exempt_classes


def _open_doors(policy: Policy) -> Iterator[Problem]:
    """Limits that read as one and let marketing through, or hold nothing."""
    if "marketing" in policy.consent.exempt_classes:
        said = "`consent` exempts marketing: nobody is asked for consent to it."
        yield Problem(("consent", "exempt_classes"), said)
    for place, cap in enumerate(policy.caps):
        if _promotional_exempt(cap):
            said = f"`caps` {cap.name} exempts marketing, so it holds no promotion back."
            yield Problem(("caps", place, "exempt_classes"), said)
    for name in ("deal_hold", "complaint_hold", "customer_hold"):
        if not getattr(policy, name).channels:
            yield Problem((name, "channels"), f"`{name}` names no channel, so it holds nothing.")
    if not policy.deal_hold.stages:
        said = "`deal_hold` names no stage, so no deal holds anything."
        yield Problem(("deal_hold", "stages"), said)


def _unused(policy: Policy) -> Iterator[Problem]:
    held = {one.segment for one in policy.segment_holds}
    used = held | {one.segment for one in policy.exposures}
    for place, one in enumerate(policy.segments):
        if one.name not in used:
            said = f"`segments` {one.name} is named, and no hold or exposure uses it."
            yield Problem(("segments", place), said)
    conditions = " ".join(one.where for one in policy.segments)
    for place, attribute in enumerate(policy.attributes):
        if not re.search(rf"\battr_{attribute.name}\b", conditions):
            said = f"`attributes` {attribute.name} is declared, and no segment asks for it."
            yield Problem(("attributes", place), said)
