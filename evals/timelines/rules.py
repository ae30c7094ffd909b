"""The rules of the timelines, in plain words: the judge gets them as a policy, the checker as they
stand here."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final, Literal


@dataclass(frozen=True)
class CapRule:
    """At most so many touches in any window, or in one period of the person's calendar; of these
    agents and themes, or of unknown ones (none named: of all)."""

    name: str
    per: Literal["contact", "account"]
    channels: tuple[str, ...]
    at_most: int
    window: timedelta | None
    calendar: Literal["day", "week", "month"] | None = None
    agents: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What breaking it is called."""
        if self.calendar is not None:
            return "calendar"
        return "named cap" if self.agents or self.themes else "cap"


@dataclass(frozen=True)
class QuietRule:
    """From start until before end where the person lives."""

    channels: tuple[str, ...]
    start: time
    end: time


@dataclass(frozen=True)
class SpacingRule:
    """The two channels lie so far apart."""

    name: str
    channel: str
    other: str
    gap: timedelta


@dataclass(frozen=True)
class BlackoutRule:
    """Dates, where the person lives, from first to last."""

    name: str
    channels: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True)
class ReplyRule:
    """After a reply of the account what sells rests so long."""

    name: str
    channels: tuple[str, ...]
    rest: timedelta


@dataclass(frozen=True)
class IgnoreRule:
    """After so many touches in so long that brought no reply what sells rests so long."""

    name: str
    channels: tuple[str, ...]
    after: int
    within: timedelta
    rest: timedelta


@dataclass(frozen=True)
class Rules:
    """All that can be broken."""

    caps: tuple[CapRule, ...]
    quiet: tuple[QuietRule, ...]
    spacing: tuple[SpacingRule, ...]
    consent_channels: tuple[str, ...]
    strict_after: timedelta | None
    blackouts: tuple[BlackoutRule, ...]
    replies: tuple[ReplyRule, ...]
    ignores: tuple[IgnoreRule, ...]


DAY: Final = timedelta(days=1)
ALL: Final = ("email", "call", "sms", "ads")
ORDINARY: Final = Rules(
    caps=(
        CapRule("day", "contact", ("email", "call", "sms"), 1, DAY),
        CapRule("ads_day", "contact", ("ads",), 2, DAY),
        CapRule("week", "contact", ("email", "call", "sms", "ads"), 5, 7 * DAY),
        CapRule("account_day", "account", ("email", "call", "sms"), 2, DAY),
        CapRule("date", "contact", ALL, 2, None, calendar="day"),
        CapRule("month", "contact", ("email", "ads"), 3, None, calendar="month"),
        CapRule("sales", "contact", ALL, 1, 2 * DAY, agents=("sales",)),
    ),
    quiet=(QuietRule(("email", "sms"), time(22), time(7)), QuietRule(("call",), time(18), time(9))),
    spacing=(SpacingRule("call_after_email", "call", "email", timedelta(hours=36)),),
    consent_channels=("email", "call", "sms", "ads"),
    strict_after=None,
    replies=(ReplyRule("answer_first", ("email", "sms"), 2 * DAY),),
    ignores=(IgnoreRule("silence", ("email", "sms"), 2, 8 * DAY, 3 * DAY),),
    blackouts=(
        BlackoutRule("spring", ("email", "call"), date(2026, 3, 29), date(2026, 3, 29)),
        BlackoutRule("autumn", ("sms", "ads"), date(2026, 10, 24), date(2026, 10, 25)),
        BlackoutRule("new_year", ("email",), date(2026, 12, 31), date(2027, 1, 1)),
    ),
)
LOOSE: Final = Rules(
    caps=(
        CapRule("mail", "contact", ("email",), 2, timedelta(hours=12)),
        CapRule("account_week", "account", ("email", "call", "sms", "ads"), 18, 7 * DAY),
        CapRule("account_date", "account", ALL, 6, None, calendar="day"),
        CapRule("own_week", "contact", ALL, 6, None, calendar="week"),
        CapRule("care", "contact", ALL, 3, 2 * DAY, themes=("care",)),
    ),
    quiet=(QuietRule(("call", "sms"), time(1, 30), time(3, 30)),),
    spacing=(
        SpacingRule("sms_and_call", "sms", "call", timedelta(hours=5)),
        SpacingRule("ads_and_email", "ads", "email", timedelta(hours=1)),
    ),
    consent_channels=("email", "call", "sms"),
    strict_after=timedelta(days=5),
    replies=(ReplyRule("mail", ("email",), DAY), ReplyRule("ads", ("ads",), 3 * DAY)),
    ignores=(
        IgnoreRule("calls", ("call",), 2, 2 * DAY, DAY),
        IgnoreRule("ads", ("ads", "email"), 4, 3 * DAY, 2 * DAY),
    ),
    blackouts=(
        BlackoutRule("women", ("ads", "sms"), date(2026, 3, 8), date(2026, 3, 8)),
        BlackoutRule("saints", ("email", "call"), date(2026, 11, 1), date(2026, 11, 2)),
        BlackoutRule("leap", ("email",), date(2028, 2, 29), date(2028, 2, 29)),
    ),
)
"""Quiet through the hours that summer time repeats and leaves out, and grants that age."""
EVERY: Final = (ORDINARY, LOOSE)
