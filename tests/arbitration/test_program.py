"""The integer program finds what trying every subset finds, and its bounds are bounds."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.curve import HillCurve
from graph.arbitration.checking import violations
from graph.arbitration.instances import family
from graph.arbitration.problem import CapLimit, Limits, Problem, ResourceLimit
from graph.arbitration.program.bounding import bound_in_child
from graph.arbitration.program.cliques import cliques
from graph.arbitration.program.constraints import constraints_of
from graph.arbitration.program.optimum import Optimum, exact_plan, shortfalls, worth
from graph.arbitration.program.program import program_of
from tests.arbitration.enumeration import Trial, tried
from tests.arbitration.random_problems import infeasible_problem, random_problem, with_limits
from tests.arbitration.worlds import campaign, candidate, problem_of

BLOCKS = [range(start, start + 60) for start in range(0, 300, 60)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_the_exact_plan_is_the_best_of_all_subsets(seeds: range) -> None:
    for seed in seeds:
        problem = random_problem(seed)
        trial, plan = tried(problem), exact_plan(problem)

        if not trial.feasible.any():
            assert (plan.fate, plan.chosen, plan.bound) == ("infeasible", None, -np.inf), seed
            continue
        near = 1e-5 * max(1.0, abs(trial.best))
        assert plan.fate == "optimal", seed
        assert plan.chosen is not None
        assert plan.value - plan.charges == pytest.approx(trial.best, abs=near), seed
        assert plan.bound >= trial.best - near / 10, seed
        assert violations(problem, plan.chosen, plan.budgets) == (), seed


def test_the_random_problems_hold_every_kind_of_rule_feasible_and_not() -> None:
    trials = [tried(random_problem(seed)) for seed in range(150)]

    for feasible in (True, False):
        kinds = {
            rule.kind
            for trial in trials
            if trial.feasible.any() == feasible
            for rule in constraints_of(trial.problem).rules
        }
        assert len(kinds) == 11, kinds


@pytest.mark.parametrize("merged", [False, True], ids=["by rule", "merged"])
def test_the_rows_let_pass_what_the_rules_let_pass(merged: bool) -> None:
    for seed in range(80):
        problem = random_problem(seed, campaigns=False)
        trial = tried(problem)
        every = _every_subset(problem.candidates.height)
        constraints = constraints_of(problem, merged)

        held = _held(problem, every, merged)

        allowed = {tuple(row) for row in trial.subsets[trial.feasible]}
        assert {tuple(row) for row in every[held]} == allowed, seed
        assert len(constraints.rule) == len(constraints.top)


def _every_subset(count: int) -> np.ndarray:
    return (np.arange(1 << count)[:, None] >> np.arange(count) & 1).astype(np.bool_)


def _held(problem: Problem, every: np.ndarray, merged: bool) -> np.ndarray:
    """Subsets that satisfy all rows but soft ones, with totals as they must be."""
    constraints = constraints_of(problem, merged)
    matrix = constraints.matrix.toarray()
    count = problem.candidates.height
    totals = np.zeros((len(every), matrix.shape[1] - count))
    for row in np.flatnonzero(constraints.rule == -1):
        at = np.flatnonzero(matrix[row, count:])[0]
        totals[:, at] = -(every @ matrix[row, :count])
    used = np.column_stack((every, totals)) @ matrix.T
    hard = constraints.rule != -2
    fits = (used <= constraints.top + 1e-9) & (used >= constraints.low - 1e-9)
    return np.asarray(fits[:, hard].all(axis=1))


@pytest.mark.parametrize("seed", range(12))
def test_worth_and_shortfalls_are_those_of_trying(seed: int) -> None:
    problem = random_problem(seed, campaigns=False)
    trial: Trial = tried(problem)

    for subset, value in zip(trial.subsets, trial.worth, strict=True):
        if np.isfinite(value):
            short = shortfalls(problem, subset, {})
            charges = sum(40.0 * lack for lack in short.values())
            assert worth(problem, subset, {}) - charges == pytest.approx(value)


def test_fixed_candidates_stay_and_the_rest_is_optimal_around_them() -> None:
    rows = [candidate(i, 7, 10.0 + i) for i in range(3)]
    problem = problem_of(rows, caps=(CapLimit(name="touches", per="contact", at_most=2),))

    plan = exact_plan(problem, fixed=np.array([1, -1, 0], dtype=np.int8))

    assert plan.chosen is not None
    assert plan.chosen.tolist() == [True, True, False]
    assert plan.value == 21


def test_a_limit_in_nodes_stops_the_search_without_an_error() -> None:
    problem = family(60, 10, 3)

    first, second = (exact_plan(problem, seconds=20, nodes=1) for _ in range(2))

    assert first.fate in ("optimal", "stopped")
    assert (first.value, first.bound) == (second.value, second.bound)
    assert first.bound >= first.value - first.charges


def test_a_campaign_alone_spends_to_where_the_next_unit_brings_what_it_costs() -> None:
    one = campaign("search", now=1_000.0, scale=8_000.0)
    problem = with_limits(problem_of([candidate(0, 7, 30)]), campaigns=(one,))

    plan = exact_plan(problem)
    tight = with_limits(problem, resources=(ResourceLimit(name="money", at_most=900.0),))

    assert plan.budgets["search"] == pytest.approx(1_200.0)
    assert exact_plan(tight).budgets["search"] == pytest.approx(900.0)
    assert plan.fate == exact_plan(tight).fate == "optimal"


@given(st.floats(0, 500), st.floats(0, 1), st.floats(0.3, 1.0), st.floats(1, 300))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_tangents_lie_above_the_curve(now: float, step: float, shape: float, half: float) -> None:
    curve = HillCurve(scale=500.0, half=half, shape=shape)
    one = campaign("search").model_copy(update={"now": now, "max_step": step, "curve": curve})
    problem = with_limits(problem_of([candidate(0, 7, -1)]), campaigns=(one,))

    model = program_of(problem).model

    term, spend = model.matrix[:, [2]].toarray().ravel(), model.matrix[:, [1]].toarray().ravel()
    lines = term == 1.0
    for at in np.linspace(one.least, one.most, 23):
        tops = model.row_top[lines] - spend[lines] * at
        assert float(curve.value(at)) <= tops.min() + 1e-9 * 500


def test_a_rising_fatigue_and_a_curve_that_is_not_concave_are_refused() -> None:
    with pytest.raises(ValidationError, match="fatigue must not rise"):
        Limits(fatigue=(0.8, 1.0))
    assert Limits(fatigue=(1.0, 1.0, 0.5)).fatigue == (1.0, 1.0, 0.5)

    bad = {"curve": HillCurve(scale=1.0, half=1.0, shape=2.0)}
    with pytest.raises(ValidationError, match="must be concave"):
        type(campaign("a")).model_validate({**dict(campaign("a")), **bad})


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=60), st.integers(1, 4))
@settings(max_examples=120, deadline=None, derandomize=True)
def test_cliques_cover_every_pair_and_hold_no_other(
    pairs: list[tuple[int, int]], people: int
) -> None:
    own = {(a, b) for a, b in pairs if a != b and a % people == b % people}
    contact = np.arange(41) % people
    first = np.array([a for a, _ in own], dtype=np.int64)
    second = np.array([b for _, b in own], dtype=np.int64)

    number, row = cliques(contact, first, second)

    sets = [set(row[number == one].tolist()) for one in range(number.max(initial=-1) + 1)]
    covered = {(a, b) for one in sets for a in one for b in one if a != b}
    assert covered == own | {(b, a) for a, b in own}


def test_three_that_exclude_one_another_share_one_row() -> None:
    first, second = np.array([0, 1, 0, 3]), np.array([1, 2, 2, 4])

    number, row = cliques(np.zeros(5, dtype=np.int64), first, second)

    assert sorted(np.bincount(number).tolist()) == [2, 3]
    assert sorted(row.tolist()) == [0, 1, 2, 3, 4]


def test_a_contact_with_very_many_keeps_its_pairs() -> None:
    chain = np.array(list(pairwise(range(60))))

    number, row = cliques(np.zeros(60, dtype=np.int64), chain[:, 0], chain[:, 1])

    assert np.bincount(number).tolist() == [2] * 59
    assert len(row) == 118


def test_the_child_returns_its_best_though_it_is_killed_on_the_way() -> None:
    problem = family(400, 10, 3)
    nothing = np.zeros(problem.candidates.height, dtype=np.bool_)

    answer: Optimum = bound_in_child(problem, 4.0, start=nothing)

    assert np.isfinite(answer.bound)
    assert answer.chosen is None or violations(problem, answer.chosen, answer.budgets) == ()
    assert answer.value - answer.charges <= answer.bound


def test_the_child_finishes_small_problems_and_proves_what_cannot_be() -> None:
    problem = random_problem(4, campaigns=False)

    answer = bound_in_child(problem, 60.0)

    assert answer.fate == "optimal"
    assert answer.value - answer.charges == pytest.approx(tried(problem).best)
    assert bound_in_child(infeasible_problem(1), 60.0).fate == "infeasible"


def test_no_time_at_all_gives_no_bound_and_no_plan() -> None:
    answer = bound_in_child(random_problem(4), 0.0)

    assert (answer.fate, answer.chosen) == ("stopped", None)
    assert answer.bound == answer.gap == np.inf
