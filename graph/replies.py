"""Replies: what people answered, from imported outcomes and from providers' webhooks.

A machine's note of absence is kept under another kind, and is none.
"""

from datetime import datetime, timedelta

import polars as pl

from graph.facts import REPLIES
from graph.people import by_person, survivors_at
from graph.tower import Tower
from policies.schema import Policy
from tools.ledger.database import INSTANT
from tools.warehouse.identity.people import as_person

TOLD_SQL = (
    "SELECT COALESCE(feedback.contact_id, effect.contact_id) AS contact_id, feedback.at AS at "
    "FROM feedback LEFT JOIN effect ON effect.effect_id = feedback.key "
    "WHERE feedback.kind = 'replied' AND feedback.at > :since"
)


def replies_at(tower: Tower, at: datetime) -> pl.DataFrame:
    """REPLIES that a pause of the policy may still look at; none is read where it has no pause.

    A reply that its provider dates ahead of us counts all the same.
    """
    policy = tower.loaded.policy
    if not policy.reply_pauses:
        return pl.DataFrame(schema=REPLIES)
    return replies_since(tower, at - _longest(policy), at)


def replies_since(tower: Tower, since: datetime, at: datetime) -> pl.DataFrame:
    """REPLIES from an instant on, by person, imported by another or told by a provider."""
    survivors = survivors_at(tower, at)
    people = by_person(tower, at, survivors)
    told = tower.ledger.frame(
        TOLD_SQL, {"contact_id": pl.String, "at": INSTANT}, {"since": since}
    ).join(_accounts(tower), on="contact_id", how="left", maintain_order="left")
    told = as_person(told, survivors)
    outcomes = people.table("outcomes").filter(
        (pl.col("kind") == "reply") & pl.col("at").is_between(since, at)
    )
    names = ["contact_id", "account_id", "at"]
    accounts = people.table("contacts").select("contact_id", known="account_id")
    return (
        pl.concat([told.select(names), outcomes.select(names)])
        .join(accounts, on="contact_id", how="left")
        .select("contact_id", account_id=pl.coalesce("account_id", "known"), at="at")
    )


def _accounts(tower: Tower) -> pl.DataFrame:
    return tower.warehouse.table("contacts").select("contact_id", "account_id")


def _longest(policy: Policy) -> timedelta:
    return timedelta(days=max(rule.days for rule in policy.reply_pauses))
