"""The checker finds each kind of broken rule, and lets whole plans pass."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from graph.arbitration.checking import violations
from graph.arbitration.problem import CapLimit, Problem, ResourceLimit, Share
from tests.arbitration.worlds import MONDAY, campaign, candidate, problem_of

ROWS = [
    candidate(0, 7, 30, account=1, offer="ten_percent", slot=MONDAY, treatment="offer"),
    candidate(
        1,
        7,
        20,
        account=1,
        channel="call",
        offer="free_month",
        slot=MONDAY + timedelta(hours=2),
        treatment="offer",
        bundle="pair",
    ),
    candidate(2, 7, 5, account=1, bundle="pair"),
]
USES = [(0, "money", 6.0), (1, "money", 6.0)]


def world(**limits: Any) -> Problem:
    return problem_of(ROWS, USES, [("all", 7, 1)], alternatives=(), **limits)


BOTH = np.array([True, True, True])
BROKEN = [
    ({"caps": (CapLimit(name="all", per="contact", at_most=2),)}, "Cap all"),
    ({"caps": (CapLimit(name="acme", per="account", at_most=1),)}, "Cap acme"),
    ({"exclusions": (("offer", "ten_percent", "offer", "free_month"),)}, "offer ten_percent"),
    ({"spacing_hours": (("email", "call", 24.0),)}, "closer than 24"),
    ({"requires": (("channel", "call", "channel", "task"),)}, "without channel task"),
    ({"resources": (ResourceLimit(name="money", at_most=11.0),)}, "at most 11"),
    ({"resources": (ResourceLimit(name="money", at_least=13.0),)}, "at least 13"),
    (
        {"resources": (ResourceLimit(name="money", at_most_share=Share(of="touches", share=1)),)},
        "its share allows 3",
    ),
]


@pytest.mark.parametrize(("limits", "words"), BROKEN)
def test_a_broken_rule_is_found_and_an_empty_plan_breaks_none(
    limits: dict[str, Any], words: str
) -> None:
    problem = world(**limits)

    found = violations(problem, BOTH, {})

    assert len(found) == 1
    assert words in found[0]
    if "at least" not in words:
        assert violations(problem, np.zeros(3, dtype=np.bool_), {}) == ()


def test_two_slots_of_one_treatment_are_found() -> None:
    assert violations(problem_of(ROWS), BOTH, {}) == (
        "Two chosen for one contact have the same treatment.",
    )


def test_a_torn_bundle_is_found() -> None:
    problem = problem_of(ROWS)

    assert violations(problem, np.array([False, True, False]), {}) == (
        "1 bundles were chosen in part.",
    )
    assert violations(problem, np.array([False, True, True]), {}) == ()


def test_a_minimum_with_a_ceiling_may_fall_short() -> None:
    soft = ResourceLimit(name="money", at_least=13.0, ceiling=5.0)

    assert violations(world(resources=(soft,)), BOTH, {}) == ()


def test_a_campaign_beyond_its_step_is_found_and_its_spend_counts() -> None:
    problem = world(
        resources=(ResourceLimit(name="money", at_most=1_200.0),), campaigns=(campaign("search"),)
    )

    assert violations(problem, BOTH, {"search": 1_180.0}) == ()
    assert len(violations(problem, BOTH, {"search": 1_195.0})) == 1
    assert "its step allows 200" in violations(problem, BOTH, {"search": 1_300.0})[1]
