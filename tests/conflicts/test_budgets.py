"""Conflicts about budgets: two who set one, and moves that a platform's learning cannot follow."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from domain.curve import HillCurve
from domain.proposal import BudgetCandidate, EvidenceLine, ProgrammeProposal
from graph.choosing import choose
from graph.conflicts.budgets import best_spend
from graph.conflicts.scene import EDITS, Outcome, Spending
from graph.edits import edits_of
from graph.in_force import Fixed
from policies.money_limits import BudgetStep
from tests.conflicts.runs import house_after_a_run, newest
from tests.conflicts.worlds import NOON, asked, conflicts
from tests.policies.worlds import SAID, sample_policy
from tools.ledger.models import EffectRow

CURVE = HillCurve(scale=400_000.0, half=100_000.0, shape=1.0)
"""Best at 100,000 a week where a unit costs itself: 400,000 x 100,000 / (s + 100,000)^2 = 1."""
LATELY = NOON - timedelta(days=3)


def campaign(spend_now: int) -> BudgetCandidate:
    """Search ads that spend so much a week now."""
    return BudgetCandidate(
        campaign_id="search",
        platform="a platform",
        pool="media",
        spend_now=spend_now,
        curve=CURVE,
        value_se=1.0,
        evidence="measured",
        model="hill-attributed",
    )


def asks(spend_now: int, settled: int, **what: Any) -> Spending:
    return Spending(candidates=(campaign(spend_now),), settled={"search": settled}, **what)


def move_to(spend: float) -> ProgrammeProposal:
    """The ads agent's strategist proposes so much a week."""
    line = EvidenceLine(
        claim="spend proposed", figure=spend, unit="minor units a week", source="the policy's step"
    )
    return ProgrammeProposal(
        proposal_id="p",
        agent="ads",
        kind="budget_move",
        subject="search",
        change="Raise search on a platform by 20% a week.",
        rationale="The next unit of spend brings 1.20 units of value.",
        evidence=(line,),
        expected_value=1.0,
        expected_se=1.0,
        rule="money_moves",
        at=NOON,
    )


def edit(amount: int, spent: int | None) -> pl.DataFrame:
    """A budget we set three days ago."""
    return pl.DataFrame([("search", amount, LATELY, spent)], schema=EDITS, orient="row")


def of_type(number: int, *rows: dict[str, Any], **what: Any) -> list[dict[str, Any]]:
    return [one for one in conflicts(*rows, **what) if one["type"] == number]


def test_the_ads_rule_and_the_arbitration_want_two_budgets_for_one_campaign() -> None:
    spending = asks(80_000, 80_000, moves=(move_to(96_000.0),))

    (conflict,) = of_type(12, spending=spending)

    assert conflict["subject"] == "the agent's rule: $960 a week for search"
    assert conflict["fact"] == "the arbitration settles $800 at what media is worth to all"
    gain = float(CURVE.value(96_000) - CURVE.value(80_000)) - 16_000
    assert conflict["stake"] == pytest.approx(gain)


def test_a_rule_that_asks_for_what_is_settled_is_no_second_optimiser() -> None:
    spending = asks(80_000, 96_000, moves=(move_to(96_100.0),))

    assert of_type(12, spending=spending) == []


def test_an_audience_decided_person_by_person_nests_in_its_campaigns_budget() -> None:
    ad = {"agent": "ads", "channel": "ads", "campaign_id": "search", "pool": "media", "cost": 8}
    shown = [asked(n, n, chosen=n < 2, **ad) for n in range(3)]
    elsewhere = asked(3, 3, chosen=True, **{**ad, "campaign_id": "retargeting"})

    (conflict,) = of_type(12, *shown, elsewhere, spending=asks(80_000, 80_000))

    assert conflict["subject"] == "search, decided person by person"
    assert conflict["fact"] == "its weekly budget out of media is settled as a whole beside"
    assert (conflict["people"], conflict["stake"]) == (3, 16.0)


def test_a_platform_that_spends_above_the_budget_we_set_is_a_second_optimiser() -> None:
    (conflict,) = of_type(12, spending=Spending(edits=edit(80_000, 92_000)))

    assert conflict["subject"] == "our $800 a week for search, set on 2026-02-27"
    assert conflict["fact"] == "its platform spent $920 in the newest whole week since"
    assert conflict["stake"] == 12_000.0


@pytest.mark.parametrize("spent", [None, 79_000, 80_000])
def test_a_platform_that_keeps_to_the_budget_is_none(spent: int | None) -> None:
    assert of_type(12, spending=Spending(edits=edit(80_000, spent))) == []


def test_a_jump_that_the_platform_would_have_to_learn_anew_is_held_to_one_step() -> None:
    (conflict,) = of_type(13, spending=asks(50_000, 60_000))

    assert conflict["subject"] == "weekly budget of search"
    assert conflict["fact"] == (
        "the policy's step of 20% ends at $600; it should move from $500 to $1,000"
    )
    kept_away = float(CURVE.value(100_000) - CURVE.value(60_000)) - 40_000
    assert conflict["stake"] == pytest.approx(kept_away)


def test_a_campaign_at_its_best_budget_is_held_by_no_step() -> None:
    assert of_type(13, spending=asks(90_000, 100_000)) == []


def test_a_pool_that_others_need_more_holds_the_budget_and_not_the_step() -> None:
    dear = Outcome(prices={"pool:media": 3.0})

    assert of_type(13, spending=asks(50_000, 50_000), outcome=dear) == []


def test_a_budget_moved_three_days_ago_rests_though_a_further_move_would_pay() -> None:
    rest = BudgetStep(max_step=0.2, rest_days=7, **SAID)
    young = edit(50_000, None)

    (conflict,) = of_type(
        13,
        policy=sample_policy(budget_step=rest),
        spending=asks(50_000, 50_000, edits=young, resting=young),
    )

    assert conflict["fact"] == (
        "it moved on 2026-02-27 and rests 7 days; it should move from $500 to $600"
    )
    gain = float(CURVE.value(60_000) - CURVE.value(50_000)) - 10_000
    assert conflict["stake"] == pytest.approx(gain)


def test_the_best_spend_is_where_the_next_unit_brings_its_cost() -> None:
    assert best_spend(CURVE, 1.0) == pytest.approx(100_000.0)
    assert best_spend(CURVE, 4.1) == 0.0


def test_a_resting_budget_stays_where_it_is_and_another_moves() -> None:
    house = house_after_a_run()
    tower, pins = house.tower, newest(house)
    with tower.ledger.write() as session:
        session.add(accepted_budget("search_ads", 221_700, pins.at - timedelta(days=3)))
    step = tower.loaded.policy.budget_step.model_copy(update={"rest_days": 7})
    patient = tower.loaded.policy.model_copy(update={"budget_step": step})

    free = choose(tower, pins)[1].budgets
    rested = choose(replace(tower, policies=Fixed(replace(tower.loaded, policy=patient))), pins)[
        1
    ].budgets

    assert free["search_ads"] > 1.1 * 221_700
    assert rested["search_ads"] == pytest.approx(221_700)
    assert rested["social_ads"] < 0.9 * 175_500


def test_what_a_platform_spent_is_counted_by_whole_weeks_after_the_edit() -> None:
    house = house_after_a_run()
    tower, pins = house.tower, newest(house)
    with tower.ledger.write() as session:
        session.add(accepted_budget("brand", 70_000, pins.at - timedelta(days=16)))
    day = pins.at.replace(hour=0)
    rows = [("brand", day - timedelta(days=back), 10_000 + back) for back in range(17)]
    spend = pl.DataFrame(rows, schema=["campaign_id", "date", "spend"], orient="row")
    tower.warehouse.merge("spend", spend.with_columns(platform=pl.lit("a platform")))

    edits = edits_of(tower, pins.at)

    newest_week = sum(10_000 + back for back in range(2, 9))
    assert edits.select("campaign_id", "amount", "spent").rows() == [("brand", 70_000, newest_week)]


def accepted_budget(campaign_id: str, amount: int, at: datetime) -> EffectRow:
    """A budget that its platform accepted."""
    return EffectRow(
        effect_id=f"budget of {campaign_id}",
        run_id="before",
        packet_id="before",
        candidate=0,
        agent="ads",
        channel="ads",
        campaign_id=campaign_id,
        purpose="budget",
        treatment="weekly_budget",
        action_class="marketing",
        slot_at=at,
        local_day=f"{at:%Y-%m-%d}",
        amount=amount,
        payload_hash="",
        state="accepted",
        at=at,
    )
