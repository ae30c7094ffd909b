"""Laws that hold for every problem, tried on many small ones."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.arbitration.checking import violations
from graph.arbitration.instances import family
from graph.arbitration.polishing import is_small
from graph.arbitration.problem import Problem
from graph.arbitration.solving import respond, solve
from tests.arbitration.worlds import best_by_trying, small_problems, taken, worth

FEW = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=50)


@given(small_problems())
@MANY
def test_every_rule_holds_and_the_bound_lies_above_the_value(problem: Problem) -> None:
    plan = solve(problem)

    assert violations(problem, plan.chosen, plan.budgets) == ()
    assert plan.value == pytest.approx(worth(problem, plan.chosen), abs=1e-6)
    assert plan.value <= plan.bound + 1e-6 * max(1.0, abs(plan.bound))


@given(small_problems(most=8))
@FEW
def test_small_problems_are_solved_to_the_optimum(problem: Problem) -> None:
    best = best_by_trying(problem)

    plan = solve(problem)

    assert best is not None
    assert plan.value == pytest.approx(best, rel=1e-6, abs=1e-6)


@given(small_problems())
@MANY
def test_the_repair_alone_holds_every_rule_and_proves_its_bound(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.arbitration.polishing.is_small", lambda draft: False)
        plan = solve(problem)
    optimum = solve(problem)

    assert violations(problem, plan.chosen, plan.budgets) == ()
    assert plan.bound >= optimum.value - 1e-6 * max(1.0, abs(optimum.value))


@given(small_problems(), st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_changes_nothing(problem: Problem, random: object) -> None:
    rows = list(range(problem.candidates.height))
    random.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = Problem(
        problem.candidates[rows], problem.uses.reverse(), problem.remaining, problem.limits
    )

    assert taken(problem, solve(problem).chosen) == taken(shuffled, solve(shuffled).chosen)


@given(small_problems(), st.integers(1, 300))
@FEW
def test_raising_a_value_never_makes_it_lose_at_the_same_prices(
    problem: Problem, more: int
) -> None:
    prices = solve(problem).prices
    before = respond(problem, prices)
    raised = Problem(
        problem.candidates.with_columns(
            value=pl.col("value") + pl.Series(before.chosen).cast(pl.Float64) * more
        ),
        problem.uses,
        problem.remaining,
        problem.limits,
    )
    one_up = np.flatnonzero(before.chosen)[:1]
    single = Problem(
        problem.candidates.with_columns(
            value=pl.Series(
                problem.candidates["value"].to_numpy()
                + np.isin(np.arange(problem.candidates.height), one_up) * more
            )
        ),
        problem.uses,
        problem.remaining,
        problem.limits,
    )

    assert respond(single, prices).chosen[one_up].all()
    assert respond(raised, prices).value >= before.value


def test_the_same_problem_gives_the_same_plan_twice() -> None:
    first, second = solve(family(120, 5, 5)), solve(family(120, 5, 5))  # an integer program, too

    assert first.chosen.any()
    assert (first.chosen == second.chosen).all()
    assert first.prices == second.prices
    assert first.value == second.value


def test_the_exact_path_is_for_small_problems_only() -> None:
    small, large = solve(family(10, 10, 1)), solve(family(60, 10, 1))

    assert is_small(small.solution.draft)
    assert not is_small(large.solution.draft)
