"""Receipts: every candidate that lost learns why, to whom, and what would have saved it."""

import polars as pl
import pytest

from graph.arbitration.instances import family
from graph.arbitration.problem import CapLimit, Exploration, Problem, ResourceLimit
from graph.arbitration.receipts import receipts
from graph.arbitration.solving import respond, solve
from tests.arbitration.worlds import candidate, problem_of

ONE = CapLimit(name="touches", per="contact", at_most=1)


def receipt(problem: Problem, number: int) -> dict[str, object]:
    said = receipts(problem, solve(problem))
    return said.row(by_predicate=pl.col("candidate") == number, named=True)


def test_a_winner_needs_no_receipt() -> None:
    problem = problem_of([candidate(0, 7, 30)], caps=(ONE,))

    said = receipt(problem, 0)

    assert (said["reason"], said["winner"], said["flip_by"]) == (None, None, None)


def test_the_loser_of_a_cap_names_its_winner_and_the_value_it_lacked() -> None:
    problem = problem_of([candidate(0, 7, 30), candidate(1, 7, 50)], caps=(ONE,))

    said = receipt(problem, 0)

    assert (said["reason"], said["winner"]) == ("outranked", 1)
    assert said["flip_by"] == pytest.approx(20)


def test_the_winner_named_is_the_one_that_excludes_it_not_the_best_of_the_contact() -> None:
    rows = [
        candidate(0, 7, 30, offer="ten_percent"),
        candidate(1, 7, 35, offer="free_month"),
        candidate(2, 7, 90),
    ]
    problem = problem_of(rows, exclusions=(("offer", "ten_percent", "offer", "free_month"),))

    assert receipt(problem, 0)["winner"] == 1


def test_the_winner_named_stands_under_the_same_cap() -> None:
    emails = CapLimit(name="emails", per="contact", where={"channel": "email"}, at_most=1)
    rows = [candidate(0, 7, 30), candidate(1, 7, 35), candidate(2, 7, 90, channel="call")]

    assert receipt(problem_of(rows, caps=(emails,)), 0)["winner"] == 1


def test_what_is_worth_nothing_loses_to_nothing() -> None:
    problem = problem_of([candidate(0, 7, -3), candidate(1, 7, 50)])

    said = receipt(problem, 0)

    assert (said["reason"], said["winner"]) == ("nothing", None)
    assert said["flip_by"] == pytest.approx(3)


def test_what_others_use_better_is_priced_out_by_the_dearest_limit() -> None:
    rows = [candidate(i, i, 10.0 + i) for i in range(6)]
    uses = [(i, name, 1.0) for i in range(6) for name in ("minutes", "money")]
    limits = (
        ResourceLimit(name="minutes", at_most=2.0),
        ResourceLimit(name="money", at_most=5.0),
    )

    said = receipt(problem_of(rows, uses, resources=limits), 0)

    assert (said["reason"], said["resource"]) == ("priced_out", "minutes")
    assert said["price"] == pytest.approx(13.5, abs=0.6)
    assert said["flip_by"] == pytest.approx(3.5, abs=0.6)


def test_a_cap_that_leaves_no_touch_is_the_reason_itself() -> None:
    problem = problem_of(
        [candidate(0, 7, 30), candidate(1, 8, 5)], remaining=[("touches", 7, 0)], caps=(ONE,)
    )

    said = receipt(problem, 0)

    assert (said["reason"], said["flip_by"]) == ("cap_reached", None)


def test_who_lost_to_a_draw_is_told_so() -> None:
    rule = Exploration(share=1.0, temperature=1e9, seed=1)
    rows = [candidate(2 * i + j, i, 20.0 - j) for i in range(30) for j in range(2)]
    problem = problem_of(rows, caps=(ONE,), exploration=rule)
    plan = solve(problem)

    reasons = receipts(problem, plan).filter(~pl.Series(plan.chosen)).get_column("reason")

    assert set(reasons) == {"explored"}


def test_every_candidate_is_accounted_for_in_its_own_order() -> None:
    problem = family(100, 8, 3)
    plan = solve(problem)

    said = receipts(problem, plan)

    assert said.get_column("candidate").to_list() == problem.candidates["candidate"].to_list()
    assert (said.get_column("reason").is_null() == pl.Series(plan.chosen)).all()


@pytest.mark.parametrize("fatigue", [(1.0,), (1.0, 0.8)])
def test_the_value_a_receipt_asks_for_flips_the_choice_and_less_does_not(
    fatigue: tuple[float, ...],
) -> None:
    plain = family(60, 8, 3)
    limits = plain.limits.model_copy(update={"fatigue": fatigue})
    problem = Problem(plain.candidates, plain.uses, plain.remaining, limits)
    plan = solve(problem)
    said = receipts(problem, plan).with_row_index("row")
    lost = said.filter(pl.col("flip_by") > 0.5).sample(25, seed=1)

    for row, needed in lost.select("row", "flip_by").iter_rows():
        assert respond(_raised(problem, row, needed * 1.001 + 1e-6), plan.prices).chosen[row]
        if fatigue == (1.0,):
            almost = _raised(problem, row, needed * 0.95)
            assert not respond(almost, plan.prices).chosen[row]


def _raised(problem: Problem, row: int, more: float) -> Problem:
    here = pl.int_range(problem.candidates.height) == row
    raised = problem.candidates.with_columns(value=pl.col("value") + here.cast(pl.Float64) * more)
    return Problem(raised, problem.uses, problem.remaining, problem.limits)
