"""What people declare counts in the arbitration and nowhere else."""

from io import StringIO

import polars as pl
import pytest
from rich.console import Console

from app.compose import House
from app.explaining import explain
from app.pricing import UNBOUND, owner_of
from app.story.receipts import show_receipts
from graph.choosing import PlanRecord
from graph.committing import commit
from graph.sorting import summary_of
from graph.tower import Tower
from graph.what_if import changed, chosen_of, limits_of, replay, what_if
from policies.money_limits import Priority, ValueFloor
from tests.deals.worlds import decided, under
from tests.policies.worlds import SAID

LIFT = ValueFloor(name="early", stages=("negotiation",), at_least=90_000, **SAID)
SPRING = Priority(name="spring", campaign_id="spring", weight=3.0, **SAID)
CHOSEN = ("scheduled", "waiting")


def test_a_decision_keeps_the_measured_value_and_says_what_it_counted_as(tower: Tower) -> None:
    _, plain = decided(tower)
    assert plain.get_column("declared").is_null().all()
    competing = plain.filter(pl.col("findings") == 0)
    assert competing.get_column("worth").to_list() == competing.get_column("value").to_list()


def test_a_priority_weighs_its_campaign_in_the_arbitration_alone(tower: Tower) -> None:
    pins, rows = decided(under(tower, priorities=(SPRING,)))

    ours = rows.filter((pl.col("campaign_id") == "spring") & (pl.col("findings") == 0))
    others = rows.filter((pl.col("campaign_id") != "spring") & (pl.col("findings") == 0))
    filed = tower.folder(pins.run_id).read("candidates").select("candidate", filed="value")
    assert ours.height > 0
    assert others.height > 0
    assert (ours.get_column("worth") / ours.get_column("value")).to_list() == pytest.approx(
        [3.0] * ours.height
    )
    assert set(ours.get_column("declared")) == {"priority spring"}
    assert others.get_column("declared").is_null().all()
    both = rows.join(filed, on="candidate")
    assert both.get_column("value").to_list() == both.get_column("filed").to_list()


def test_a_floor_lifts_a_contact_with_an_early_deal(tower: Tower) -> None:
    _, rows = decided(under(tower, value_floors=(LIFT,)))

    lifted = rows.filter(pl.col("declared") == "floor early")
    assert set(lifted.get_column("account_id")) == {"deal"}
    tops = lifted.group_by("contact_id").agg(pl.col("worth").max()).get_column("worth").to_list()
    assert tops == pytest.approx([90_000.0] * len(tops))
    assert (lifted.get_column("value") < lifted.get_column("worth")).all()


def test_a_weight_turns_what_a_contact_gets(tower: Tower) -> None:
    """Both mails are due to everybody, and a contact gets one e-mail a week."""
    enrolled = tower.warehouse.table("enrolments")
    for sequence in ("spring", "launch"):
        tower.warehouse.merge("enrolments", enrolled.with_columns(sequence_id=pl.lit(sequence)))
    pins, _ = decided(tower)

    for campaign, other in (("spring", "launch"), ("launch", "spring")):
        rule = Priority(name="loud", campaign_id=campaign, weight=5.0, **SAID)
        policy = tower.loaded.policy.model_copy(update={"priorities": (rule,)})
        chosen = chosen_of(*replay(tower, pins.run_id, policy)).filter(pl.col("channel") == "email")
        assert chosen.height > 0
        assert other not in chosen.get_column("campaign_id")


def test_a_run_tells_its_measured_value(tower: Tower) -> None:
    ruled = under(tower, priorities=(SPRING,), value_floors=(LIFT,))
    pins, rows = decided(ruled)
    (plan,) = ruled.folder(pins.run_id).read_records("plan", PlanRecord)

    told = summary_of(ruled, pins).value
    assert told == plan.measured is not None
    assert told < plan.value
    chosen = rows.filter(pl.col("fate").is_in(CHOSEN))
    assert told == pytest.approx(measured_sum(chosen, plan, ruled), rel=1e-6)


def measured_sum(chosen: pl.DataFrame, plan: PlanRecord, tower: Tower) -> float:
    """The chosen touches' measured values, as fatigue lets them count, and the budgets' terms."""
    fatigue = tower.loaded.policy.run.fatigue
    touches = 0.0
    for (_,), rows in chosen.group_by("contact"):
        values = sorted(rows.get_column("value").to_list(), reverse=True)
        touches += sum(one * fatigue[min(i, len(fatigue) - 1)] for i, one in enumerate(values))
    return touches + (plan.value - declared_sum(chosen, fatigue))


def declared_sum(chosen: pl.DataFrame, fatigue: tuple[float, ...]) -> float:
    total = 0.0
    for (_,), rows in chosen.group_by("contact"):
        values = sorted(rows.get_column("worth").to_list(), reverse=True)
        total += sum(one * fatigue[min(i, len(fatigue) - 1)] for i, one in enumerate(values))
    return total


def test_a_receipt_says_what_it_counted_as_and_why(house: House) -> None:
    ruled = under(house.tower, value_floors=(LIFT,))
    pins, _ = decided(ruled)
    commit(ruled, pins)

    told = explain(house, "c12", pins.run_id, confirm=False)
    page = StringIO()
    show_receipts(Console(file=page, width=200), told)

    lifted = [one for one in told["receipts"] if one["declared"] == "floor early"]
    assert lifted
    assert all(one["worth"] > one["value"] for one in lifted)
    assert "counted as $900: floor early" in page.getvalue()


def test_what_another_weight_would_do_is_told_in_measured_value(tower: Tower) -> None:
    ruled = under(tower, priorities=(SPRING,), value_floors=(LIFT,))
    pins, _ = decided(ruled)
    policy = ruled.loaded.policy
    (plan,) = ruled.folder(pins.run_id).read_records("plan", PlanRecord)

    _, again = replay(ruled, pins.run_id, policy)
    assert again.value == plan.measured
    for name in ("priority spring", "floor early"):
        assert name in limits_of(policy)
        assert owner_of(policy, name).owner == SAID["owner"]
        free = changed(policy, name, UNBOUND[name.split(" ")[0]])
        _, without = replay(ruled, pins.run_id, free)
        assert without.value >= again.value - 1e-6 * abs(again.value)
    answer = what_if(ruled, pins.run_id, "priority spring", 1.0)
    assert (answer.before, answer.after) == (3.0, 1.0)
