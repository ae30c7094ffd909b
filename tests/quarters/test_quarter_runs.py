"""Quarter budgets in whole runs: what is planned, what two runs hold together, what is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.compose import House
from app.measuring import verify_record
from app.quarter_pacing import pacing
from domain.packet import BudgetChange
from domain.proposal import BudgetCandidate
from evals.faults.world import BUDGETS
from graph.budgets_at_commit import pools_now
from graph.choosing import PlanRecord
from graph.quarter_budgets import Quarter, quarters_of, rooms
from graph.replaying import replay_run
from graph.standing import standing
from graph.what_if import chosen_of, replay
from policies.money_limits import QuarterBudget
from policies.quarters import bounds, elapsed, most_by
from tests.known_failures.test_money import told, under
from tests.known_failures.worlds import START, at, run
from tests.policies.worlds import SAID
from tests.reservations.test_two_runs import plan, write
from tests.reservations.worlds import ask, asks
from tools.ledger.fitting import Room, refused
from tools.ledger.reservations import TAKEN_ROWS, hold

Q1 = "2026Q1"
DAY, WEEK = timedelta(days=1), timedelta(days=7)
FEW = 20
"""Minor units in the quarter: by START, with a tenth ahead of pace, four e-mails of 3."""


def paced(house: House, at_most: int, pool: str = "messages", **what: Any) -> House:
    said = {"pool": pool, "quarter": Q1, "at_most": at_most, "deviation": 0.1, **what}
    rule = QuarterBudget.model_validate({**SAID, **said})
    policy = house.tower.loaded.policy
    return under(house, policy.model_copy(update={"quarter_budgets": (rule,)}))


def held(house: House) -> float:
    rows = house.tower.ledger.frame(
        "SELECT amount FROM reservation WHERE resource = 'pool:messages' "
        "AND state IN ('held', 'spent')",
        {"amount": pl.Float64},
    )
    return float(rows.get_column("amount").sum())


def test_a_run_plans_no_more_than_the_quarters_pace_allows(house: House) -> None:
    few = paced(house, FEW)
    run_id = run(few, "one")

    late = standing(few.tower, run_id).filter(pl.col("reason") == "taken_meanwhile")
    (rule,) = few.tower.loaded.policy.quarter_budgets
    assert late.is_empty()
    assert held(few) == 12
    assert held(few) <= most_by(rule, START) < FEW


def test_without_a_quarter_budget_the_same_run_plans_more(house: House) -> None:
    run(house, "one")

    assert held(house) > FEW


def test_a_quarter_that_has_not_begun_or_is_over_takes_nothing_and_limits_nothing(
    house: House,
) -> None:
    free = paced(house, 0, quarter="2025Q4")
    run(free, "one")

    assert held(free) > FEW


def test_a_later_run_counts_what_the_first_one_holds(house: House) -> None:
    few = paced(house, FEW)
    run(few, "one")
    run(few, "two")

    assert held(few) == 12


def test_what_others_took_of_the_quarter_since_the_run_chose_is_not_taken_twice(
    house: House,
) -> None:
    few = paced(house, FEW)
    plan(few, "one")
    other = ask("other", 0, "pool:messages", amount=9.0)
    with few.tower.ledger.write() as session:
        hold(session, asks(other).drop("unit"), "another run")
    write(few, "one")

    assert held(few) == 12


def test_a_room_counts_what_lies_in_it_and_nothing_else() -> None:
    rows = asks(
        ask("before", 0, "pool:messages", amount=5.0, hours=-1),
        ask("first", 1, "pool:messages", amount=5.0),
        ask("second", 2, "pool:messages", amount=5.0, hours=1),
        ask("after", 3, "pool:messages", amount=5.0, hours=2),
    )
    start = rows["at"][1]
    room = Room("pool:messages", 7.0, start, start + timedelta(hours=2))
    out = refused(rows, pl.DataFrame(schema=TAKEN_ROWS), [room])

    assert out.tolist() == [False, False, True, False]


def candidates(house: House, run_id: str) -> tuple[BudgetCandidate, ...]:
    return house.tower.folder(run_id).read_records("budgets_ads", BudgetCandidate)


def leaving(house: House, weekly: int) -> House:
    """A quarter that leaves the campaigns so much a week, by what they spent until now."""
    loose = paced(house, 10**9, "paid_media", deviation=0.0)
    funded = candidates(house, run(loose, "before"))
    (quarter,) = quarters_of(loose.tower, loose.tower.loaded.policy, funded, START)
    share = elapsed(quarter.rule, START + WEEK)
    return paced(house, round((quarter.spent + weekly) / share), "paid_media", deviation=0.0)


def test_campaigns_are_told_no_more_a_week_than_the_quarter_leaves_them(house: House) -> None:
    free = told(house, run(house, "free"))
    tight = leaving(house, free - 20_000)

    assert told(tight, run(tight, "tight")) <= free - 20_000


def test_a_pool_that_overspent_its_quarter_raises_no_budget_and_the_run_goes_on(
    house: House,
) -> None:
    over = paced(house, 0, "paid_media")
    run_id = run(over, "one")
    plan_record = over.tower.folder(run_id).read_records("plan", PlanRecord)[0]
    shown = over.tower.ledger.frame(
        "SELECT amount FROM reservation WHERE resource = 'pool:paid_media'", {"amount": pl.Float64}
    )

    assert told(over, run_id) <= sum(BUDGETS.values())
    assert shown.is_empty()
    assert plan_record.violations == ("pool:paid_media",)
    assert held(over) > 0


def test_a_budget_that_the_quarter_leaves_no_room_for_is_not_held(house: House) -> None:
    tight = leaving(house, 400_000)
    policy = tight.tower.loaded.policy
    funded = candidates(house, run(house, "one"))
    quarters = quarters_of(tight.tower, policy, funded, START)
    with tight.tower.ledger.read() as session:
        pools = pools_now(session, policy, funded, START, quarters)

    pool = pools["paid_media"]
    others = pool.budgets - pool.campaigns["search_ads"]
    assert pool.room == pytest.approx(400_000, rel=1e-3)
    assert pool.takes(search_ads(399_000 - others), {}) is not None
    assert pool.takes(search_ads(401_000 - others), {}) is None


def search_ads(weekly: float) -> BudgetChange:
    """So much money a week for the search campaign."""
    return BudgetChange(
        campaign_id="search_ads",
        platform="search",
        pool="paid_media",
        spend_now=BUDGETS["search_ads"],
        spend_new=int(weekly),
    )


def test_nothing_is_planned_for_a_quarter_that_has_not_begun() -> None:
    said = {"pool": "messages", "quarter": "2026Q2", "at_most": 1000, "deviation": 1.0}
    rule = QuarterBudget.model_validate({**SAID, **said})
    end = bounds(Q1)[1]
    before, after = (Quarter(rule, 1.0, 0.0, end + days * DAY) for days in (-1, 1))

    assert (before.room(0.0), after.room(0.0)) == (0.0, pytest.approx(2000 / 91))
    assert before.week == pytest.approx(6 / 7)
    assert before.weekly(0.0) == pytest.approx(2000 * 6 / 91 / (6 / 7))


def test_an_overshoot_of_the_pool_counts_for_its_quarter_too(house: House) -> None:
    policy = house.tower.loaded.policy
    twice = tuple(one.model_copy(update={"overshoot": 2.0}) for one in policy.budgets)
    few = paced(under(house, policy.model_copy(update={"budgets": twice})), FEW)
    run(few, "one")

    assert held(few) == 6


@pytest.mark.parametrize(
    ("spent", "floor", "pace"), [(9, 0, "on pace"), (9, 20, "behind"), (27, 0, "ahead")]
)
def test_status_tells_who_runs_ahead_and_who_lags_behind(
    house: House, spent: int, floor: int, pace: str
) -> None:
    run(house, "one")
    emails = spent // 3
    with house.tower.ledger.write() as session:
        rows = house.tower.ledger.frame(
            "SELECT reservation_id FROM reservation WHERE resource = 'pool:messages' "
            "AND state IN ('held', 'spent') ORDER BY reservation_id",
            {"reservation_id": pl.Int64},
        )
        assert rows.height >= emails
        session.connection().exec_driver_sql(
            "UPDATE reservation SET state = 'freed' WHERE resource = 'pool:messages' "
            f"AND reservation_id > {rows['reservation_id'][emails - 1]}"
        )
    (said,) = pacing(at(paced(house, FEW, floor=floor), START + WEEK))

    assert (said["spent"], said["pace"]) == (spent, pace)
    assert bounds(said["quarter"])[0] < START


def test_a_run_solved_again_sees_of_the_quarter_what_it_saw(house: House, tmp_path: Path) -> None:
    few = paced(house, FEW)
    run_id = run(few, "one")
    run(few, "two")
    chosen = few.tower.folder(run_id).read("choices").filter("chosen").height
    opened, planned = replay(few.tower, run_id, few.tower.loaded.policy)
    again = replay_run(few.tower, run_id, few.tower.loaded, tmp_path / "again")

    assert chosen_of(opened, planned).height == chosen
    assert again.folder.read("choices").filter("chosen").height == chosen


def test_under_another_quarter_budget_a_past_run_would_have_planned_less(
    house: House, tmp_path: Path
) -> None:
    run_id = run(house, "one")
    before = house.tower.folder(run_id).read("choices").filter("chosen").height
    few = paced(house, FEW)
    again = replay_run(few.tower, run_id, few.tower.loaded, tmp_path / "again")
    after = again.folder.read("choices").filter("chosen")
    paid = again.folder.read("candidates").filter(pl.col("pool") == "messages")

    assert after.height < before
    assert after.join(paid, on="candidate", how="semi").height == 4


def test_what_a_pools_campaigns_hold_is_not_left_to_its_touches(house: House) -> None:
    rule = QuarterBudget.model_validate(
        {**SAID, "pool": "messages", "quarter": Q1, "at_most": 900, "deviation": 0.0}
    )
    quarter = Quarter(rule, 1.0, 0.0, START)
    week_ahead = most_by(rule, START + WEEK)
    with house.tower.ledger.read() as session:
        (alone,) = rooms(session, (quarter,), {})
        (beside,) = rooms(session, (quarter,), {"messages": week_ahead - 5})

    assert alone.at_most == pytest.approx(most_by(rule, START))
    assert beside.at_most == pytest.approx(5)


def test_the_record_is_checked_against_the_quarter_too(house: House) -> None:
    run(house, "one")
    said = "No budget pool is held or spent beyond its limit"
    checks = [
        {one["check"]: one["ok"] for one in verify_record(each)["checks"]}[said]
        for each in (house, paced(house, FEW), paced(house, 1000))
    ]

    assert checks == [True, False, True]
