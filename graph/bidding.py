"""The run's candidates as one arbitration problem: who competes, for what, under which limits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from domain.canonical import digest
from domain.proposal import BudgetCandidate
from domain.run import Pins
from graph import apart
from graph.arbitration.plan import Plan
from graph.arbitration.problem import (
    CampaignLimit,
    CapLimit,
    Exploration,
    Limits,
    Problem,
    ResourceLimit,
)
from graph.arbitration.program.optimum import worth
from graph.bundles import bundles_in, in_slots
from graph.edits import edits_of, resting
from graph.exposures import exposure_limits, exposure_uses
from graph.facts import remaining
from graph.quarter_budgets import (
    Quarter,
    quarter_limits,
    quarter_uses,
    weekly_room,
)
from graph.taken import Taken, days_of, quarters_in, taken_of
from graph.tower import Tower
from policies.autonomy import level_of
from policies.declared import declared_worth
from policies.judging import judge
from policies.named import named_by, of_cells
from policies.schema import Policy
from policies.touch_limits import Cap

RUN_CAP = "touches_in_run"


@dataclass(frozen=True)
class Bid:
    """A problem, and the rows of the run's candidates it was made of."""

    problem: Problem
    candidates: pl.DataFrame


def bid(
    tower: Tower,
    pins: Pins,
    candidates: pl.DataFrame,
    budgets: tuple[BudgetCandidate, ...],
    policy: Policy,
) -> Bid:
    """The problem of these CANDIDATES rows under this policy.

    candidates: rows that may compete (no findings, no holdout). The policy may be another than
    the active one: that is what `what if` asks.
    """
    folder = tower.folder(pins.run_id)
    facts = folder.read("facts")
    findings = judge(facts, of_cells(policy), pins.at, undecided=True)
    observations = folder.read("observations")
    accounts = account_numbers(folder.read("candidates"))
    taken = taken_of(tower, pins, policy)
    quarters, touches = quarters_in(tower, policy, budgets, pins.at, taken)
    declared = declared_worth(candidates, observations, policy, pins.at)
    bundled = in_slots(candidates.hstack(declared), bundles_in(folder))
    problem = Problem(
        candidates=_competing(apart.sides(bundled, policy), accounts, policy),
        uses=_uses(candidates, observations, quarters, policy),
        remaining=_numbered(remaining(facts, findings, policy), candidates, accounts),
        limits=Limits(
            caps=(*(_cap(cap) for cap in policy.caps), _run_cap(policy)),
            exclusions=(*_exclusions(candidates), *apart.exclusions(candidates, policy)),
            spacing_hours=tuple((r.channel, r.other, float(r.hours)) for r in policy.spacing),
            fatigue=policy.run.fatigue,
            resources=(
                *_pools(taken, budgets, quarters, touches, policy),
                *_minutes(taken, candidates, policy, tower.horizon),
                *exposure_limits(policy),
                *quarter_limits(quarters, touches),
            ),
            campaigns=_campaigns(tower, pins, budgets, policy),
            exploration=_exploration(pins, policy),
        ),
    )
    return Bid(problem, candidates)


def measured_value(problem: Problem, plan: Plan) -> float:
    """What the plan is expected to cause, minor units, by what was measured of each candidate and
    not by what anybody declared it to be worth."""
    rows = problem.candidates
    if rows.get_column("declared").is_null().all():
        return plan.value
    measured = replace(problem, candidates=rows.with_columns(value="measured"))
    return worth(measured, plan.chosen, plan.budgets)


def account_numbers(candidates: pl.DataFrame) -> pl.DataFrame:
    """account_id, account: a run's accounts numbered from 1 in the order of their ids.

    All of a run's candidates count, also those that may not compete: a price named by a number
    means the same account for who competes, for the holdout, and when a run is solved again.
    """
    known = candidates.select(pl.col("account_id").drop_nulls().unique().sort())
    return known.with_columns(account=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def _numbered(left: pl.DataFrame, candidates: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """What is left of each cap by the numbers the problem gives contacts and accounts."""
    people = candidates.select(known="contact_id", id=pl.col("contact").cast(pl.Int64)).unique()
    numbers = pl.concat([people, accounts.select(known="account_id", id="account")])
    return left.rename({"id": "known"}).join(numbers, on="known", how="inner").drop("known")


def _exploration(pins: Pins, policy: Policy) -> Exploration | None:
    """The policy's exploration, seeded by the run: another run draws other people."""
    rule = policy.exploration
    if rule.share == 0:
        return None
    seed = int(digest([pins.seed, pins.schedule, pins.slot])[:12], 16)
    return Exploration(share=rule.share, temperature=rule.temperature, seed=seed)


def _competing(candidates: pl.DataFrame, accounts: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """candidates: with their bundle, the sides they are on, and what they are declared to be
    worth."""
    numbered = candidates.join(accounts, on="account_id", how="left", maintain_order="left")
    return numbered.select(
        pl.col("candidate").cast(pl.Int64),
        pl.col("contact").cast(pl.Int64),
        account="account",
        agent="agent",
        channel="channel",
        campaign="campaign_id",
        treatment="treatment_id",
        offer="offer",
        **{"class": "class"},
        slot="slot_at",
        value="worth",
        measured="value",
        declared="declared",
        value_se="value_se",
        bundle="bundle",
        counts=pl.when(pl.col("class") == "transactional")
        .then(pl.lit("no"))
        .otherwise(pl.lit("yes")),
        **{f"cap_{cap.name}": _counts_for(cap) for cap in policy.caps},
        **{
            f"{side}_{one.name}": f"{side}_{one.name}"
            for one in policy.separations
            for side in ("first", "other")
        },
    )


def _counts_for(cap: Cap) -> pl.Expr:
    counted = (
        pl.col("channel").is_in(list(cap.channels))
        & ~pl.col("class").is_in(list(cap.exempt_classes))
        & named_by(cap.agents, cap.themes)
    )
    return pl.when(counted).then(pl.lit("yes")).otherwise(pl.lit("no"))


def _cap(cap: Cap) -> CapLimit:
    return CapLimit(
        name=cap.name, per=cap.per, where={f"cap_{cap.name}": "yes"}, at_most=cap.at_most
    )


def _run_cap(policy: Policy) -> CapLimit:
    return CapLimit(
        name=RUN_CAP, per="contact", where={"counts": "yes"}, at_most=policy.run.touches_per_contact
    )


def _uses(
    candidates: pl.DataFrame,
    observations: pl.DataFrame,
    quarters: tuple[Quarter, ...],
    policy: Policy,
) -> pl.DataFrame:
    money = candidates.filter(pl.col("pool").is_not_null() & (pl.col("cost") > 0)).select(
        pl.col("candidate").cast(pl.Int64),
        resource=pl.concat_str(pl.lit("pool:"), "pool"),
        amount=pl.col("cost").cast(pl.Float64),
    )
    minutes = candidates.filter(pl.col("owner").is_not_null() & (pl.col("minutes") > 0)).select(
        pl.col("candidate").cast(pl.Int64),
        resource=pl.concat_str(pl.lit("minutes:"), "owner"),
        amount="minutes",
    )
    exposed = exposure_uses(candidates, observations, policy)
    return pl.concat([money, minutes, *exposed, *quarter_uses(candidates, quarters)])


def _exclusions(candidates: pl.DataFrame) -> tuple[tuple[str, str, str, str], ...]:
    """Including and excluding one person from one audience exclude each other; so do two
    different offers of one contact."""
    treatments = set(candidates.get_column("treatment_id").unique())
    audiences = sorted(one for one in treatments if f"{one}:exclude" in treatments)
    offers = sorted(candidates.get_column("offer").drop_nulls().unique())
    return (
        *(("treatment", one, "treatment", f"{one}:exclude") for one in audiences),
        *(
            ("offer", one, "offer", other)
            for i, one in enumerate(offers)
            for other in offers[i + 1 :]
        ),
    )


def _pools(
    taken: Taken,
    budgets: tuple[BudgetCandidate, ...],
    quarters: tuple[Quarter, ...],
    touches: Mapping[str, float],
    policy: Policy,
) -> tuple[ResourceLimit, ...]:
    """A pool that funds campaigns is counted by the week, and its quarter leaves it a week's."""
    funding = {one.pool for one in budgets}
    limits = []
    for budget in policy.budgets:
        allowed = budget.to_plan * days_of(budget, budgets) / budget.window_days
        left = allowed - taken.pools.get(budget.pool, 0.0)
        if budget.pool in funding:
            left = min(left, weekly_room(budget.pool, quarters, touches))
        limits.append(ResourceLimit(name=f"pool:{budget.pool}", at_most=max(0.0, left)))
    return tuple(limits)


def _minutes(
    taken: Taken, candidates: pl.DataFrame, policy: Policy, horizon: timedelta
) -> tuple[ResourceLimit, ...]:
    limits = []
    for owner in sorted(candidates.get_column("owner").drop_nulls().unique()):
        daily = policy.capacity.share_of_minutes * taken.minutes_per_day.get(owner, 0.0)
        left = daily * (horizon / timedelta(days=1)) - taken.minutes.get(owner, 0.0)
        limits.append(ResourceLimit(name=f"minutes:{owner}", at_most=max(0.0, left)))
    return tuple(limits)


def _campaigns(
    tower: Tower, pins: Pins, budgets: tuple[BudgetCandidate, ...], policy: Policy
) -> tuple[CampaignLimit, ...]:
    """Each campaign with how far it may move: by one step, or not at all while it rests or its
    agent only watches."""
    if level_of(policy, "ads", "ads") == "watch":
        return tuple(_campaign(one, 0.0) for one in budgets)
    young = resting(edits_of(tower, pins.at), policy.budget_step, pins.at)
    still = set(young.get_column("campaign_id"))
    step = policy.budget_step.max_step
    return tuple(_campaign(one, 0.0 if one.campaign_id in still else step) for one in budgets)


def _campaign(candidate: BudgetCandidate, max_step: float) -> CampaignLimit:
    return CampaignLimit(
        name=candidate.campaign_id,
        resource=f"pool:{candidate.pool}",
        now=float(candidate.spend_now),
        max_step=max_step,
        curve=candidate.curve,
    )
