"""Limits of touches: how often, when, how far apart, and after what."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

from domain.names import ActionClass, AgentName, Channel
from domain.periods import Calendar, reach_hours
from policies.limit import Count, Days, Hours, Limit, Name, Words


class Cap(Limit):
    """At most so many touches per contact (or account): in any window of so many hours, or in one
    day, week or month of the calendar where the contact lives."""

    name: Name
    per: Literal["contact", "account"]
    channels: tuple[Channel, ...]
    at_most: Count
    window_hours: Hours | None = None
    """A window rolls; this or `calendar` is said."""
    calendar: Calendar | None = None
    """A week begins on Monday; an account's contacts each count by their own calendar."""
    exempt_classes: tuple[ActionClass, ...]
    agents: tuple[AgentName, ...] = ()
    """Whose touches it limits and counts; none named: everybody's. A touch of which nobody knows
    whose it is counts."""
    themes: tuple[Words, ...] = ()
    """Of which themes; none named: of all. A touch without a known theme counts, and is limited."""

    @property
    def reach_hours(self) -> int:
        """Less than so many hours lie between two touches that it counts together."""
        if self.calendar is not None:
            return reach_hours(self.calendar, self.per)
        return self.window_hours or 0


class QuietHours(Limit):
    """No delivery between `start` and `end` where the contact lives; may wrap midnight."""

    channels: tuple[Channel, ...]
    start: time
    end: time
    then: Literal["queue", "drop"] = "queue"
    """What becomes of what is scheduled already and comes to the door in them: it waits for their
    end, within its deadline, or it never goes out."""


class Blackout(Limit):
    """Dates, where the contact lives, on which nothing that sells goes out; both ends count."""

    name: Name
    channels: tuple[Channel, ...]
    first: date
    last: date


class ReplyPause(Limit):
    """A reply of anybody of an account stops what sells to all of it for so many days: a person
    answers first. A machine's note of absence is no reply."""

    name: Name
    channels: tuple[Channel, ...]
    days: Days


class IgnorePause(Limit):
    """Who was touched `after` times on these channels within so many days and did nothing since the
    first of them is sold to on none of them until so many days after the last of them."""

    name: Name
    channels: tuple[Channel, ...]
    after: Annotated[int, Field(ge=1, le=1000)]
    within_days: Days
    pause_days: Days


class Spacing(Limit):
    """Channel and other channel lie at least so many hours apart for one contact."""

    name: Name
    channel: Channel
    other: Channel
    hours: Hours


class Separation(Limit):
    """One contact does not get both sides within so many days, or (without days) ever."""

    name: Name
    first_treatments: tuple[Words, ...] = ()
    first_themes: tuple[Words, ...] = ()
    other_treatments: tuple[Words, ...] = ()
    other_themes: tuple[Words, ...] = ()
    days: Annotated[int, Field(ge=0, le=366 * 10)] | None = None
    """0: at the same instant; None: however far apart they are."""
    either_order: bool = True
    """False: the other may go before the first, and not after it."""


class Prerequisite(Limit):
    """What may go only to whom something else went before."""

    name: Name
    then_treatments: tuple[Words, ...] = ()
    then_themes: tuple[Words, ...] = ()
    first_treatments: tuple[Words, ...] = ()
    first_themes: tuple[Words, ...] = ()
    after_days: Annotated[int, Field(ge=0, le=366 * 10)] = 0
    within_days: Days | None = None
    """None: however long ago it went."""


class RunLimits(Limit):
    """Most touches one contact may get in one run, and how further touches fade."""

    touches_per_contact: Annotated[int, Field(ge=1, le=3)]
    fatigue: tuple[Annotated[float, Field(gt=0, le=1)], ...]
