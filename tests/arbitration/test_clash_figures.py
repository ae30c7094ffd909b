"""The figure about clash certificates counts what holds, and a false certificate fails it."""

import pytest

from evals import clashes
from evals.clashes import can_hold, infeasible_problem, judged, report, seeds
from graph.arbitration.certificate import Certificate, Clash
from graph.arbitration.clashes import Undecided, find_clashes
from graph.arbitration.problem import Problem
from tests.arbitration.enumeration import tried
from tests.arbitration.random_problems import infeasible_problem as small_infeasible
from tests.arbitration.random_problems import random_problem


def test_certificates_of_random_problems_are_minimal_and_their_relaxations_suffice() -> None:
    said = report([judged(seed) for seed in seeds(4, 1)])

    assert said["infeasible"] == said["certified"] == said["minimal"] == 4
    assert said["relaxations_suffice"] == 4
    assert said["failed"] == []
    assert said["certificate_seconds"]["least"] > 0


def _find_with_one_rule_too_many(problem: Problem, seconds: float) -> object:
    found = find_clashes(problem, seconds)
    assert isinstance(found, Certificate)
    clash = found.clashes[0]
    spare = clash.members[0].rule.model_copy(update={"kind": "bundles", "place": 0})
    idle = clash.members[0].model_copy(update={"rule": spare})
    wider: Clash = clash.model_copy(update={"members": (*clash.members, idle)})
    return found.model_copy(update={"clashes": (wider,)})


def _find_too_small_a_change(problem: Problem, seconds: float) -> object:
    found = find_clashes(problem, seconds)
    assert isinstance(found, Certificate)
    first = found.relaxations[0]
    less = first.changes[0].model_copy(update={"by": 0.0})
    return found.model_copy(
        update={"relaxations": (first.model_copy(update={"changes": (less,)}),)}
    )


def _find_nothing(_problem: Problem, seconds: float) -> object:
    return Undecided(seconds)


@pytest.mark.parametrize(
    "finder", [_find_with_one_rule_too_many, _find_too_small_a_change, _find_nothing]
)
def test_a_false_certificate_and_a_missing_one_are_counted_as_failed(
    finder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = 1_000_000
    monkeypatch.setattr(clashes, "find_clashes", finder)

    assert report([judged(seed)])["failed"] == [seed]


def test_the_judge_says_what_trying_every_subset_says() -> None:
    for seed in range(40):
        problem = random_problem(seed)
        assert can_hold(problem) is bool(tried(problem).feasible.any()), seed
    for seed in range(20):
        assert can_hold(small_infeasible(seed)) is False, seed


def test_the_same_seed_makes_the_same_problem() -> None:
    one, other = infeasible_problem(3), infeasible_problem(3)

    assert one.limits == other.limits
    assert one.candidates.equals(other.candidates)
