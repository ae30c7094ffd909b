"""W15 to W17: what platforms really spend, what an optimiser returns, what little data may do."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from app.compose import House
from domain.errors import IntegrityError
from domain.packet import Packet
from graph import choosing
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.solving import solve
from graph.in_force import Fixed
from policies.loading import Loaded, hash_of
from policies.schema import Policy
from tests.known_failures.worlds import run
from tools.ledger import effects

POOL = 600_000
"""Minor units a week."""


def under(house: House, policy: Policy) -> House:
    loaded = Loaded(policy, hash_of(policy))
    return replace(house, tower=replace(house.tower, policies=Fixed(loaded)))


def overshooting(house: House, overshoot: float) -> House:
    """The pool of paid media, whose platforms may spend so many times what they were told."""
    policy = house.tower.loaded.policy
    budgets = tuple(
        one.model_copy(update={"at_most": POOL, "overshoot": overshoot})
        if one.pool == "paid_media"
        else one
        for one in policy.budgets
    )
    return under(house, policy.model_copy(update={"budgets": budgets}))


def told(house: House, run_id: str) -> int:
    """Minor units a week that the campaigns are told to spend once all packets are approved."""
    packets = house.tower.folder(run_id).read_records("packets", Packet)
    moved = {one.campaign_id: one.budget.spend_new for one in packets if one.budget is not None}
    return sum({"search_ads": 210_000, "social_ads": 180_000, **moved}.values())


def test_W15_what_a_platform_may_really_spend_is_what_counts_against_the_budget(
    house: House,
) -> None:
    twice = overshooting(house, 2.0)

    assert 2 * told(twice, run(twice, "one")) <= POOL


def test_W15_without_overshoot_the_same_pool_would_be_planned_beyond_its_worst_case(
    house: House,
) -> None:
    """What makes the test above one that can fail."""
    once = overshooting(house, 1.0)

    assert 2 * told(once, run(once, "one")) > POOL


def tampered(change: str) -> Any:
    """A solver that returns what it must not."""

    def solved(problem: Problem) -> Plan:
        plan = solve(problem)
        if change == "budgets doubled":
            return replace(plan, budgets={name: 2 * one for name, one in plan.budgets.items()})
        if change == "budgets of each other":
            names, spends = list(plan.budgets), list(plan.budgets.values())
            return replace(plan, budgets=dict(zip(names, reversed(spends), strict=True)))
        vars(plan)["chosen"] = plan.chosen | True
        return plan

    return solved


@pytest.mark.parametrize("change", ["budgets doubled", "budgets of each other", "all chosen"])
def test_W16_a_plan_that_breaks_a_rule_is_refused_whole(
    house: House, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(choosing, "solve", tampered(change))

    with pytest.raises(IntegrityError, match="not what was asked for"):
        run(house, "one")

    assert effects.in_states(house.tower.ledger, ("intent",)).is_empty()
    assert house.tower.ledger.frame("SELECT run_id FROM packet", {"run_id": pl.String}).is_empty()


def test_W17_with_little_data_nothing_goes_out_unasked_and_the_caps_are_those_of_the_policy(
    house: House,
) -> None:
    """A world without any past, under a policy that asks before it acts on a prior."""
    policy = house.tower.loaded.policy
    escalation = policy.escalation.model_copy(update={"prior_evidence": True})
    house = under(house, policy.model_copy(update={"escalation": escalation}))
    run_id = run(house, "one")
    folder, limits = house.tower.folder(run_id), house.tower.loaded.policy.caps
    decided = folder.read("decisions").filter(pl.col("fate").is_in(["executed", "scheduled"]))
    touched = folder.read("decisions").filter(
        pl.col("fate").is_in(["executed", "scheduled", "waiting"])
    )

    assert folder.read("predictions").get_column("evidence").unique().to_list() == ["prior"]
    assert decided.filter(pl.col("evidence") == "prior").is_empty()
    assert not touched.is_empty()
    for cap in limits:
        holder = "contact_id" if cap.per == "contact" else "account_id"
        counted = touched.filter(
            pl.col("channel").is_in(cap.channels) & ~pl.col("class").is_in(cap.exempt_classes)
        )
        assert counted.group_by(holder).len().filter(pl.col("len") > cap.at_most).is_empty()
