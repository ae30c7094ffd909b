"""Flipping: the smallest change that saves a loser is found, and confirmed by solving again."""

import numpy as np
import polars as pl
import pytest

from app.receipts_bench import bench_receipts, broken_promises
from domain.errors import UsageError
from graph.arbitration.bracketing import HAIR, smallest
from graph.arbitration.changes import CapChange, LimitChange, ValueChange, changed
from graph.arbitration.flipping import Confirmed, Flip, smallest_change
from graph.arbitration.instances import family
from graph.arbitration.problem import CapLimit, Exploration, Problem, ResourceLimit, Share
from graph.arbitration.solving import respond, solve
from tests.arbitration.worlds import candidate, problem_of, taken

ONE = CapLimit(name="touches", per="contact", at_most=1)


def flip(problem: Problem, number: int) -> Flip:
    return smallest_change(problem, solve(problem), number)


def test_the_loser_of_a_cap_flips_with_the_value_it_lacks_or_one_more_touch() -> None:
    problem = problem_of(
        [candidate(0, 7, 30), candidate(1, 7, 50), candidate(2, 8, 9)], caps=(ONE,)
    )

    found = flip(problem, 0)

    assert found.case == "lost"
    assert found.value is not None
    assert found.value.change.by == pytest.approx(20, rel=0.06)
    assert found.rule is not None
    assert found.rule.change == CapChange(cap="touches", holder=7)
    assert found.rule.worth == pytest.approx(30)
    assert found.smallest == found.value


def test_every_attempt_is_kept_with_what_came_of_it() -> None:
    found = flip(problem_of([candidate(0, 7, 30), candidate(1, 7, 50)], caps=(ONE,)), 0)

    assert found.value is not None
    by = found.value.change.by
    tried = {one.change.by: one.flipped for one in found.trail if one.change.kind == "value"}
    assert tried[by] is True
    assert tried[0.95 * by] is False


def test_what_others_use_better_flips_with_more_of_the_limit_that_priced_it_out() -> None:
    rows = [candidate(i, i, 10.0 + i) for i in range(6)]
    uses = [(i, name, 1.0) for i in range(6) for name in ("minutes", "money")]
    limits = (ResourceLimit(name="minutes", at_most=5.0), ResourceLimit(name="money", at_most=9.0))

    found = flip(problem_of(rows, uses, resources=limits), 0)

    assert found.rule is not None
    assert found.rule.change.kind == "limit"
    assert found.rule.change.limit == "minutes"
    assert 0.95 < found.rule.change.by <= 1.0


def test_a_spent_cap_opens_with_one_more_touch_and_with_no_value() -> None:
    problem = problem_of(
        [candidate(0, 7, 30), candidate(1, 8, 5)], remaining=[("touches", 7, 0)], caps=(ONE,)
    )

    found = flip(problem, 0)

    assert (found.case, found.value) == ("closed", None)
    assert found.rule is not None
    assert found.rule.change == CapChange(cap="touches", holder=7)


def test_a_bundle_flips_as_a_whole_and_names_its_others() -> None:
    rows = [candidate(0, 7, 10, bundle="b"), candidate(1, 7, 15, bundle="b"), candidate(2, 7, 60)]
    two = CapLimit(name="touches", per="contact", at_most=2)
    problem = problem_of(rows, caps=(two,))

    found = flip(problem, 0)

    assert found.bundle == (1,)
    assert found.value is not None
    after = solve(changed(problem, found.value.change))
    assert taken(problem, after.chosen) == [0, 1]


def test_who_lost_to_a_draw_is_asked_for_no_change() -> None:
    rule = Exploration(share=1.0, temperature=1e9, seed=1)
    rows = [candidate(2 * i + j, i, 20.0 - j) for i in range(30) for j in range(2)]
    problem = problem_of(rows, caps=(ONE,), exploration=rule)
    plan = solve(problem)
    loser = int(np.flatnonzero(~plan.chosen & (problem.candidates["value"] == 20).to_numpy())[0])

    found = smallest_change(problem, plan, loser)

    assert (found.case, found.smallest, found.trail) == ("explored", None, ())
    assert found.favourite


def test_a_chosen_one_loses_with_so_much_less_value() -> None:
    found = flip(problem_of([candidate(0, 7, 30), candidate(1, 7, 50)], caps=(ONE,)), 1)

    assert found.case == "chosen"
    assert found.value is not None
    assert found.value.change.by == pytest.approx(-20, rel=0.06)


def test_with_prices_given_a_ghost_is_asked_at_those_prices() -> None:
    problem = problem_of(
        [candidate(0, 7, 30)], [(0, "money", 2.0)], resources=(ResourceLimit(name="money"),)
    )
    limited = Problem(
        problem.candidates,
        problem.uses,
        problem.remaining,
        problem.limits.model_copy(
            update={"resources": (ResourceLimit(name="money", at_most=1.0),)}
        ),
    )
    prices = {"money": 20.0}

    found = smallest_change(limited, respond(limited, prices), 0, lambda p: respond(p, prices))

    assert found.value is not None
    assert found.value.change.by == pytest.approx(10, rel=0.06)


def test_the_same_question_has_the_same_answer() -> None:
    problem = family(400, 10, 2)
    plan = solve(problem)
    loser = int(problem.candidates["candidate"][int(np.flatnonzero(~plan.chosen)[40])])

    assert smallest_change(problem, plan, loser) == smallest_change(problem, solve(problem), loser)


def test_an_unknown_candidate_is_refused() -> None:
    with pytest.raises(UsageError, match="no candidate 9"):
        flip(problem_of([candidate(0, 7, 30)]), 9)


@pytest.mark.parametrize("seed", [1, 2])
def test_receipts_drawn_at_random_hold_what_they_promise(seed: int) -> None:
    said = bench_receipts(600, 10, 8, seed, lambda _: None)

    assert said["failed"] == []
    assert (
        said["confirmed"] == said["flipped"] == said["not_at_95_percent"] == said["receipts"] == 8
    )


def test_a_receipt_that_promises_too_little_or_too_much_is_caught() -> None:
    problem = problem_of([candidate(0, 7, 30), candidate(1, 7, 50)], caps=(ONE,))
    before = solve(problem).chosen
    true = flip(problem, 0)

    def promising(by: float) -> Flip:
        change = ValueChange(candidate=0, by=by)
        return true.model_copy(update={"value": Confirmed(change=change, worth=by, tied=False)})

    assert broken_promises(problem, before, true) == []
    assert "does not turn it" in broken_promises(problem, before, promising(10.0))[0]
    assert "turns it as well" in broken_promises(problem, before, promising(40.0))[0]


def test_one_more_of_a_cap_is_for_its_contact_alone() -> None:
    rows = [candidate(i, i // 2, 10.0 + i) for i in range(6)]
    problem = problem_of(rows, remaining=[("touches", 2, 0)], caps=(ONE,))

    after = solve(changed(problem, CapChange(cap="touches", holder=1)))

    assert taken(problem, solve(problem).chosen) == [1, 3]
    assert taken(problem, after.chosen) == [1, 2, 3]


def test_a_limit_is_widened_in_its_own_direction() -> None:
    limits = (
        ResourceLimit(name="calls", at_most=4.0, at_least=2.0),
        ResourceLimit(name="mails", at_most_share=Share(of="touches", share=0.5)),
    )
    problem = problem_of([candidate(0, 7, 30)], resources=limits)

    def after(limit: str, by: float) -> ResourceLimit:
        place = 0 if limit.startswith("calls") else 1
        return changed(problem, LimitChange(limit=limit, by=by)).limits.resources[place]

    assert (after("calls", 1.0).at_most, after("calls", 1.0).at_least) == (5.0, 2.0)
    assert (after("calls (least)", 1.0).at_most, after("calls (least)", 1.0).at_least) == (4.0, 1.0)
    assert after("mails (share)", 0.1).at_most_share == Share(of="touches", share=0.6)


def test_the_value_changes_of_one_candidate_alone() -> None:
    problem = problem_of([candidate(0, 7, 30), candidate(1, 7, 50)])

    after = changed(problem, ValueChange(candidate=1, by=-5.0))

    assert after.candidates.get_column("value").to_list() == [30.0, 45.0]


@pytest.mark.parametrize("change", [CapChange(cap="x", holder=1), LimitChange(limit="x", by=1.0)])
def test_a_change_of_what_is_not_there_is_refused(change: CapChange | LimitChange) -> None:
    with pytest.raises(UsageError, match="There is no"):
        changed(problem_of([candidate(0, 7, 30)], caps=(ONE,)), change)


@pytest.mark.parametrize(("start", "least"), [(1.0, 40.0), (100.0, 40.0), (41.0, 40.0)])
def test_the_smallest_amount_is_found_from_below_and_from_above(start: float, least: float) -> None:
    found = smallest(lambda amount: amount >= least, start, 1e6)

    assert found is not None
    assert least <= found.amount <= least / 0.95
    assert not found.tied


def test_an_uneven_answer_still_ends_at_an_amount_of_which_less_does_not() -> None:
    def does(amount: float) -> bool:
        return 10.0 <= amount <= 12.0 or amount >= 30.0

    found = smallest(does, 33.0, 1e6)

    assert found is not None
    assert does(found.amount)
    assert not does(0.95 * found.amount)


def test_what_nothing_does_is_said_to_be_none_and_what_a_hair_does_a_tie() -> None:
    assert smallest(lambda _: False, 1.0, 50.0) is None
    found = smallest(lambda _: True, 1.0, 50.0)
    assert found is not None
    assert found.tied
    assert found.amount <= HAIR


def test_of_a_tie_too_so_little_is_found_that_95_percent_of_it_does_nothing() -> None:
    found = smallest(lambda amount: 100.0 + amount > 100.0, 1.0, 50.0)

    assert found is not None
    assert found.tied
    assert 100.0 + found.amount > 100.0
    assert 100.0 + 0.95 * found.amount == 100.0


def test_two_of_equal_value_turn_with_less_than_a_hair() -> None:
    problem = problem_of([candidate(0, 7, 50), candidate(1, 7, 50)], caps=(ONE,))
    plan = solve(problem)
    loser = int(problem.candidates.filter(pl.Series(~plan.chosen))["candidate"][0])

    found = smallest_change(problem, plan, loser)

    assert found.value is not None
    assert found.value.tied
    assert broken_promises(problem, plan.chosen, found) == []


def test_solving_again_for_a_receipt_replays_no_draws() -> None:
    rule = Exploration(share=0.2, temperature=5.0, seed=1, replays=5)
    rows = [candidate(2 * i + j, i, 20.0 - j) for i in range(20) for j in range(2)]
    problem = problem_of(rows, caps=(ONE,), exploration=rule)
    seen: list[int] = []

    def watched(asked: Problem) -> object:
        assert asked.limits.exploration is not None
        seen.append(asked.limits.exploration.replays)
        return solve(asked)

    plan = solve(problem)
    calm = ~plan.chosen & ~plan.explored
    loser = int(problem.candidates.filter(pl.Series(calm))["candidate"][0])
    smallest_change(problem, plan, loser, watched)  # type: ignore[arg-type]

    assert set(seen) == {0}
