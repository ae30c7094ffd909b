"""W5: several that could be chosen at once, in whatever order they come."""

from itertools import permutations

from graph.arbitration.problem import CapLimit, Problem
from graph.arbitration.solving import solve
from tests.arbitration.worlds import candidate, problem_of, taken

ONE = (CapLimit(name="all", per="contact", at_most=1),)


def arriving(order: tuple[int, ...], values: dict[int, float]) -> Problem:
    """The same candidates of one contact, one of whom may be chosen, filed in this order."""
    return problem_of([candidate(number, 7, values[number]) for number in order], caps=ONE)


def test_W5_the_highest_value_wins_in_whatever_order_they_come() -> None:
    values = {1: 20.0, 2: 90.0, 3: 50.0, 4: 89.0}

    for order in permutations(values):
        problem = arriving(order, values)
        assert taken(problem, solve(problem).chosen) == [2], order


def test_W5_of_equals_the_same_one_wins_each_time() -> None:
    values = dict.fromkeys((1, 2, 3), 40.0)
    problem = arriving((1, 2, 3), values)

    wins = {tuple(taken(problem, solve(problem).chosen)) for _ in range(5)}

    assert len(wins) == 1
    assert len(next(iter(wins))) == 1
