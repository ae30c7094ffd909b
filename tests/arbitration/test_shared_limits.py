"""What all contacts share: money, minutes, shares, exposures, accounts, campaigns."""

import numpy as np
import pytest

from graph.arbitration.checking import violations
from graph.arbitration.problem import CapLimit, ResourceLimit, Share
from graph.arbitration.solving import respond, solve
from tests.arbitration.worlds import campaign, candidate, problem_of, taken


def people(count: int, **columns: object) -> list[dict[str, object]]:
    return [candidate(i, i, 10 + i, **columns) for i in range(count)]


def money(count: int) -> list[tuple[int, str, float]]:
    return [(i, "money", 1.0) for i in range(count)]


def test_a_budget_goes_to_whom_it_brings_most() -> None:
    problem = problem_of(people(6), money(6), resources=(ResourceLimit(name="money", at_most=2.0),))

    plan = solve(problem)

    assert taken(problem, plan.chosen) == [4, 5]
    assert 13 <= plan.prices["money"] <= 14  # between the first that lost and the last that won


def test_a_budget_that_does_not_bind_costs_nothing() -> None:
    problem = problem_of(people(6), money(6), resources=(ResourceLimit(name="money", at_most=9.0),))

    plan = solve(problem)

    assert plan.chosen.all()
    assert plan.prices["money"] == pytest.approx(0, abs=1e-6)


def test_an_exposure_is_served_by_those_who_lose_least_by_it() -> None:
    rows = [candidate(i, i, -10.0 * i - 1) for i in range(4)]
    uses = [(i, "theme", 1.0) for i in range(4)]
    theme = ResourceLimit(name="theme", at_least=2.0, ceiling=100.0)
    problem = problem_of(rows, uses, resources=(theme,))

    plan = solve(problem)

    assert taken(problem, plan.chosen) == [0, 1]
    assert plan.shortfalls == {}


def test_an_exposure_dearer_than_its_ceiling_falls_short_and_says_so() -> None:
    rows = [candidate(i, i, -10.0 * i - 1) for i in range(4)]
    uses = [(i, "theme", 1.0) for i in range(4)]
    theme = ResourceLimit(name="theme", at_least=4.0, ceiling=15.0)
    problem = problem_of(rows, uses, resources=(theme,))

    plan = solve(problem)

    assert taken(problem, plan.chosen) == [0, 1]
    assert plan.shortfalls == {"theme (least)": pytest.approx(2.0)}
    assert plan.status == "optimal within gap"
    assert plan.gap == pytest.approx(0, abs=1e-6)


def test_an_exposure_without_a_ceiling_that_cannot_be_met_is_infeasible() -> None:
    theme = ResourceLimit(name="theme", at_least=4.0)
    reachable = problem_of(people(5), [(i, "theme", 1.0) for i in range(5)], resources=(theme,))
    unreachable = problem_of(people(3), [(i, "theme", 1.0) for i in range(3)], resources=(theme,))

    assert solve(reachable).status == "optimal within gap"
    assert solve(unreachable).status == "infeasible"
    assert solve(unreachable).violations == ("theme (least)",)


def test_a_share_limit_counts_what_is_chosen_not_what_is_proposed() -> None:
    rows = [candidate(i, i, 50.0 if i < 6 else 5.0) for i in range(10)]
    uses = [(i, "discount", 1.0) for i in range(6)]
    share = ResourceLimit(name="discount", at_most_share=Share(of="touches", share=0.5))
    problem = problem_of(rows, uses, resources=(share,))

    plan = solve(problem)

    assert len(taken(problem, plan.chosen)) == 8
    assert plan.value == pytest.approx(4 * 50 + 4 * 5)


def test_an_account_gets_no_more_than_its_cap_over_all_its_people() -> None:
    cap = CapLimit(name="account_week", per="account", at_most=2)
    rows = [candidate(i, i, 10 + i, account=i % 2) for i in range(8)]
    problem = problem_of(rows, remaining=[("account_week", 0, 1)], caps=(cap,))

    assert taken(problem, solve(problem).chosen) == [5, 6, 7]


def test_people_without_an_account_are_under_no_account_cap() -> None:
    cap = CapLimit(name="account_week", per="account", at_most=0)
    problem = problem_of([candidate(0, 0, 10), candidate(1, 1, 10, account=3)], caps=(cap,))

    assert taken(problem, solve(problem).chosen) == [0]


def test_campaigns_and_touches_share_one_budget_at_one_price() -> None:
    budget = ResourceLimit(name="money", at_most=2_050.0)
    rows = [candidate(i, i, 10.0 * i) for i in range(20)]
    uses = [(i, "money", 10.0) for i in range(20)]
    pair = (campaign("search", scale=8_000), campaign("social", scale=7_000))
    problem = problem_of(rows, uses, resources=(budget,), campaigns=pair)

    plan = solve(problem)

    spent = sum(plan.budgets.values()) + 10.0 * plan.chosen.sum()
    assert spent == pytest.approx(2_050.0, rel=1e-3)
    assert plan.budgets["search"] > plan.budgets["social"]
    assert plan.gap < 0.01
    assert violations(problem, plan.chosen, plan.budgets) == ()


def test_equal_slopes_are_the_optimum_of_two_campaigns() -> None:
    budget = ResourceLimit(name="money", at_most=2_000.0)
    pair = (campaign("search", scale=8_000), campaign("social", scale=7_600))
    problem = problem_of([candidate(0, 0, -1.0)], resources=(budget,), campaigns=pair)

    plan = solve(problem)

    slopes = [one.curve.slope(plan.budgets[one.name]) for one in pair]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-3)
    assert plan.gap == pytest.approx(0, abs=1e-4)


def test_a_budget_below_the_campaigns_least_spends_is_infeasible() -> None:
    budget = ResourceLimit(name="money", at_most=100.0)
    problem = problem_of(
        [candidate(0, 0, 1.0)], resources=(budget,), campaigns=(campaign("search"),)
    )

    plan = solve(problem)

    assert plan.status == "infeasible"
    assert plan.violations == ("money",)


def test_prices_alone_tell_each_contact_what_to_choose() -> None:
    problem = problem_of(people(6), money(6), resources=(ResourceLimit(name="money", at_most=2.0),))

    alone = respond(problem, {"money": 13.5})

    assert taken(problem, alone.chosen) == [4, 5]
    assert np.isnan(alone.propensity[:4]).all()


def test_a_warm_start_gives_the_same_plan() -> None:
    problem = problem_of(people(6), money(6), resources=(ResourceLimit(name="money", at_most=2.0),))
    cold = solve(problem)

    assert (solve(problem, cold.prices).chosen == cold.chosen).all()


def test_a_problem_without_candidates_still_funds_its_campaigns() -> None:
    budget = ResourceLimit(name="money", at_most=900.0)
    problem = problem_of([], resources=(budget,), campaigns=(campaign("search"),))

    plan = solve(problem)

    assert plan.budgets["search"] == pytest.approx(900.0, rel=1e-6)
    assert plan.gap == pytest.approx(0, abs=1e-4)
    assert len(plan.chosen) == 0


def test_a_problem_without_anything_is_worth_nothing() -> None:
    assert solve(problem_of([])).value == 0


def test_slack_that_the_prices_leave_is_filled_without_the_exact_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("graph.arbitration.polishing.is_small", lambda draft: False)
    alike = [candidate(i, i, 20.0) for i in range(60)]
    problem = problem_of(alike, money(60), resources=(ResourceLimit(name="money", at_most=31.0),))

    assert solve(problem).chosen.sum() == 31


def test_a_floor_under_a_pool_is_reached_by_spending_more_than_pays() -> None:
    floor = ResourceLimit(name="money", at_least=1_150.0, ceiling=5.0)
    poor = campaign("search", scale=1_000.0)
    with_floor = problem_of([], resources=(floor,), campaigns=(poor,))
    without = problem_of([], campaigns=(poor,))

    assert solve(with_floor).budgets["search"] == pytest.approx(1_150.0, rel=1e-3)
    assert solve(without).budgets["search"] == pytest.approx(800.0)
