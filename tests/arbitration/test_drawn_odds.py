"""Draws over many seeds come as often as the softmax says, worked out by other code."""

import pytest
from rich.console import Console

from evals import drawn_odds
from evals.random_problems import random_problem

QUIET = Console(quiet=True)


@pytest.mark.parametrize("number", [1, 2])
def test_draws_over_many_seeds_match_the_softmax(number: int) -> None:
    found = drawn_odds.judged(random_problem(number, 100, 1_500, 16), range(2_000), QUIET)
    assert found["p_value"] > 0.001
    assert found["that_of_so_many_by_chance"] > 0.001


def test_odds_of_another_temperature_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one = random_problem(1, 100, 1_500, 16)
    odds = drawn_odds.mixture(one.sets, drawn_odds.charges(one.problem, {}))
    monkeypatch.setattr(drawn_odds, "TEMPERATURE", 60.0)
    other = drawn_odds.mixture(one.sets, drawn_odds.charges(one.problem, {}))
    apart = 0.0
    for contact, mine in odds.items():
        seen = {members: round(2_000 * p) for members, p in mine.items()}
        value, _ = drawn_odds.statistic(other[contact], seen, 2_000)
        apart = max(apart, value)
    assert apart > 100


def test_a_set_that_can_not_be_drawn_fails_the_test() -> None:
    assert drawn_odds.statistic({(): 1.0}, {(1,): 3}, 3)[0] == float("inf")
