"""Random small problems against the exact optimum, by code that shares nothing with the solver."""

import ctypes

import pytest

from evals.exact_plan import exact
from evals.random_problems import random_problem
from evals.small_problems import SIZES, earned_by, judged, repaired, report
from evals.trying import tried_sets
from graph.arbitration.aside import aside
from graph.arbitration.problem import CapLimit, ResourceLimit
from graph.arbitration.solving import solve
from tests.arbitration.worlds import best_by_trying, campaign, candidate, problem_of


@pytest.mark.parametrize("number", range(12))
def test_small_problems_of_every_kind_come_within_a_percent_and_break_no_rule(number: int) -> None:
    group = [*SIZES][number % 2]
    one = random_problem(number, *SIZES[group])

    answer = judged(one, group, 60.0)

    assert answer is not None
    assert answer.proven
    assert answer.below < 1e-5
    assert answer.shipped.ratio > 0.99
    for plan in (answer.shipped, answer.repaired, answer.polished):
        assert plan.broken == ()
        assert plan.ratio < 1 + 1e-5


def test_the_optimum_is_what_trying_every_subset_finds() -> None:
    rows = [
        candidate(n, n // 3, 30.0 - 4 * n, account=0, bundle="pair" if n in (3, 4) else None)
        for n in range(8)
    ]
    problem = problem_of(
        rows,
        [(n, "money", 1.0 + n % 3) for n in range(8)],
        [("touches", 0, 1)],
        caps=(
            CapLimit(name="touches", per="contact", at_most=2),
            CapLimit(name="account", per="account", at_most=4),
        ),
        fatigue=(1.0, 0.5),
        resources=(ResourceLimit(name="money", at_most=6.0),),
    )

    found = exact(problem, tried_sets(problem), 10.0)

    assert found is not None
    assert found.value == pytest.approx(best_by_trying(problem))
    assert found.bound == pytest.approx(found.value, rel=1e-5)


def test_campaigns_and_shortfalls_stand_in_the_optimum() -> None:
    budget = ResourceLimit(name="money", at_most=1_900.0)
    theme = ResourceLimit(name="theme", at_least=2.0, ceiling=5.0)
    problem = problem_of(
        [candidate(0, 0, 40.0)],
        [(0, "money", 10.0), (0, "theme", 1.0)],
        resources=(budget, theme),
        campaigns=(campaign("search"), campaign("social", scale=7_600.0)),
    )
    plan = solve(problem)

    found = exact(problem, tried_sets(problem), 10.0)

    assert found is not None
    assert earned_by(problem, plan.chosen, plan.budgets) == pytest.approx(plan.value - 5.0)
    assert found.bound == pytest.approx(plan.value - 5.0, rel=1e-4)


def test_a_plan_that_breaks_a_rule_or_earns_less_is_counted() -> None:
    one = random_problem(3, *SIZES["exact"])
    best = exact(one.problem, one.sets, 60.0)
    assert best is not None
    chosen, budgets = repaired(one.problem)

    nothing = earned_by(one.problem, chosen & False, budgets)
    everything = earned_by(one.problem, chosen | True, budgets)

    assert nothing < 0.9 * best.value
    assert everything > best.value
    good = judged(one, "exact", 60.0)
    assert good is not None
    summary = report([good], 0)["as_shipped"]
    assert summary["below_99_percent"] + summary["with_violations"] == 0


def test_what_compiled_code_prints_does_not_reach_standard_output(
    capfd: pytest.CaptureFixture[str],
) -> None:
    say = ctypes.CDLL(None).puts
    say(b"spoken")
    with aside():
        say(b"said aside")
    ctypes.CDLL(None).fflush(None)

    captured = capfd.readouterr()
    assert captured.out == "spoken\n"
    assert captured.err == "said aside\n"
