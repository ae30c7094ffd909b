"""Conflicts between objectives: revenue against care, at the price that care was given."""

from typing import Any

from graph.conflicts.scene import Outcome
from tests.conflicts.worlds import asked, conflicts

CARE = {"theme": "care"}
"""sample_policy() wants at least one touch of it, and pays at most 100 for one."""
DEAR = Outcome(prices={"exposure:floor (least)": 40.0})


def competing(*rows: dict[str, Any], **what: Any) -> list[dict[str, Any]]:
    return [one for one in conflicts(*rows, **{"outcome": DEAR, **what}) if one["type"] == 27]


def test_a_welcome_that_must_be_sent_takes_the_touch_of_an_offer_worth_more() -> None:
    welcome = asked(0, value=5.0, price=-40.0, chosen=True, **CARE)
    offer = asked(1, value=30.0, price=2.0, reason="outranked", winner=0)

    (conflict,) = competing(welcome, offer)

    assert (conflict["candidate"], conflict["against"], conflict["stake"]) == (1, 0, 23.0)
    assert conflict["fact"] == "the minimum floor adds $0.40 to a touch of care, at most $1.00"


def test_a_welcome_worth_more_than_the_offer_costs_nothing() -> None:
    welcome = asked(0, value=35.0, price=-40.0, chosen=True, **CARE)
    offer = asked(1, value=30.0, reason="outranked", winner=0)

    assert competing(welcome, offer) == []


def test_a_minimum_that_binds_nobody_has_no_price_and_no_conflict() -> None:
    welcome = asked(0, value=5.0, chosen=True, **CARE)
    offer = asked(1, value=30.0, reason="outranked", winner=0)

    assert competing(welcome, offer, outcome=Outcome()) == []


def test_a_check_in_worth_less_than_nothing_is_sent_for_its_minimum() -> None:
    check_in = asked(0, value=-3.0, price=-38.0, chosen=True, **CARE)

    (conflict,) = competing(check_in)

    assert (conflict["candidate"], conflict["against"]) == (None, 0)
    assert conflict["subject"] == "leaving the contact alone"
    assert (conflict["contact"], conflict["stake"]) == (0, 5.0)


def test_a_person_who_drew_by_chance_was_not_chosen_for_a_minimum() -> None:
    drawn = asked(0, value=-3.0, price=-40.0, chosen=True, **CARE)
    best = asked(1, value=30.0, reason="explored", winner=0)

    assert competing(drawn, best) == []
