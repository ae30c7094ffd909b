"""What one contact may get at once: caps, exclusions, spacing, requirements, bundles, fatigue."""

from datetime import timedelta

import pytest

from domain.errors import DataError
from graph.arbitration.problem import CapLimit
from graph.arbitration.solving import solve
from tests.arbitration.worlds import MONDAY, candidate, problem_of, taken

TWO = (CapLimit(name="touches", per="contact", at_most=2),)


def test_the_candidate_worth_more_takes_the_only_touch() -> None:
    one = CapLimit(name="touches", per="contact", at_most=1)
    problem = problem_of([candidate(0, 7, 30), candidate(1, 7, 50)], caps=(one,))

    plan = solve(problem)

    assert taken(problem, plan.chosen) == [1]
    assert plan.value == plan.bound == 50


def test_of_equals_the_lower_number_wins_whatever_the_order_of_rows() -> None:
    one = CapLimit(name="touches", per="contact", at_most=1)
    rows = [candidate(0, 7, 30), candidate(1, 7, 30)]

    assert [
        taken(problem, solve(problem).chosen)
        for problem in (problem_of(rows, caps=(one,)), problem_of(rows[::-1], caps=(one,)))
    ] == [[0], [0]]


def test_without_the_cap_both_are_chosen() -> None:
    problem = problem_of([candidate(0, 7, 30), candidate(1, 7, 50)])

    assert taken(problem, solve(problem).chosen) == [0, 1]


def test_what_remains_of_a_cap_binds_where_it_is_lower() -> None:
    rows = [candidate(0, 7, 30), candidate(1, 7, 50), candidate(2, 8, 5), candidate(3, 8, 6)]
    problem = problem_of(rows, remaining=[("touches", 7, 1), ("touches", 8, 9)], caps=TWO)

    assert taken(problem, solve(problem).chosen) == [1, 2, 3]


def test_a_cap_counts_only_what_it_names() -> None:
    emails = CapLimit(name="emails", per="contact", where={"channel": "email"}, at_most=1)
    rows = [candidate(0, 7, 30), candidate(1, 7, 50), candidate(2, 7, 5, channel="call")]
    problem = problem_of(rows, caps=(emails,))

    assert taken(problem, solve(problem).chosen) == [1, 2]


def test_two_slots_of_one_treatment_are_alternatives() -> None:
    rows = [candidate(0, 7, 30, treatment="offer"), candidate(1, 7, 40, treatment="offer")]

    chosen = taken(problem_of(rows), solve(problem_of(rows)).chosen)
    both = problem_of(rows, alternatives=())

    assert chosen == [1]
    assert taken(both, solve(both).chosen) == [0, 1]


def test_contradictory_offers_never_go_to_one_person() -> None:
    rows = [
        candidate(0, 7, 30, offer="ten_percent"),
        candidate(1, 7, 40, offer="free_month"),
        candidate(2, 8, 30, offer="ten_percent"),
        candidate(3, 9, 40, offer="free_month"),
    ]
    problem = problem_of(rows, exclusions=(("offer", "ten_percent", "offer", "free_month"),))

    assert taken(problem, solve(problem).chosen) == [1, 2, 3]


def test_an_exclusion_does_not_touch_candidates_without_an_offer() -> None:
    rows = [candidate(0, 7, 30), candidate(1, 7, 40, offer="free_month")]
    problem = problem_of(rows, exclusions=(("offer", "ten_percent", "offer", "free_month"),))

    assert taken(problem, solve(problem).chosen) == [0, 1]


@pytest.mark.parametrize(("hours", "expected"), [(23, [0]), (24, [0, 1])])
def test_a_call_keeps_its_distance_from_an_email(hours: int, expected: list[int]) -> None:
    call = candidate(1, 7, 20, channel="call", slot=MONDAY + timedelta(hours=hours))
    rows = [candidate(0, 7, 30, slot=MONDAY), call]
    problem = problem_of(rows, spacing_hours=(("call", "email", 24.0),))

    assert taken(problem, solve(problem).chosen) == expected


def test_without_a_slot_any_time_is_far_enough() -> None:
    rows = [candidate(0, 7, 30, slot=MONDAY), candidate(1, 7, 20, channel="call", slot=None)]
    problem = problem_of(rows, spacing_hours=(("call", "email", 24.0),))

    assert taken(problem, solve(problem).chosen) == [0, 1]


def test_a_call_that_requires_an_email_drags_a_losing_email_along_or_stays_away() -> None:
    rule = (("channel", "call", "channel", "email"),)
    worth_it = problem_of(
        [candidate(0, 7, -10), candidate(1, 7, 50, channel="call")], requires=rule
    )
    not_worth_it = problem_of(
        [candidate(0, 7, -60), candidate(1, 7, 50, channel="call")], requires=rule
    )

    assert taken(worth_it, solve(worth_it).chosen) == [0, 1]
    assert taken(not_worth_it, solve(not_worth_it).chosen) == []


def test_a_bundle_is_chosen_whole_or_not_at_all() -> None:
    rows = [
        candidate(0, 7, 30, bundle="welcome"),
        candidate(1, 7, -10, bundle="welcome"),
        candidate(2, 7, 25),
    ]
    whole = problem_of(rows, caps=TWO)
    one = problem_of(rows, caps=(CapLimit(name="touches", per="contact", at_most=1),))

    assert taken(whole, solve(whole).chosen) == [2]
    assert taken(one, solve(one).chosen) == [2]
    free = problem_of(rows)
    assert taken(free, solve(free).chosen) == [0, 1, 2]


def test_bundles_of_the_same_name_bind_each_contact_apart() -> None:
    rows = [candidate(0, 7, 30, bundle="welcome"), candidate(1, 8, -10, bundle="welcome")]
    problem = problem_of(rows)

    assert taken(problem, solve(problem).chosen) == [0]


def test_fatigue_tires_the_second_touch_but_no_loss() -> None:
    rows = [candidate(0, 7, 100), candidate(1, 7, 50), candidate(2, 7, -5)]
    problem = problem_of(
        rows,
        fatigue=(1.0, 0.8),
        requires=(("treatment", "treatment_0", "treatment", "treatment_2"),),
    )

    assert solve(problem).value == pytest.approx(100 + 0.8 * 50 - 5)


def test_bundles_are_not_cut_off_at_three() -> None:
    problem = problem_of([candidate(i, 7, 10) for i in range(6)])

    plan = solve(problem)

    assert taken(problem, plan.chosen) == [0, 1, 2, 3, 4, 5]
    assert plan.gap == pytest.approx(0)


def test_a_contact_with_boundless_sets_is_refused_in_one_sentence() -> None:
    problem = problem_of([candidate(i, 7, 10) for i in range(16)])

    with pytest.raises(DataError, match=r"16 candidates .* cap on the touches"):
        solve(problem)
