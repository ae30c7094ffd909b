"""What past touches of every tool did to each other, counted and priced, before any agent acts."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from graph.ignoring import reactions
from graph.past_collisions import collide, looks_back, rules_of
from graph.past_known import Past
from graph.people import by_person, survivors_at
from graph.replies import replies_since
from policies.schema import Policy
from tools.warehouse.identity.people import as_person
from tools.warehouse.observing import complaints, real_touches

if TYPE_CHECKING:
    from app.compose import House

REGRET: Final = ("unsubscribe", "complaint")
REGRET_DAYS: Final = 7
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNKNOWN: Final = "unknown"
"""The source of touches whose file did not say one."""


def collision_report(house: "House", since: datetime | None) -> dict[str, Any]:
    """Every touch since an instant (None: all) held against the policy in force, in the documented
    keys of `clearance report collisions --json`. Costs in minor units."""
    tower = house.tower
    policy, until = tower.loaded.policy, tower.clock.now()
    every = _touches(house)
    start = since or _first(every) or until
    back = looks_back(policy)
    known = every if back is None else every.filter(pl.col("at") >= start - back)
    looked_at = known.filter(pl.col("at") >= start)
    broken = collide(known, policy, _past(house, until)).join(
        looked_at, on="touch_id", maintain_order="left"
    )
    told = looked_at.with_columns(
        collides=pl.col("touch_id").is_in(broken.get_column("touch_id").implode())
    )
    colliding = told.filter("collides")
    return {
        "since": start.astimezone(UTC).isoformat(),
        "until": until.isoformat(),
        "currency": tower.config.currency,
        "touches": told.height,
        "colliding": colliding.height,
        "people": colliding.get_column("contact_id").n_unique(),
        "cost": int(colliding.get_column("cost").sum()),
        "rules": _rules(broken, policy),
        "pairs": _pairs(broken),
        "regret": _regret(told, by_person(tower, until).table("outcomes"), until),
        "note": tower.config.note,
    }


def _past(house: "House", until: datetime) -> Past:
    """Whatever is known beside touches, however old, and of when it happened: a tool may have known
    of it later."""
    tower = house.tower
    treatments = tower.warehouse.table("treatments").select("treatment_id", "theme")
    survivors = survivors_at(tower, tower.clock.now())
    opened, closed = complaints(by_person(tower, tower.clock.now(), survivors))
    return Past(
        treatments=treatments,
        reactions=as_person(reactions(tower, BEGINNING, until), survivors),
        replies=replies_since(tower, BEGINNING, until),
        opened=opened,
        closed=closed,
    )


def _first(touches: pl.DataFrame) -> datetime | None:
    at: datetime | None = touches.select(pl.col("at").min()).item()
    return at


def _touches(house: "House") -> pl.DataFrame:
    """Touches of people with where they live. One whose file named no cost costs what its treatment
    does, else its channel."""
    tower, channels = house.tower, house.tower.config.channels
    warehouse = by_person(tower, tower.clock.now())
    usual = pl.col("channel").replace_strict(
        {one.channel: one.cost for one in channels}, default=0, return_dtype=pl.Int64
    )
    treatments = warehouse.table("treatments").select("treatment_id", treated="cost")
    contacts = warehouse.table("contacts").select(
        "contact_id", "timezone", "country", known="account_id"
    )
    return (
        real_touches(warehouse)
        .filter(pl.col("contact_id").is_not_null())
        .join(contacts, on="contact_id", how="left")
        .join(treatments, on="treatment_id", how="left")
        .with_columns(
            account_id=pl.coalesce("account_id", "known"),
            source=pl.col("source").fill_null(UNKNOWN),
            cost=pl.coalesce("cost", "treated", usual),
        )
    )


def _rules(broken: pl.DataFrame, policy: Policy) -> list[dict[str, Any]]:
    """Each rule that was broken, dearest first, with who owns it and why it is there."""
    limits = rules_of(policy)
    rows = (
        broken.group_by("rule")
        .agg(
            touches=pl.len(),
            people=pl.col("contact_id").n_unique(),
            cost=pl.col("cost").sum(),
        )
        .sort("touches", "rule", descending=[True, False])
    )
    return [
        {**row, "owner": limits[row["rule"]].owner, "reason": limits[row["rule"]].reason}
        for row in rows.iter_rows(named=True)
    ]


def _pairs(broken: pl.DataFrame) -> list[dict[str, Any]]:
    """Which tool ran into which, most often first."""
    return (
        broken.filter(pl.col("against").is_not_null())
        .group_by("source", "against")
        .agg(touches=pl.col("touch_id").n_unique())
        .sort("touches", "source", "against", descending=[True, False, False])
        .to_dicts()
    )


def _regret(told: pl.DataFrame, outcomes: pl.DataFrame, until: datetime) -> dict[str, Any]:
    """How many of 1,000 touches were followed by an unsubscribe or a complaint within a week; of
    those whose week is over. What was seen, not what was caused."""
    left = (
        outcomes.filter(pl.col("kind").is_in(REGRET) & pl.col("contact_id").is_not_null())
        .select("contact_id", "at", left_at="at")
        .sort("at")
    )
    week = timedelta(days=REGRET_DAYS)
    followed = (
        told.filter(pl.col("at") <= until - week)
        .sort("at")
        .join_asof(left, on="at", by="contact_id", strategy="forward", check_sortedness=False)
        .with_columns(regretted=(pl.col("left_at") - pl.col("at") <= week).fill_null(False))
    )
    shares = dict(followed.group_by("collides").agg(pl.col("regretted").mean() * 1000).iter_rows())
    return {
        "days": REGRET_DAYS,
        "per_1000_colliding": _rounded(shares.get(True)),
        "per_1000_others": _rounded(shares.get(False)),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 2)
