"""What earlier decisions held of pools, quarters and people when a past run chose."""

from datetime import datetime, timedelta

import polars as pl

from domain.proposal import BudgetCandidate
from domain.run import Pins
from graph.later_runs import later_runs
from graph.quarter_budgets import quarters_of
from graph.taken import NAME, Taken, days_of
from graph.tower import Tower
from policies.money_limits import Budget
from policies.quarters import bounds
from policies.schema import Policy


def taken_then(tower: Tower, pins: Pins, policy: Policy, was: Policy | None) -> Taken:
    """What earlier decisions held of pools and people when the run chose. A pool that this policy
    counts over other days is counted in the ledger, of earlier runs alone."""
    kept = tower.folder(pins.run_id)
    known = kept.read_records(NAME, Taken)
    taken = known[0] if known else Taken(pools={}, minutes={}, minutes_per_day={})
    budgets = kept.read_records("budgets_ads", BudgetCandidate)
    days = {one.pool: days_of(one, budgets) for one in was.budgets} if was else {}
    pools = {
        one.pool: taken.pools[one.pool]
        if one.pool in taken.pools and days.get(one.pool) == days_of(one, budgets)
        else _of_pool(tower, pins, one, days_of(one, budgets))
        for one in policy.budgets
    }
    quarters = {
        one.rule.key: _between(tower, pins, one.rule.pool, *bounds(one.rule.quarter))
        for one in quarters_of(tower, policy, budgets, pins.at, taken.campaigns)
        if one.rule.key not in taken.quarters
    }
    people = tower.warehouse.table("people").select("person_id", "minutes_per_day")
    daily = dict(people.filter(pl.col("minutes_per_day").is_not_null()).iter_rows())
    return taken.model_copy(
        update={
            "pools": pools,
            "minutes_per_day": {**daily, **taken.minutes_per_day},
            "quarters": {**quarters, **taken.quarters},
        }
    )


def _of_pool(tower: Tower, pins: Pins, budget: Budget, days: int) -> float:
    reach = timedelta(days=days)
    return _between(tower, pins, budget.pool, pins.at - reach, pins.at + reach)


def _between(tower: Tower, pins: Pins, pool: str, since: datetime, until: datetime) -> float:
    """Minor units of a pool that touches of earlier runs hold or spent between two instants."""
    rows = tower.ledger.frame(
        "SELECT amount, run_id FROM reservation WHERE resource = :resource "
        "AND state IN ('held', 'spent') AND at >= :since AND at <= :until",
        {"amount": pl.Float64, "run_id": pl.String},
        {"resource": f"pool:{pool}", "since": since, "until": until},
    )
    earlier = rows.filter(~pl.col("run_id").is_in(later_runs(tower, pins)))
    return float(earlier.get_column("amount").sum())
