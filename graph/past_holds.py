"""Past touches that went although a reply, a silence or a complaint held them back.

What holds, holds from the next instant on, since what happened at the very instant of a touch may
be an answer to it; what lifts, lifts at once.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from graph.facts import just_replied
from graph.ignoring import in_a_row, unanswered
from graph.past_known import Past, found
from policies.judging import promotional
from policies.schema import Policy
from policies.touch_limits import IgnorePause, ReplyPause
from tools.warehouse.observing import not_closed


def held(touches: pl.DataFrame, policy: Policy, past: Past) -> Iterator[pl.DataFrame]:
    """FOUND of each reply pause, each pause after ignored touches, and the hold after complaints.
    touches: of `collide`, by instant and id."""
    sells = touches.filter(promotional() & pl.col("contact_id").is_not_null())
    for reply in policy.reply_pauses:
        yield _replied(reply, sells, past.replies)
    for silence in policy.ignore_pauses:
        yield _ignored(silence, sells, past.reactions)
    yield _complained(sells, policy.complaint_hold.channels, past)


def _on(touches: pl.DataFrame, channels: Sequence[str]) -> pl.DataFrame:
    return touches.filter(pl.col("channel").is_in(list(channels)))


def _newest(
    touches: pl.DataFrame,
    told: pl.DataFrame,
    name: str,
    holder: str = "contact_id",
    at_once: bool = False,
) -> pl.DataFrame:
    """The touches with the instant of the newest of what was told of each before it."""
    known = told.filter(pl.col(holder).is_not_null()).sort("at")
    return touches.join_asof(
        known.select(holder, "at", pl.col("at").alias(name)),
        on="at",
        by=holder,
        allow_exact_matches=at_once,
        check_sortedness=False,
    )


def _replied(rule: ReplyPause, sells: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """Touches to anybody of an account, or to the contact, of which somebody had just replied."""
    told = _newest(_on(sells, rule.channels), replies, "contact_replied")
    told = _newest(told, replies, "account_replied", "account_id")
    newest = pl.max_horizontal("contact_replied", "account_replied")
    paused = told.with_columns(replied_at=newest).filter(just_replied(rule))
    return paused.select(found(f"reply pause {rule.name}"))


def _ignored(rule: IgnorePause, sells: pl.DataFrame, reactions: pl.DataFrame) -> pl.DataFrame:
    """Touches in a rest that earlier ones had begun. The newest touches in a row decide: those
    before them began no later, and a reaction that lifted the newest lifted them."""
    last = (
        in_a_row(rule, sells)
        .sort("at")
        .select("contact_id", "first", "at", last_at="at", before="source")
    )
    mine = _on(sells, rule.channels).join_asof(
        last, on="at", by="contact_id", allow_exact_matches=False, check_sortedness=False
    )
    told = _newest(mine, reactions, "reacted_at", at_once=True)
    rests = pl.col("at") - pl.col("last_at") < timedelta(days=rule.pause_days)
    return told.filter(rests, unanswered()).select(found(f"ignore pause {rule.name}", "before"))


def _complained(sells: pl.DataFrame, channels: Sequence[str], past: Past) -> pl.DataFrame:
    """Touches to people whose complaint was open."""
    opened = _newest(_on(sells, channels), past.opened, "opened")
    told = _newest(opened, past.closed, "closed", at_once=True)
    return told.filter(pl.col("opened").is_not_null(), not_closed()).select(found("complaint hold"))
