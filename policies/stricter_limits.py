"""Which of two limits of one kind is stricter, field by field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from policies import quorum
from policies.account_limits import DealException, DealHold, Hold, Parity, SegmentHold
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
from policies.review_limits import Escalation, QuorumStep, Review
from policies.stricter_values import (
    Direction,
    Order,
    fewer,
    higher,
    later,
    longer,
    lower,
    more,
    named,
    other,
    towards_expiry,
    towards_waiting,
    wider,
    words,
)
from policies.touch_limits import (
    Blackout,
    Cap,
    IgnorePause,
    Prerequisite,
    ReplyPause,
    RunLimits,
    Separation,
    Spacing,
)


@dataclass(frozen=True)
class Change:
    """One thing that differs. was, now: its values; None: there was or is no such limit."""

    key: str
    was: Any
    now: Any
    direction: Direction


def fewer_exceptions(was: Sequence[DealException], now: Sequence[DealException]) -> Direction:
    """What goes out all the same: only what did, and for no longer, is stricter."""
    before, after = ({one.name: one for one in each} for each in (was, now))
    both = [name for name in before if name in after]
    found = [one.direction for name in both for one in limit_changes("", before[name], after[name])]
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
        **dict.fromkeys(("warn_at", "stop_at", "hard_stop_at"), lower),
        "known_days": other,
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


def limit_changes(key: str, was: Limit, now: Limit) -> Iterator[Change]:
    """What differs between two limits of one kind, field by field. key: what they are called."""
    orders = {**SAID, **ORDERS.get(type(was), {})}
    for field in type(was).model_fields:
        before, after = getattr(was, field), getattr(now, field)
        if before != after:
            direction = orders.get(field, other)(before, after)
            yield Change(f"{key}.{field}", before, after, direction)
