"""Conflicts between limits of the business."""

from datetime import UTC, datetime
from typing import Any

from domain.reasons import BIT
from graph.conflicts.scene import Outcome
from tests.conflicts.worlds import asked, conflicts, floor

CARE = {"theme": "care"}
"""sample_policy() wants at least one touch of it, and pays at most 100 for one."""
FEBRUARY = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
"""Four weeks."""


def contradictions(*rows: dict[str, Any], **what: Any) -> list[dict[str, Any]]:
    return [one for one in conflicts(*rows, **what) if one["type"] == 14]


def test_a_minimum_of_onboarding_gives_way_to_the_frequency_cap() -> None:
    capped = [asked(n, n, findings=BIT["cap_reached"], **CARE) for n in range(3)]
    night = asked(3, 3, findings=BIT["quiet_hours"], **CARE)
    reached = asked(4, 4, chosen=True, **CARE)

    (conflict,) = contradictions(
        *capped, night, reached, outcome=Outcome(shortfalls={"exposure:floor (least)": 2.0})
    )

    assert conflict["subject"] == "at least 1 of care (floor)"
    assert conflict["fact"] == (
        "it lacks 2; 4 people were asked for and have none, most of them (3) since a frequency cap "
        "leaves no touch"
    )
    assert (conflict["people"], conflict["stake"]) == (4, 200.0)
    assert conflict["candidate"] is None


def test_a_minimum_that_nobody_was_asked_for_says_so() -> None:
    (conflict,) = contradictions(
        asked(0, chosen=True), outcome=Outcome(shortfalls={"exposure:floor (least)": 1.0})
    )

    assert conflict["fact"] == "it lacks 1; 0 people were asked for and have none"


def test_a_minimum_that_is_met_contradicts_nothing() -> None:
    assert contradictions(asked(0, chosen=True, **CARE), outcome=Outcome()) == []


def test_a_plan_that_must_spend_more_than_the_policy_allows_contradicts_it() -> None:
    (conflict,) = contradictions(pools=floor("media", *FEBRUARY, 480_000))

    assert conflict["subject"] == "the plan's floor of media"
    assert conflict["fact"] == "it takes $1,200 in 7 days; the policy allows $1,000"
    assert conflict["stake"] == 20_000.0


def test_a_floor_below_the_maximum_contradicts_nothing() -> None:
    assert contradictions(pools=floor("media", *FEBRUARY, 400_000)) == []


def test_a_limit_that_no_plan_holds_is_told() -> None:
    (conflict,) = contradictions(outcome=Outcome(violations=("pool:media",)))

    assert conflict["subject"] == "the limit pool:media"
