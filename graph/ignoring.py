"""Ignored touches: whom marketing leaves alone for a while, since nothing came of the last ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from domain.names import OUTCOME_KINDS, OWN_SOURCE
from graph.facts import IGNORED
from graph.people import asked_of, survivors_at
from graph.tower import Tower
from policies.judging import PERSONAL, UNBOUND
from policies.schema import Policy
from policies.touch_limits import IgnorePause
from tools.ledger.database import INSTANT
from tools.ledger.given import WENT, given
from tools.warehouse.identity.people import as_person
from tools.warehouse.observing import real_touches

AWAY: Final = ("open", "unsubscribe", "complaint", "bounce")
"""Outcomes that lift no pause: mailboxes open messages by themselves, and who turns away did not
take an interest."""
REACTIONS: Final = tuple(kind for kind in OUTCOME_KINDS if kind not in AWAY)
TOLD_SQL: Final = (
    "SELECT COALESCE(feedback.contact_id, effect.contact_id), feedback.at "
    "FROM feedback LEFT JOIN effect ON effect.effect_id = feedback.key "
    "WHERE feedback.kind IN ('clicked', 'replied') AND feedback.at > :since AND feedback.at <= :at"
)
"""`opened` is no reaction: mailboxes open messages by themselves."""
WHEN: Final = {"contact_id": pl.String, "at": INSTANT}


def ignored_at(
    tower: Tower, at: datetime, contact_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """IGNORED by the touches sent and the reactions known by then; nothing is read where the policy
    has no such pause. contact_ids: only these people; None: everybody. Of a person who is several
    contacts, what each of them ignored counts, and what all of them together did."""
    policy = tower.loaded.policy
    if not policy.ignore_pauses:
        return pl.DataFrame(schema=IGNORED)
    since, survivors = at - _longest(policy), survivors_at(tower, at)
    asked = asked_of(survivors, contact_ids)
    touches, reacted = _sent(tower, since, at, asked), reactions(tower, since, at)
    each = pl.concat(ignored(rule, touches, reacted) for rule in policy.ignore_pauses)
    if survivors.is_empty():
        return each
    touches, reacted = (as_person(one, survivors) for one in (touches, reacted))
    together = pl.concat(ignored(rule, touches, reacted) for rule in policy.ignore_pauses)
    return pl.concat([as_person(each, survivors), together])


def ignored(rule: IgnorePause, touches: pl.DataFrame, reactions: pl.DataFrame) -> pl.DataFrame:
    """IGNORED of one pause. touches: contact_id, channel, at; reactions: contact_id, at.

    Any `after` touches in a row, the first and the last at most the rule's days apart, were ignored
    where no reaction came after the first of them. The latest such row says how long it rests.
    """
    newest = reactions.group_by("contact_id").agg(reacted_at=pl.col("at").max())
    rows = in_a_row(rule, touches).join(newest, on="contact_id", how="left").filter(unanswered())
    until = pl.col("at").max() + timedelta(days=rule.pause_days)
    resting = rows.group_by("contact_id").agg(until=until)
    return resting.select("contact_id", pause=pl.lit(rule.name), until="until")


def in_a_row(rule: IgnorePause, touches: pl.DataFrame) -> pl.DataFrame:
    """Touches that are the last of `after` within the rule's days, each with the instant of the
    `first` of them, by contact and instant. touches: contact_id, channel, at."""
    return (
        touches.filter(pl.col("channel").is_in(list(rule.channels)))
        .sort("contact_id", "at")
        .with_columns(first=pl.col("at").shift(rule.after - 1).over("contact_id"))
        .filter(pl.col("at") - pl.col("first") <= timedelta(days=rule.within_days))
    )


def unanswered() -> pl.Expr:
    """Whether no reaction (reacted_at) came after the first of the touches in a row."""
    return (pl.col("reacted_at") <= pl.col("first")).fill_null(True)


def _sent(
    tower: Tower, since: datetime, at: datetime, contact_ids: Sequence[str] | None
) -> pl.DataFrame:
    """What sold and went out, or may have, of ours and of other tools. A touch of another tool
    whose class nobody knows counts."""
    live = given(tower.ledger, contact_ids)
    ours = live.filter(pl.col("state").is_in(WENT))
    theirs = real_touches(tower.warehouse).filter(
        pl.col("source").ne_missing(OWN_SOURCE) & pl.col("contact_id").is_not_null()
    )
    if contact_ids is not None:
        theirs = theirs.filter(pl.col("contact_id").is_in(list(contact_ids)))
    columns = ["contact_id", "channel", "at", "class"]
    sells = ~pl.col("class").is_in([*UNBOUND, *PERSONAL]).fill_null(False)
    sent = pl.concat([ours.select(columns), theirs.select(columns)])
    return sent.filter(sells & pl.col("at").is_between(since, at)).drop("class")


def reactions(tower: Tower, since: datetime, at: datetime) -> pl.DataFrame:
    """When people did something (contact_id, at), by imported outcomes and by what providers tell.
    What is dated ahead of us does not count yet."""
    outcomes = tower.warehouse.table("outcomes").filter(
        pl.col("kind").is_in(REACTIONS) & pl.col("at").is_between(since, at)
    )
    told = tower.ledger.frame(TOLD_SQL, WHEN, {"since": since, "at": at})
    both = pl.concat([outcomes.select(*WHEN), told])
    return both.filter(pl.col("contact_id").is_not_null())


def _longest(policy: Policy) -> timedelta:
    """How far back the first of the touches that count may lie."""
    return timedelta(days=max(one.within_days + one.pause_days for one in policy.ignore_pauses))
