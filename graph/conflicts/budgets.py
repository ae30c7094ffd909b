"""Conflicts about budgets: two who set one, and moves that a platform's learning cannot follow."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from domain.curve import HillCurve
from domain.money import format_minor
from domain.proposal import BudgetCandidate, ProgrammeProposal
from graph.conflicts.scene import Scene
from graph.conflicts.sides import Claim, claims

NO_MOVE: Final = 0.005
"""A difference below this share of the budget is none."""


def two_optimisers(scene: Scene) -> pl.DataFrame:
    """12: the agent's rule and the arbitration want different budgets; an audience is decided
    person by person out of a pool that funds its campaign as a whole; a platform spends above the
    budget we set."""
    return claims(12, (*_rule_against_arbitration(scene), *_nested(scene), *_overspent(scene)))


def _rule_against_arbitration(scene: Scene) -> Iterator[Claim]:
    """Stake: what the rule's budget would bring beyond the settled one, were nothing shared."""
    wishes = {move.subject: _proposed(move) for move in scene.spending.moves}
    for one in scene.spending.candidates:
        settled = scene.spending.settled[one.campaign_id]
        wanted = wishes.get(one.campaign_id)
        if wanted is not None and abs(wanted - settled) > NO_MOVE * one.spend_now:
            yield Claim(
                f"the agent's rule: {format_minor(wanted, scene.currency)} a week for "
                f"{one.campaign_id}",
                f"the arbitration settles {format_minor(settled, scene.currency)} at what "
                f"{one.pool} is worth to all",
                _net(one.curve, wanted, 1.0) - _net(one.curve, settled, 1.0),
            )


def _proposed(move: ProgrammeProposal) -> float | None:
    """The weekly budget the move names, minor units."""
    named = (line.figure for line in move.evidence if line.claim == "spend proposed")
    return next(named, None)


def _nested(scene: Scene) -> Iterator[Claim]:
    """Stake: the money that both decide about, as chosen in this run."""
    funded = {(one.campaign_id, one.pool) for one in scene.spending.candidates}
    shown = (
        scene.placed.filter(pl.col("findings") == 0, pl.col("cost") > 0)
        .group_by("campaign_id", "pool")
        .agg(people=pl.col("contact").n_unique(), cost=pl.col("cost").filter("chosen").sum())
        .sort("campaign_id", "pool")
    )
    for campaign, pool, people, cost in shown.iter_rows():
        if (campaign, pool) in funded:
            yield Claim(
                f"{campaign}, decided person by person",
                f"its weekly budget out of {pool} is settled as a whole beside",
                float(cost),
                people,
            )


def _overspent(scene: Scene) -> Iterator[Claim]:
    """Stake: what was spent above the budget."""
    for row in scene.spending.edits.sort("campaign_id").iter_rows(named=True):
        if row["spent"] is not None and row["spent"] > (1 + NO_MOVE) * row["amount"]:
            yield Claim(
                f"our {format_minor(row['amount'], scene.currency)} a week for "
                f"{row['campaign_id']}, set on {row['at']:%Y-%m-%d}",
                f"its platform spent {format_minor(row['spent'], scene.currency)} in the newest "
                "whole week since",
                float(row["spent"] - row["amount"]),
            )


def unlearned(scene: Scene) -> pl.DataFrame:
    """13: a budget that should move further than the policy's step, or that moved too lately."""
    return claims(13, (*_held_by_rest(scene), *_held_by_step(scene)))


def _held_by_step(scene: Scene) -> Iterator[Claim]:
    """Stake: what the step keeps away, a week, at the pool's price."""
    step = scene.policy.budget_step.max_step
    for one in scene.spending.candidates:
        if one.campaign_id in _resting(scene):
            continue
        best, settled = _wanted(scene, one), scene.spending.settled[one.campaign_id]
        edge = one.spend_now * (1 + step if best > one.spend_now else 1 - step)
        beyond = abs(best - one.spend_now) > (step + NO_MOVE) * one.spend_now
        if beyond and abs(settled - edge) <= NO_MOVE * one.spend_now:
            yield Claim(
                f"weekly budget of {one.campaign_id}",
                f"the policy's step of {step:.0%} ends at {format_minor(edge, scene.currency)}; it "
                f"should move from {format_minor(one.spend_now, scene.currency)} to "
                f"{format_minor(best, scene.currency)}",
                _gain(scene, one, best, settled),
            )


def _held_by_rest(scene: Scene) -> Iterator[Claim]:
    """Stake: what a move within the step would bring a week, at the pool's price."""
    rule, moved = scene.policy.budget_step, _resting(scene)
    for one in scene.spending.candidates:
        low, high = (one.spend_now * (1 + sign * rule.max_step) for sign in (-1, 1))
        best = min(max(_wanted(scene, one), low), high)
        if one.campaign_id in moved and abs(best - one.spend_now) > NO_MOVE * one.spend_now:
            yield Claim(
                f"weekly budget of {one.campaign_id}",
                f"it moved on {moved[one.campaign_id]} and rests {rule.rest_days} days; it should "
                f"move from {format_minor(one.spend_now, scene.currency)} to "
                f"{format_minor(best, scene.currency)}",
                _gain(scene, one, best, one.spend_now),
            )


def _resting(scene: Scene) -> dict[str, str]:
    """By campaign, the day it was last moved."""
    return {
        row["campaign_id"]: f"{row['at']:%Y-%m-%d}"
        for row in scene.spending.resting.iter_rows(named=True)
    }


def _wanted(scene: Scene, one: BudgetCandidate) -> float:
    return best_spend(one.curve, _cost(scene, one))


def _gain(scene: Scene, one: BudgetCandidate, best: float, instead: float) -> float:
    cost = _cost(scene, one)
    return _net(one.curve, best, cost) - _net(one.curve, instead, cost)


def _cost(scene: Scene, one: BudgetCandidate) -> float:
    """What a unit of spend costs: itself, and what the pool is worth to others."""
    return 1.0 + scene.outcome.prices.get(f"pool:{one.pool}", 0.0)


def _net(curve: HillCurve, spend: float, cost: float) -> float:
    return float(curve.value(spend)) - cost * spend


def best_spend(curve: HillCurve, cost: float) -> float:
    """The spend whose next unit brings its cost, minor units; zero where none does. Bisection: the
    slope of a concave curve falls."""
    low, high = 0.0, max(curve.half, 1.0)
    while curve.slope(high) > cost:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if curve.slope(middle) > cost else (low, middle)
    return low
