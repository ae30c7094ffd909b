"""Exploration: who draws, from what, and with which known odds."""

import numpy as np
import pytest
from scipy.stats import chisquare

from graph.arbitration.checking import violations
from graph.arbitration.draws import draws_of
from graph.arbitration.problem import CapLimit, Exploration, Problem, ResourceLimit
from graph.arbitration.solving import solve
from tests.arbitration.worlds import candidate, problem_of

ONE = (CapLimit(name="touches", per="contact", at_most=1),)


def crowd(contacts: int, exploration: Exploration | None, money: float = 1e9) -> Problem:
    """Every contact may get an e-mail worth 20, one worth 10, or nothing."""
    rows = [
        candidate(2 * i + j, i, 20.0 - 10.0 * j, treatment=f"email_{j}")
        for i in range(contacts)
        for j in range(2)
    ]
    uses = [(row["candidate"], "money", 1.0) for row in rows]
    limit = ResourceLimit(name="money", at_most=money)
    return problem_of(rows, uses, caps=ONE, resources=(limit,), exploration=exploration)


def test_nobody_explores_where_the_policy_has_no_exploration() -> None:
    problem = crowd(50, None)

    plan = solve(problem)

    assert not plan.explored.any()
    assert (plan.propensity[plan.chosen] == 1).all()
    assert np.isnan(plan.propensity[~plan.chosen]).all()


def test_the_share_of_explorers_is_the_policys() -> None:
    rule = Exploration(share=0.2, temperature=10.0, seed=4)

    explored = solve(crowd(3_000, rule)).explored.reshape(-1, 2)[:, 0]

    assert explored.mean() == pytest.approx(0.2, abs=0.03)


def test_the_same_seed_draws_the_same_people_and_another_seed_others() -> None:
    first = Exploration(share=0.2, temperature=10.0, seed=4)
    second = Exploration(share=0.2, temperature=10.0, seed=5)

    one, again, other = (solve(crowd(300, rule)) for rule in (first, first, second))

    assert (one.explored == again.explored).all()
    assert (one.explored != other.explored).any()


def test_drawn_frequencies_match_the_softmax() -> None:
    rule = Exploration(share=1.0, temperature=10.0, seed=9)

    plan = solve(crowd(9_000, rule))

    chosen = plan.chosen.reshape(-1, 2)
    counts = [chosen[:, 0].sum(), chosen[:, 1].sum(), (~chosen.any(axis=1)).sum()]
    weight = np.exp(np.array([2.0, 1.0, 0.0]))
    assert chisquare(counts, 9_000 * weight / weight.sum()).pvalue > 0.01


def test_propensities_are_those_of_the_mixture() -> None:
    rule = Exploration(share=0.3, temperature=10.0, seed=9)

    plan = solve(crowd(400, rule))

    weight = np.exp(np.array([2.0, 1.0, 0.0]))
    odds = weight / weight.sum()
    chosen, propensity = plan.chosen.reshape(-1, 2), plan.propensity.reshape(-1, 2)
    assert propensity[chosen[:, 0], 0] == pytest.approx(0.7 + 0.3 * odds[0])
    assert propensity[chosen[:, 1], 1] == pytest.approx(0.3 * odds[1])


def test_a_contact_that_the_repair_moved_has_no_known_propensity() -> None:
    rows = [
        candidate(2 * i + j, i, 20.0 - 9.0 * j, treatment=f"email_{j}")
        for i in range(2)
        for j in range(2)
    ]
    uses = [(row["candidate"], "money", 2.0 - row["candidate"] % 2) for row in rows]
    limit = ResourceLimit(name="money", at_most=3.0)

    plan = solve(problem_of(rows, uses, caps=ONE, resources=(limit,)))

    # alike at any price, so that one of the two must be moved from what both would choose
    assert plan.value == 31
    assert sorted(plan.propensity[plan.chosen].tolist(), key=str) == [
        1.0,
        pytest.approx(np.nan, nan_ok=True),
    ]


def test_a_bound_that_holds_only_for_the_drawn_is_not_given_out() -> None:
    drawn = solve(crowd(40, Exploration(share=1.0, temperature=1e6, seed=3), money=20.0))
    free = solve(crowd(40, None, money=20.0))

    assert free.value == 400
    assert drawn.value < free.value
    assert drawn.bound >= free.value


def test_explorers_break_no_limit() -> None:
    rule = Exploration(share=0.9, temperature=1e6, seed=3)
    problem = crowd(400, rule, money=20.0)

    plan = solve(problem)

    assert violations(problem, plan.chosen, plan.budgets) == ()
    assert plan.chosen.sum() <= 20


def test_draws_are_even_and_differ_by_stream() -> None:
    contacts = np.arange(20_000)

    first, second = draws_of(contacts, 1, 1), draws_of(contacts, 1, 2)

    assert first.min() >= 0
    assert first.max() < 1
    assert chisquare(np.histogram(first, 20, (0, 1))[0]).pvalue > 0.001
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
