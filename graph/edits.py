"""Budget edits: what we last set each campaign to, when, and what it spent since."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from graph.conflicts.scene import EDITS
from graph.tower import Tower
from policies.money_limits import BudgetStep
from tools.ledger import effects

WEEK_DAYS: Final = 7


def edits_of(tower: Tower, at: datetime) -> pl.DataFrame:
    """EDITS: each campaign's newest budget that its platform accepted before `at`, a week's minor
    units; spent: in the newest whole week since, null while there is none."""
    accepted = effects.budgets_set(tower.ledger).filter(pl.col("at") < at)
    newest = accepted.unique("campaign_id", keep="last", maintain_order=True)
    spent = _last_week(newest, tower.warehouse.table("spend"), at)
    return newest.join(spent, on="campaign_id", how="left").select(*EDITS)


def _last_week(edits: pl.DataFrame, spend: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """campaign_id, spent: by whole weeks counted from the day after the edit."""
    today = pl.lit(at.date())
    first = pl.col("at").dt.date() + timedelta(days=1)
    day = pl.col("date").dt.date()
    dated = (
        edits.select("campaign_id", "at")
        .join(spend, on="campaign_id", how="inner")
        .filter(day >= first)
        .with_columns(week=(day - first).dt.total_days() // WEEK_DAYS)
        .filter(first + pl.duration(days=WEEK_DAYS * (pl.col("week") + 1)) <= today)
    )
    return (
        dated.filter(pl.col("week") == pl.col("week").max().over("campaign_id"))
        .group_by("campaign_id")
        .agg(spent=pl.col("spend").sum())
    )


def resting(edits: pl.DataFrame, rule: BudgetStep, at: datetime) -> pl.DataFrame:
    """The edits that are too young for another under the policy."""
    if rule.rest_days is None:
        return edits.clear()
    return edits.filter(pl.col("at") > at - timedelta(days=rule.rest_days))
