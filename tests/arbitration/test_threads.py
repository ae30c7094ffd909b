"""The plan does not depend on how many threads made it."""

import pytest

from graph.arbitration.compiled import on_threads
from graph.arbitration.grouping import Groups
from graph.arbitration.instances import family_in_parts
from graph.arbitration.packing import pack
from graph.arbitration.problem import Exploration
from graph.arbitration.response import Field
from graph.arbitration.rows import rows_of
from graph.arbitration.solving import Solution, solve_field


@pytest.mark.parametrize("account_cap", [None, 5])
def test_one_two_and_three_threads_give_the_same_plan(account_cap: int | None) -> None:
    whole = _whole(account_cap)
    one, two, three = (_solved(whole, threads) for threads in (1, 2, 3))

    for other in (two, three):
        assert one.bound == other.bound
        assert (one.draft.prices == other.draft.prices).all()
        for mine, theirs in zip(one.draft.masks, other.draft.masks, strict=True):
            assert (mine == theirs).all()


def _whole(account_cap: int | None) -> Field:
    """Two partitions, each in more spans than one."""
    problems = list(family_in_parts(34_000, 6, 3, 17_000, account_cap))
    rows = rows_of(problems[0].limits)
    groups = Groups(rows.amounts)
    return Field(tuple(pack(one, groups) for one in problems), rows, groups)


def _solved(whole: Field, threads: int) -> Solution:
    with on_threads(threads):
        return solve_field(whole, Exploration(share=0.05, temperature=50.0, seed=7))
