"""The benchmark's family: what it holds, how near the plan comes, and what greedy leaves."""

import pytest

from domain.errors import UsageError
from graph.arbitration.checking import violations
from graph.arbitration.greedy import greedy
from graph.arbitration.instances import family
from graph.arbitration.pricelist import price_list, relaxed, what_if
from graph.arbitration.problem import CapLimit, ResourceLimit
from graph.arbitration.solving import solve
from tests.arbitration.worlds import candidate, problem_of


def test_the_family_has_244_shared_limits_and_ten_candidates_each() -> None:
    problem = family(400, 10, 1)

    assert len(problem.limits.resources) == 244
    assert problem.candidates.height > 0.9 * 4_000
    assert problem.candidates.equals(family(400, 10, 1).candidates)
    assert not problem.candidates.equals(family(400, 10, 2).candidates)
    with pytest.raises(UsageError, match="5 to 32"):
        family(10, 4, 1)


def test_no_limit_is_broken_and_the_gap_is_small_at_a_thousand_contacts() -> None:
    problem = family(1_000, 10, 1)

    plan = solve(problem)

    assert violations(problem, plan.chosen, plan.budgets) == ()
    assert plan.gap < 0.04


def test_greedy_is_worth_less_and_misses_minima() -> None:
    rows = [candidate(i, i, 10.0 + i) for i in range(20)]
    uses = [(i, "money", 1.0 + (i >= 10) * 3) for i in range(20)]
    uses += [(i, "theme", 1.0) for i in range(3)]
    limits = (
        ResourceLimit(name="money", at_most=12.0),
        ResourceLimit(name="theme", at_least=2.0, ceiling=50.0),
    )
    problem = problem_of(rows, uses, resources=limits)
    plan = solve(problem)

    by_value, _, value = greedy(problem, "value")
    by_density, _, density = greedy(problem, "density")

    assert value < plan.value
    assert by_value[17:].all()  # the three of most value use the whole budget
    assert by_density[:3].sum() >= 2
    assert density <= plan.bound
    assert violations(problem, by_value, {}) == ()


def test_the_price_list_names_the_dearest_limit_first() -> None:
    rows = [candidate(i, i, 10.0 + i, account=i % 2) for i in range(6)]
    uses = [(i, "money", 1.0) for i in range(6)]
    cap = CapLimit(name="account_week", per="account", at_most=2)
    limits = (
        ResourceLimit(name="money", at_most=2.0),
        ResourceLimit(name="unused", at_most=2.0),
    )
    problem = problem_of(rows, uses, caps=(cap,), resources=limits)

    listed = price_list(solve(problem), problem)

    first = listed.row(0, named=True)
    assert (first["limit"], first["kind"], first["amount"]) == ("money", "most", 2.0)
    assert first["cost"] == pytest.approx(2 * first["price"])
    assert listed.filter(listed["limit"] == "unused").item(0, "cost") == pytest.approx(0)
    assert "account_week" in listed["limit"].to_list()


def test_what_a_wider_cap_would_bring_is_found_by_solving_again() -> None:
    one = CapLimit(name="touches", per="contact", at_most=1)
    rows = [candidate(0, 7, 30), candidate(1, 7, 50), candidate(2, 8, 9)]
    problem = problem_of(rows, remaining=[("touches", 7, 0)], caps=(one,))
    plan = solve(problem)
    two = one.model_copy(update={"at_most": 2})

    _, wider = what_if(problem, problem.limits.model_copy(update={"caps": (two,)}), plan)
    after = solve(relaxed(problem, "touches"))

    assert wider.value == 0  # nothing remains for contact 7, whatever the cap
    assert after.value - plan.value == 50
    with pytest.raises(UsageError, match="touches"):
        relaxed(problem, "tuches")
