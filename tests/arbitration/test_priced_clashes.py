"""Large problems: prices prove clashes, and plans show what lets the limits hold."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from domain.curve import HillCurve
from graph.arbitration.certificate import Certificate, Change
from graph.arbitration.checking import violations
from graph.arbitration.clashes import certified, find_clashes
from graph.arbitration.instances import family
from graph.arbitration.priced import PricedJudge
from graph.arbitration.problem import CampaignLimit, Problem, ResourceLimit
from graph.arbitration.program.altering import given
from graph.arbitration.program.relaxing import ExactJudge
from graph.arbitration.solving import solve
from tests.arbitration.random_problems import infeasible_problem, random_problem
from tests.arbitration.worlds import candidate, problem_of


def demanding(contacts: int, theme: str = "theme_15") -> Problem:
    """The family with hard minima, all of them low but for one that the ads' money can't pay."""
    problem = family(contacts, 10, 1, ads_cut=0.9)
    resources = tuple(
        one
        if one.at_least is None
        else one.model_copy(
            update={
                "ceiling": None,
                "at_least": float(round(one.at_least * (1.0 if one.name == theme else 0.05))),
            }
        )
        for one in problem.limits.resources
    )
    return replace(problem, limits=problem.limits.model_copy(update={"resources": resources}))


def test_what_prices_call_impossible_is() -> None:
    random, proven, impossible = np.random.default_rng(0), 0, 0
    for seed in range(60):
        problem = infeasible_problem(seed) if seed % 2 else random_problem(seed)
        priced, exact = PricedJudge(problem, 60.0), ExactJudge(problem, 60.0)
        for share in (1.0, 0.8, 0.6):
            kept = random.random(len(exact.rules)) < share
            said, truth = priced.impossible(kept), exact.holds(kept)
            assert not said or truth is False, (seed, kept)
            proven, impossible = proven + said, impossible + (truth is False)

    assert proven > 0.9 * impossible > 30


def test_a_large_clash_is_named_and_its_relaxations_hold() -> None:
    problem = demanding(1_000)

    certificate = find_clashes(problem, 120.0)

    assert isinstance(certificate, Certificate)
    names = {(one.rule.kind, one.rule.name) for one in certificate.clashes[0].members}
    assert names == {("at_most", "money ads"), ("at_least", "theme_15")}
    assert certificate.clashes[0].minimal
    assert certificate.relaxations
    for relaxation in certificate.relaxations:
        assert any(held_by_a_plan(problem, relaxation.changes)), relaxation.sentence


def held_by_a_plan(problem: Problem, changes: tuple[Change, ...]) -> Iterator[bool]:
    """Whether the relaxed problem holds for plans of it before its changes, amid and after them."""
    relaxed = _after(problem, changes)
    maxima = tuple(one for one in changes if one.rule.kind == "at_most")
    for asked in (problem, _after(problem, maxima), _after(problem, changes[:1]), relaxed):
        plan = solve(asked)
        yield not violations(relaxed, plan.chosen, plan.budgets)


def _after(problem: Problem, changes: tuple[Change, ...]) -> Problem:
    for change in changes:
        assert change.by is not None
        problem = given(problem, change.rule, change.by)
    return problem


def test_both_judges_agree_on_what_a_clash_needs() -> None:
    for seed in (0, 2, 7):
        problem = infeasible_problem(seed)
        priced = certified(PricedJudge(problem, 60.0), 60.0)
        exact = find_clashes(problem)

        assert isinstance(priced, Certificate)
        assert isinstance(exact, Certificate)
        assert priced.sentence == exact.sentence
        first, second = (one.clashes[0].members[0].by for one in (priced, exact))
        assert first == pytest.approx(second)
        assert {one.sentence for one in priced.relaxations} & {
            one.sentence for one in exact.relaxations
        }


@pytest.mark.parametrize(
    ("limit", "with_step", "without_step"),
    [
        ({"at_most": 70.0}, True, False),
        ({"at_most": 110.0}, False, False),
        ({"at_least": 130.0}, True, False),
        ({"at_least": 110.0}, False, False),
    ],
    ids=["too little", "enough", "too much asked", "within reach"],
)
def test_a_campaigns_spend_lies_in_its_step_as_long_as_that_stays(
    limit: dict[str, float], with_step: bool, without_step: bool
) -> None:
    curve = HillCurve(scale=90.0, half=10.0, shape=1.0)
    one = CampaignLimit(name="search", resource="media", now=100.0, max_step=0.2, curve=curve)
    media = ResourceLimit(name="media", **limit)
    problem = problem_of([candidate(0, 7, 1.0)], campaigns=(one,), resources=(media,))
    judge = PricedJudge(problem, 60.0)
    every = np.ones(len(judge.rules), dtype=np.bool_)
    stepless = np.array([rule.kind != "step" for rule in judge.rules])

    assert judge.impossible(every) is with_step
    assert judge.impossible(stepless) is without_step
