"""What agents that only watch would have done: the run's choice once more, as if they acted.

It is chosen beside the others, under every other limit, so that people see before they trust an
agent what it would do and what that would be worth. Nothing of it is held, sent or moved.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from domain.proposal import BudgetCandidate
from domain.reasons import BIT
from domain.run import Pins
from domain.tables import FINDINGS, Column, Table
from graph.arbitration.solving import solve
from graph.budget_packets import settled
from graph.bundles import bundles_in, torn
from graph.choosing import contest_of
from graph.tower import Tower
from policies.autonomy import level_of, watches
from policies.schema import Policy
from tools.runs import RunFolder

WATCHED = Table(
    "watched",
    {
        "candidate": Column(pl.UInt32, "the candidate; null for a budget", nullable=True),
        "agent": Column(pl.String, "the agent that watches"),
        "channel": Column(pl.String, "channel"),
        "campaign_id": Column(pl.String, "campaign", nullable=True),
        "treatment_id": Column(pl.String, "treatment"),
        "value": Column(pl.Float64, "expected incremental value, minor units", nullable=True),
        "amount": Column(pl.Int64, "a budget's week, minor units; null for touches", nullable=True),
    },
)


def keep_watched(tower: Tower, pins: Pins) -> None:
    """Write WATCHED of the run, once, where any agent only watches."""
    if watches(tower.loaded.policy):
        tower.folder(pins.run_id).once(WATCHED, lambda: _would_choose(tower, pins))


def watched_in(folder: RunFolder) -> pl.DataFrame:
    """WATCHED of a run; empty where everybody acted or asked."""
    return folder.read(WATCHED.name) if folder.has(WATCHED.name) else WATCHED.empty()


def would_choose(folder: RunFolder, row: dict[str, Any]) -> bool | None:
    """Whether a decision that was refused because its agent only watches would have been chosen;
    None for every other."""
    if row["reason"] != "only_watching" or not folder.has(WATCHED.name):
        return None
    rows = watched_in(folder)
    if row["candidate"] is None:
        return not rows.filter(pl.col("campaign_id") == row["campaign_id"]).is_empty()
    return row["candidate"] in rows.get_column("candidate")


def watched_by_agent(folder: RunFolder) -> dict[str, dict[str, float]]:
    """agent -> touches, value (minor units) that it would have added, and budgets it would have
    set; only of agents that watch."""
    rows = (
        watched_in(folder)
        .group_by("agent")
        .agg(
            touches=pl.col("candidate").is_not_null().sum(),
            value=pl.col("value").sum().round(2),
            budgets=pl.col("amount").is_not_null().sum(),
        )
    )
    return {one.pop("agent"): one for one in rows.sort("agent").to_dicts()}


def _would_choose(tower: Tower, pins: Pins) -> pl.DataFrame:
    folder, policy = tower.folder(pins.run_id), tower.loaded.policy
    candidates = folder.read("candidates")
    if_acting = _without_watching(candidates, bundles_in(folder))
    admitted = candidates.filter(if_acting == 0).get_column("candidate").to_list()
    free = policy.model_copy(update={"autonomy": ()})
    problem = contest_of(tower, pins, free, tuple(admitted)).competing
    plan = solve(problem)
    chosen = problem.candidates.filter(pl.Series(plan.chosen, dtype=pl.Boolean))
    picked = candidates.filter(
        pl.col("candidate").is_in(chosen.get_column("candidate").cast(pl.UInt32).to_list())
        & ((pl.col("findings") & BIT["only_watching"]) != 0)
    )
    touches = picked.with_columns(amount=pl.lit(None))
    budgets = _budgets(plan.budgets, folder, policy)
    return pl.concat([WATCHED.conform(touches), WATCHED.conform(budgets)])


def _without_watching(candidates: pl.DataFrame, bundles: pl.DataFrame) -> pl.Series:
    """The findings as they would be if everybody acted; bundles are whole or torn anew."""
    kept = pl.lit(sum(BIT.values()) & ~BIT["only_watching"] & ~BIT["torn_bundle"], dtype=FINDINGS)
    bare = candidates.with_columns(findings=pl.col("findings") & kept)
    return bare.get_column("findings") | torn(bare, bundles)


def _budgets(plan: Mapping[str, float], folder: RunFolder, policy: Policy) -> pl.DataFrame:
    """Budgets that would move, where the agent that asks for money only watches."""
    asked = folder.read_records("budgets_ads", BudgetCandidate)
    watching = level_of(policy, "ads", "ads") == "watch"
    after = settled(asked, plan) if watching else {}
    moved = [
        (one.campaign_id, after[one.campaign_id])
        for one in asked
        if watching and after[one.campaign_id] != one.spend_now
    ]
    types = {"campaign_id": pl.String, "amount": pl.Int64}
    said = {"agent": "ads", "channel": "ads", "treatment_id": "weekly_budget"}
    return pl.DataFrame(moved, schema=types, orient="row").with_columns(
        pl.lit(None).alias("candidate"),
        pl.lit(None).alias("value"),
        *(pl.lit(word).alias(name) for name, word in said.items()),
    )
