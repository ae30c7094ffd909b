"""Taken: what earlier decisions hold of pools and people's minutes when a run chooses.

It is kept beside the run, with the run's policy: the ledger moves on, and holds the run's own
choices as soon as it commits; solved again later, a run must see what it saw.
"""

from datetime import UTC, datetime, timedelta

import polars as pl
from pydantic import Field

from domain.proposal import BudgetCandidate
from domain.record import Record
from domain.run import Pins
from graph.quarter_budgets import Quarter, quarters_of, touches_now
from graph.tower import Tower
from policies.money_limits import Budget
from policies.schema import Policy
from tools.ledger import reservations

WEEK = 7
NAME, POLICY = "taken", "policy"


class Taken(Record):
    """Minor units by pool, minutes by person, both held or spent; minutes a day by person."""

    pools: dict[str, float]
    minutes: dict[str, float]
    minutes_per_day: dict[str, float]
    quarters: dict[str, float] = Field(default_factory=dict)
    """Minor units that touches of a quarter hold or spent, by the quarter budget's key."""
    campaigns: dict[str, float] = Field(default_factory=dict)
    """And what campaigns really spent of it until then."""


def taken_of(tower: Tower, pins: Pins, policy: Policy) -> Taken:
    """What the run saw; what the ledger holds now where the run has not chosen yet."""
    kept = tower.folder(pins.run_id).read_records(NAME, Taken)
    return kept[0] if kept else _held_now(tower, pins, policy)


def quarters_in(
    tower: Tower, policy: Policy, budgets: tuple[BudgetCandidate, ...], at: datetime, taken: Taken
) -> tuple[tuple[Quarter, ...], dict[str, float]]:
    """The quarter budgets as the run saw them, and what touches took of each by its key; of one
    that it did not see, as the ledger stands now."""
    quarters = quarters_of(tower, policy, budgets, at, taken.campaigns)
    touches = {
        one.rule.key: taken.quarters[one.rule.key]
        if one.rule.key in taken.quarters
        else touches_now(tower, one.rule)
        for one in quarters
    }
    return quarters, touches


def keep_taken(tower: Tower, pins: Pins, policy: Policy) -> None:
    """Write it beside the run, once."""
    folder = tower.folder(pins.run_id)
    if not folder.read_records(NAME, Taken):
        folder.write_records(NAME, [_held_now(tower, pins, policy)])


def keep_policy(tower: Tower, pins: Pins) -> None:
    """Write the policy the run chooses under beside it, once."""
    folder = tower.folder(pins.run_id)
    if not folder.read_records(POLICY, Policy):
        folder.write_records(POLICY, [tower.loaded.policy])


def policy_of(tower: Tower, pins: Pins) -> Policy | None:
    """The policy the run chose under. None where it kept none and today's is another."""
    kept = tower.folder(pins.run_id).read_records(POLICY, Policy)
    if kept:
        return kept[0]
    return tower.loaded.policy if pins.policy_hash == tower.loaded.hash else None


def days_of(budget: Budget, budgets: tuple[BudgetCandidate, ...]) -> int:
    """Days in which a pool is counted: a week where it also funds campaigns, as budgets are."""
    return WEEK if budget.pool in {one.pool for one in budgets} else budget.window_days


def minutes_from(at: datetime) -> datetime:
    """From when a person's minutes count for a run: the start of the day, UTC, so that the runs of
    one day share what the person has that day."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _held_now(tower: Tower, pins: Pins, policy: Policy) -> Taken:
    folder = tower.folder(pins.run_id)
    budgets = folder.read_records("budgets_ads", BudgetCandidate)
    owners = folder.read("candidates").get_column("owner").drop_nulls().unique().sort().to_list()
    people = tower.warehouse.table("people").select("person_id", "minutes_per_day")
    known = dict(people.filter(pl.col("minutes_per_day").is_not_null()).iter_rows())
    until = pins.at + tower.horizon
    quarters = quarters_of(tower, policy, budgets, pins.at)
    return Taken(
        pools={one.pool: _pool(tower, pins, one, days_of(one, budgets)) for one in policy.budgets},
        minutes={
            owner: reservations.minutes_used(tower.ledger, owner, minutes_from(pins.at), until)
            for owner in owners
        },
        minutes_per_day={owner: float(known.get(owner, 0.0)) for owner in owners},
        quarters={one.rule.key: touches_now(tower, one.rule) for one in quarters},
        campaigns={one.rule.key: one.spent for one in quarters},
    )


def _pool(tower: Tower, pins: Pins, budget: Budget, days: int) -> float:
    since, until = pins.at - timedelta(days=days), pins.at + timedelta(days=days)
    return reservations.pool_used(tower.ledger, budget.pool, since, until)
