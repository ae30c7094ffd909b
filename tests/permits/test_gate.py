"""The gate's table, tried with every combination of facts it can be asked about."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import graph.permits as gate
from domain.permit import Permit
from graph.permits import LIFETIME, Facts, Message, Statement, mint, standing

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
YES = Statement(7, "v3", "granted", NOW - timedelta(days=60), None)
RIGHT = Facts(
    lease=True,
    effect="waiting",
    door="clear",
    payload="as_decided",
    pause="none",
    approval="stands",
    consent="granted",
    no_consent=None,
    policy="in_force",
    clock="fresh",
)


def values(hint: Any) -> tuple[Any, ...]:
    """Everything a fact of this type can be."""
    if hint is bool:
        return (True, False)
    if hint is type(None):
        return (None,)
    if get_origin(hint) is not None and not all(isinstance(one, str) for one in get_args(hint)):
        return tuple(value for part in get_args(hint) for value in values(part))
    return get_args(hint)


HINTS = get_type_hints(Facts)
EVERY = [
    Facts(*combined) for combined in product(*(values(HINTS[one.name]) for one in fields(Facts)))
]


def allowed(one: Facts) -> bool:
    """The oracle, in the words of the decision page, not of the table."""
    if not one.lease or one.effect in ("moved", "parked"):
        return False
    if "found" in one.door or one.payload == "altered" or one.pause == "paused":
        return False
    if one.approval == "void" or one.policy == "other" or one.clock == "stale":
        return False
    exempt = one.no_consent in ("class_exempt", "channel_not_asked", "no_contact")
    return exempt or one.consent not in ("expired", "not_yet", "withdrawn", "objected", "none")


def message(statement: Statement | None = YES) -> Message:
    return Message(
        effect_id="e1",
        payload_hash="ab" * 32,
        channel="email",
        action_class="marketing",
        purpose="marketing",
        policy_hash="cd" * 32,
        judged_at=NOW,
        approval=None,
        statement=statement,
    )


def test_no_combination_of_facts_gets_a_permit_unless_everything_is_right() -> None:
    assert len(EVERY) == 13_824

    wrong = [one for one in EVERY if isinstance(mint(one, message()), Permit) != allowed(one)]

    assert wrong == []
    assert sum(map(allowed, EVERY)) == 2 * (3 * 6 + 1)


@pytest.mark.parametrize("place", range(len(gate.TABLE)))
def test_without_any_one_line_the_table_lets_something_out_that_it_must_not(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "TABLE", gate.TABLE[:place] + gate.TABLE[place + 1 :])

    assert any(isinstance(mint(one, message()), Permit) and not allowed(one) for one in EVERY)


@pytest.mark.parametrize("place", range(len(gate.TABLE)))
def test_a_value_the_table_does_not_know_is_refused(place: int) -> None:
    name = fields(Facts)[place].name if place < 6 else ("consent", "policy", "clock")[place - 6]

    strange = replace(RIGHT, **{name: "strange"})

    assert isinstance(mint(RIGHT, message()), Permit)
    assert mint(strange, message()) == gate.TABLE[place][0]


def test_a_permit_ends_with_the_consent_it_rests_on() -> None:
    soon = NOW + timedelta(seconds=20)

    ends = mint(RIGHT, message(replace(YES, expires_at=soon)))
    lasts = mint(RIGHT, message())

    assert isinstance(ends, Permit)
    assert isinstance(lasts, Permit)
    assert (ends.expires_at, lasts.expires_at) == (soon, NOW + LIFETIME)


def test_a_permit_without_consent_says_why_none_is_needed() -> None:
    budget = mint(replace(RIGHT, no_consent="no_contact", consent="none"), message(None))

    assert isinstance(budget, Permit)
    assert (budget.consent, budget.no_consent) == (None, "no_contact")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (YES, "granted"),
        (None, "none"),
        (replace(YES, state="withdrawn"), "withdrawn"),
        (replace(YES, state="objected"), "objected"),
        (replace(YES, state="perhaps"), "none"),
        (replace(YES, at=NOW + timedelta(seconds=1)), "not_yet"),
        (replace(YES, expires_at=NOW), "expired"),
        (replace(YES, expires_at=NOW + timedelta(seconds=1)), "granted"),
    ],
)
def test_a_statement_stands_as_its_words_and_times_say(said: Statement | None, found: str) -> None:
    assert standing(said, NOW) == found


def test_the_gate_is_short_enough_to_be_read_at_one_sitting() -> None:
    lines = Path(gate.__file__).read_text(encoding="utf-8").splitlines()

    assert len(lines) < 200
