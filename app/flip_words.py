"""Flip words: what turns a decision, in a sentence, and whether solving again confirmed it."""

from typing import Any, assert_never

from domain.reasons import SENTENCES
from graph.arbitration.changes import CapChange, LimitChange, ValueChange
from graph.arbitration.flipping import Confirmed
from graph.flips import Confirmation, by_cap_alone

SHARE, LEAST = " (share)", " (least)"


def confirmation_data(told: Confirmation) -> dict[str, Any]:
    """A confirmation with documented keys (docs/commands.md)."""
    flip = told.flip
    return {
        "confirmed": told.confirmed,
        "sentence": confirmed_sentence(told),
        "why_not": told.why_not or None,
        "masks": list(told.masks),
        "masks_lifted_suffice": told.lifted,
        "smallest": _told(told.smallest),
        "by_value": None if flip is None else _told(flip.value),
        "by_rule": None if flip is None else _told(flip.rule),
        "bundle": [] if flip is None else list(flip.bundle),
        "rules": [one.model_dump() for one in told.rules],
        "tried": [] if flip is None else [one.model_dump() for one in flip.trail],
    }


def _told(one: Confirmed | None) -> dict[str, Any] | None:
    return None if one is None else one.model_dump()


def flip_sentence(told: Confirmation) -> str:
    """What would turn the decision."""
    if not told.confirmed:
        return "nothing that is known"
    steps = [] if by_cap_alone(told) else [f"without this: {SENTENCES[one]}" for one in told.masks]
    if told.smallest is not None:
        steps.append(change_words(told.smallest))
    return "; and ".join(steps)


def confirmed_sentence(told: Confirmation) -> str:
    """What solving the run again showed."""
    if not told.confirmed:
        return f"could not be confirmed: {told.why_not}"
    one = told.smallest
    if one is None or one.tied or isinstance(one.change, CapChange):
        return "confirmed by solving the run again: with it the decision turns"
    return "confirmed by solving the run again: with it the decision turns, with 95% of it not"


def change_words(one: Confirmed) -> str:
    """The change, in units a person can act on."""
    if one.tied:
        return "any hair of change: two were as good as equal"
    match one.change:
        case ValueChange(by=by):
            return f"{abs(by):.2f} minor units {'more' if by > 0 else 'less'} value"
        case CapChange(cap=cap, by=by):
            return f"{by} more under the cap {cap}, worth {one.worth:.2f} minor units"
        case LimitChange(limit=limit, by=by):
            return f"{limit_words(limit, by)}, worth {one.worth:.2f} minor units"
        case _:
            assert_never(one.change)


def limit_words(limit: str, by: float) -> str:
    """So much more of a limit, as prices name it."""
    if limit.endswith(SHARE):
        return f"{100 * by:.3g} points more for the share {limit.removesuffix(SHARE)}"
    if limit.endswith(LEAST):
        return f"{by:.4g} less asked of the minimum {limit.removesuffix(LEAST)}"
    return f"{by:.4g} more of {limit}"
