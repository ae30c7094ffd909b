"""Conflicts about whose an account is: two reps at one, and automation where a rep owns a deal."""

import polars as pl

from domain.reasons import BIT
from graph.conflicts.scene import Scene
from graph.conflicts.sides import best_of, gave_way, without_taken
from graph.triage import automation_at_a_deal


def two_reps(scene: Scene) -> pl.DataFrame:
    """7: a second rep asks for an account that another rep reaches through a colleague."""
    asked = scene.placed.filter(
        (pl.col("findings") == 0) & pl.col("owner").is_not_null(),
        pl.col("account_id").is_not_null(),
    ).sort("value", "candidate", descending=[True, False])
    leads = (
        asked.filter("chosen")
        .unique("account_id", keep="first", maintain_order=True)
        .select("account_id", leader="owner", lead="candidate", lead_contact="contact")
    )
    second = (
        asked.join(leads, on="account_id", maintain_order="left")
        .filter(pl.col("owner") != pl.col("leader"), pl.col("contact") != pl.col("lead_contact"))
        .unique(["account_id", "owner"], keep="first", maintain_order=True)
    )
    words = (
        pl.when("chosen")
        .then(pl.format("{} reaches out too: no rule gives the account to one", "owner"))
        .otherwise(pl.format("{} reaches this account in the same run", "leader"))
    )
    return gave_way(second.with_columns(winner="lead"), 7, words)


def another_owner(scene: Scene) -> pl.DataFrame:
    """7: a rep asks for somebody of an account that the policy gives to another."""
    refused = scene.placed.filter((pl.col("findings") & BIT["another_owner"]) != 0)
    words = pl.format("{} asks, and the account is not theirs", "owner")
    return gave_way(best_of(without_taken(refused, scene.placed)), 7, words)


def automation(scene: Scene) -> pl.DataFrame:
    """26: marketing in nobody's name goes to an account whose open deal has an owner."""
    chosen = scene.placed.filter(pl.col("chosen") & automation_at_a_deal())
    asked = scene.policy.escalation.deal_owners
    rest = "who is asked first" if asked else "whom no rule asks: it goes ahead"
    stage = pl.col("deal_stage").fill_null("no known stage")
    fact = pl.format("deal {} at {} is {}'s, {}", "deal_id", stage, "ae", pl.lit(rest))
    return gave_way(chosen, 26, fact)
