"""Which of two policies is stricter, limit by limit; what can't be ordered counts as looser.

Who may put a policy in force follows from this and from nothing a person says: what only tightens
takes one person, what loosens anything takes two.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final, Literal

from pydantic import BaseModel

from policies import quorum
from policies.account_limits import DealException, DealHold, Hold, Parity, SegmentHold
from policies.autonomy import LEVELS, levels_of
from policies.consent_limits import (
    ConsentRule,
    DoNotCall,
    InferredConsent,
    Revocation,
    SoftOptIn,
    WrittenConsent,
    WrongSend,
)
from policies.limit import Limit
from policies.money_limits import (
    Budget,
    BudgetStep,
    Capacity,
    Exploration,
    Exposure,
    Holdout,
    Priority,
    QuarterBudget,
    ValueFloor,
)
from policies.reputation_limits import Reputation, SpamRate
from policies.review_limits import Autonomy, Escalation, QuorumStep, Review
from policies.schema import Policy
from policies.touch_limits import (
    Blackout,
    Cap,
    IgnorePause,
    Prerequisite,
    QuietHours,
    ReplyPause,
    RunLimits,
    Separation,
    Spacing,
)

Direction = Literal["same", "tighter", "looser"]
Order = Callable[[Any, Any], Direction]
"""How a new value stands to an old one that differs from it."""


@dataclass(frozen=True)
class Change:
    """One thing that differs. was, now: its values; None: there was or is no such limit."""

    key: str
    was: Any
    now: Any
    direction: Direction


@dataclass(frozen=True)
class Comparison:
    """What differs between two policies, in the policy's order."""

    changes: tuple[Change, ...]

    @property
    def direction(self) -> Direction:
        """The whole is as loose as its loosest part."""
        found = {one.direction for one in self.changes}
        return "looser" if "looser" in found else "tighter" if "tighter" in found else "same"


def compare(old: Policy, new: Policy) -> Comparison:
    """How the new policy stands to the old one."""
    return Comparison(tuple(_changes(old, new)))


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


def fewer_exceptions(was: Sequence[DealException], now: Sequence[DealException]) -> Direction:
    """What goes out all the same: only what did, and for no longer, is stricter."""
    before, after = ({one.name: one for one in each} for each in (was, now))
    both = [name for name in before if name in after]
    found = [one.direction for name in both for one in _limit("", before[name], after[name])]
    found.append(fewer([*before], [*after]))
    return "looser" if "looser" in found else "tighter" if "tighter" in found else "same"


def more_people(was: Sequence[QuorumStep], now: Sequence[QuorumStep]) -> Direction:
    """Who must approve: at every value all who had to, and at one somebody besides, is stricter."""
    if not quorum.covers(was, now):
        return "looser"
    return "same" if quorum.covers(now, was) else "tighter"


SAID: Final[dict[str, Order]] = dict.fromkeys(("owner", "reason", "since", "reviewed"), words)
ORDERS: Final[dict[type[BaseModel], dict[str, Order]]] = {
    ConsentRule: {"channels": more, "exempt_classes": fewer, "strict_after_days": lower},
    SoftOptIn: {"countries": fewer, "channels": fewer, "purposes": fewer},
    InferredConsent: {
        **dict.fromkeys(("countries", "channels", "purposes"), fewer),
        "for_days": lower,
    },
    WrittenConsent: {"countries": more, "channels": more},
    DoNotCall: {"countries": more, "channels": more, "copy_days": lower},
    WrongSend: {"channels": more, "countries": more, "damages": higher, "share": higher},
    Cap: {
        "name": words,
        "per": other,
        "channels": more,
        "at_most": lower,
        "window_hours": longer,
        "calendar": wider,
        "exempt_classes": fewer,
        "agents": named,
        "themes": named,
    },
    Blackout: {"name": words, "channels": more, "first": lower, "last": higher},
    ReplyPause: {"name": words, "channels": more, "days": higher},
    IgnorePause: {
        **{"name": words, "channels": more, "after": lower},
        **dict.fromkeys(("within_days", "pause_days"), higher),
    },
    Separation: {
        "name": words,
        **dict.fromkeys(("first_treatments", "first_themes"), more),
        **dict.fromkeys(("other_treatments", "other_themes"), more),
        **{"days": later, "either_order": higher},
    },
    Prerequisite: {
        "name": words,
        **dict.fromkeys(("then_treatments", "then_themes"), more),
        **dict.fromkeys(("first_treatments", "first_themes"), fewer),
        **{"after_days": higher, "within_days": lower},
    },
    Spacing: {"name": words, "channel": other, "other": other, "hours": higher},
    DealHold: {
        **dict.fromkeys(("stages", "channels"), more),
        "expires": later,
        "exceptions": fewer_exceptions,
    },
    DealException: {
        **dict.fromkeys(("stages", "channels", "themes", "treatments"), fewer),
        "name": words,
        "expires": lower,
    },
    Hold: {"channels": more},
    SegmentHold: {"segment": words, "channels": more},
    Budget: {"pool": words, "at_most": lower, "window_days": higher, "overshoot": higher},
    QuarterBudget: {
        **dict.fromkeys(("pool", "quarter", "floor"), words),
        **dict.fromkeys(("at_most", "deviation"), lower),
    },
    BudgetStep: {"max_step": lower, "rest_days": higher},
    Parity: {"name": words, "attribute": other, "at_least": higher, "people": lower},
    Capacity: {"share_of_minutes": lower, "call_minutes": higher, "task_minutes": higher},
    Priority: {
        **dict.fromkeys(("campaign_id", "theme", "weight", "expires"), other),
        "name": words,
    },
    ValueFloor: {**dict.fromkeys(("stages", "at_least", "expires"), other), "name": words},
    RunLimits: {"touches_per_contact": lower, "fatigue": other},
    Exposure: {
        **dict.fromkeys(("theme", "segment", "channel", "at_least", "ceiling"), other),
        "name": words,
        "at_most": lower,
    },
    Exploration: {"share": lower, "temperature": other},
    Holdout: {"study": other, "share": higher},
    Escalation: {
        **dict.fromkeys(("value_at_stake", "audience", "relative_uncertainty"), lower),
        **dict.fromkeys(("spend_step", "cumulative_value_per_day"), lower),
        **dict.fromkeys(("vip_tiers", "late_stages", "significant_classes"), more),
        **dict.fromkeys(("first_use", "prior_evidence", "deal_owners"), higher),
    },
    Review: {
        "expires_hours": lower,
        "four_eyes_above": lower,
        "quorum": more_people,
        "void_on_role_loss": higher,
        "on_timeout": towards_expiry,
        "reassign_to": other,
        "remind_after": words,
        "claim_minutes": words,
    },
    QuorumStep: {"from_value": lower, "people": higher, "roles": named},
    SpamRate: {
        **dict.fromkeys(("warn_at", "stop_at", "hard_stop_at", "known_days"), lower),
        "bulk_per_day": lower,
        "unknown": towards_waiting,
    },
    Revocation: {"all_calls_and_texts_from": lower},
    Reputation: {
        **dict.fromkeys(("stop_at", "warn_at", "least_complaints"), lower),
        "window_days": other,
    },
}
"""How each field of a limit is ordered. The minimum of an exposure is a floor, and a floor is never
an order of strictness: it asks for touches; so any change of one counts as looser."""
NAMED_BY: Final[dict[str, str]] = {
    "caps": "name",
    "spacing": "name",
    "budgets": "pool",
    "quarter_budgets": "key",
    "exposures": "name",
    "priorities": "name",
    "value_floors": "name",
    "segment_holds": "segment",
    "blackouts": "name",
    "reply_pauses": "name",
    "ignore_pauses": "name",
    "separations": "name",
    "prerequisites": "name",
    "parities": "name",
}
"""Tables of several limits, and what tells which is which."""


def _changes(old: Policy, new: Policy) -> Iterator[Change]:
    for name in Policy.model_fields:
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        match name:
            case "name" | "version":
                yield Change(name, was, now, "same")
            case "agents":
                yield Change(name, was, now, fewer(was, now))
            case "quiet_hours":
                yield from _quiet(was, now)
            case "segments" | "attributes":
                yield from _meanings(name, was, now)
            case "autonomy":
                yield from _autonomous(was, now)
            case "account_owners":
                yield from _in_order(name, was, now)
            case "soft_opt_in" | "inferred_consent" | "do_not_call" | "wrong_sends":
                yield from _placed(name, was, now)
            case _ if name in NAMED_BY:
                yield from _several(name, was, now)
            case _:
                yield from _limit(name, was, now)


def _several(table: str, was: Sequence[Limit], now: Sequence[Limit]) -> Iterator[Change]:
    before, after = _by_name(table, was), _by_name(table, now)
    for name in dict.fromkeys((*before, *after)):
        key, left, right = f"{table}.{name}", before.get(name), after.get(name)
        if left is None or right is None:
            stricter = left is None and not _asks(right)
            direction: Direction = "tighter" if stricter else "looser"
            yield Change(key, _shown(left), _shown(right), direction)
        elif left != right:
            yield from _limit(key, left, right)


def _asks(limit: Limit | None) -> bool:
    """Whether it asks for touches: a floor of them, or a worth that is declared."""
    if isinstance(limit, Priority | ValueFloor):
        return True
    return isinstance(limit, Exposure) and limit.at_least is not None


def _placed(table: str, was: Sequence[Limit], now: Sequence[Limit]) -> Iterator[Change]:
    """Limits without names, by their place: what lets consents count lets more go out where it is
    new, a registry or a cost of wrong sends less."""
    for place in range(max(len(was), len(now))):
        left, right = (one[place] if place < len(one) else None for one in (was, now))
        if left is not None and right is not None:
            yield from _limit(f"{table}.{place}", left, right)
            continue
        stricter = (left is None) == (table in ("do_not_call", "wrong_sends"))
        direction: Direction = "tighter" if stricter else "looser"
        yield Change(f"{table}.{place}", _shown(left), _shown(right), direction)


def _in_order(table: str, was: Sequence[Limit], now: Sequence[Limit]) -> Iterator[Change]:
    """Limits of which the first that fits counts: any where there was none is stricter; otherwise a
    change gives what was somebody's to somebody else."""
    before, after = ([_meaning(one) for one in each] for each in (was, now))
    direction: Direction = "same" if before == after else "looser" if was else "tighter"
    yield Change(table, before, after, direction)


def _autonomous(was: Sequence[Autonomy], now: Sequence[Autonomy]) -> Iterator[Change]:
    """By agent and channel, whatever entries say it; other words for the same levels are words."""
    before, after = levels_of(tuple(was)), levels_of(tuple(now))
    changed = [one for one in before if before[one] != after[one]]
    for agent, channel in changed:
        left, right = before[agent, channel], after[agent, channel]
        direction = higher(LEVELS.index(left), LEVELS.index(right))
        yield Change(f"autonomy.{agent}.{channel}", left, right, direction)
    if not changed:
        yield Change("autonomy", was, now, "same")


def _by_name(table: str, limits: Sequence[Limit]) -> dict[str, Limit]:
    """A segment may be held in several tables: each counts by its place."""
    found: dict[str, Limit] = {}
    for one in limits:
        name = str(getattr(one, NAMED_BY[table]))
        while name in found:
            name += "+"
        found[name] = one
    return found


def _limit(key: str, was: Limit, now: Limit) -> Iterator[Change]:
    orders = {**SAID, **ORDERS.get(type(was), {})}
    for field in type(was).model_fields:
        before, after = getattr(was, field), getattr(now, field)
        if before != after:
            direction = orders.get(field, other)(before, after)
            yield Change(f"{key}.{field}", before, after, direction)


def _shown(limit: Limit | None) -> Mapping[str, Any] | None:
    if limit is None:
        return None
    said: dict[str, Any] = limit.model_dump(mode="json", exclude=set(SAID), exclude_defaults=True)
    return said


def _meanings(table: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[Change]:
    """A segment that means somebody else can't be ordered; one that nothing names yet is words."""
    before, after = ({one.name: one for one in each} for each in (was, now))
    for name in dict.fromkeys((*before, *after)):
        left, right = before.get(name), after.get(name)
        if left == right:
            continue
        both = left is not None and right is not None
        changed = both and _meaning(left) != _meaning(right)
        yield Change(f"{table}.{name}", left, right, "looser" if changed else "same")


def _meaning(one: Any) -> Mapping[str, Any]:
    said: dict[str, Any] = one.model_dump(exclude=set(SAID))
    return said


def _quiet(was: Sequence[QuietHours], now: Sequence[QuietHours]) -> Iterator[Change]:
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
