"""The bench of the judge: twenty limits, and the same word for one candidate as for many."""

from app.judging_bench import SAMPLE, bench_judging, limits_of, with_twenty_limits
from policies.loading import load
from policies.sense import problems


def test_the_bench_judges_against_twenty_limits_of_a_sensible_policy() -> None:
    policy = with_twenty_limits(load(SAMPLE).policy)

    assert len(limits_of(policy)) == 20
    assert list(problems(policy)) == []


def test_a_candidate_is_found_the_same_alone_as_among_all() -> None:
    told: list[str] = []

    found = bench_judging(2_000, 10, 3, told.append)

    assert (found["contacts"], found["candidates"], found["limits"]) == (2_000, 20_000, 20)
    assert 0 < found["closed"] < 20_000
    assert found["judged_otherwise_alone"] == 0
    assert len(told) == 1
