"""Past pauses, after replies and ignored touches, as a past run had or would have had them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from graph.ignoring import ignored_at
from graph.replies import replies_at
from graph.tower import Tower
from policies.schema import Policy
from policies.touch_limits import IgnorePause, ReplyPause

MOMENT = timedelta(microseconds=1)


def pauses_kept(known: pl.DataFrame, policy: Policy, was: Policy | None) -> list[str]:
    """Columns of the run's FACTS that mean under this policy what they meant then."""
    then = {} if was is None else _meanings(was)
    return [
        name
        for name, meaning in _meanings(policy).items()
        if then.get(name) == meaning and name in known.columns
    ]


def unkept_pauses(policy: Policy, kept: Sequence[str]) -> Iterator[str]:
    """Words for pauses that the run did not look for."""
    new = sorted(set(_meanings(policy)) - set(kept))
    if new:
        yield f"pauses by replies and touches as they are known today: {', '.join(new)}"


def pauses_then(tower: Tower, at: datetime) -> dict[str, pl.DataFrame]:
    """`replies` and `ignored` of Sources as of a past run's instant, for the tower's policy. What
    the run itself sent at that instant came after it."""
    replies = replies_at(tower, at).filter(pl.col("at") <= at)
    return {"replies": replies, "ignored": ignored_at(tower, at - MOMENT)}


def _meanings(policy: Policy) -> dict[str, tuple[object, ...]]:
    return {
        **{f"replied_{one.name}": _meaning(one) for one in policy.reply_pauses},
        **{f"ignored_{one.name}": _meaning(one) for one in policy.ignore_pauses},
    }


def _meaning(one: ReplyPause | IgnorePause) -> tuple[object, ...]:
    """What is looked for; on which channels it pauses is the judge's matter, but for the touches
    that are counted."""
    match one:
        case ReplyPause():
            return (one.days,)
        case IgnorePause():
            return (frozenset(one.channels), one.after, one.within_days, one.pause_days)
