"""Past touches in a wrong order: kept apart, or without what had to go first."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.reasons import findings_of
from domain.tables import GIVEN
from graph.past_collisions import looks_back
from graph.past_known import Past
from policies.orders import judge_orders
from policies.schema import Policy
from tests.graph_facts.past_touches import COLUMNS, found, only, touch
from tests.policies.test_orders import TREATMENTS, prerequisite, separation
from tests.policies.worlds import NOON

DAY = timedelta(days=1)
KNOWN = Past(treatments=TREATMENTS)
APART = only(separations=(separation(),))
TAUGHT = only(prerequisites=(prerequisite(),))


def got(name: str, treatment: str | None, days: float, **change: Any) -> dict[str, Any]:
    """A touch of ada with that treatment, so many days from noon."""
    return touch(name, NOON + days * DAY, treatment_id=treatment, **change)


def test_the_later_of_two_that_are_kept_apart_is_told_with_the_tool_it_ran_into() -> None:
    late = ("2", "separation calm", "mailer")

    assert found(APART, got("1", "cut", 0), got("2", "guide", 3, source="crm"), past=KNOWN) == [
        late
    ]
    assert found(APART, got("1", "guide", 0), got("2", "sale", 2), past=KNOWN) == [late]
    assert found(APART, got("1", "cut", 0), got("2", "guide", 3.01), past=KNOWN) == []
    assert found(only(), got("1", "cut", 0), got("2", "guide", 3), past=KNOWN) == []


def test_of_two_at_one_instant_that_are_kept_apart_the_later_id_is_told_once() -> None:
    touches = (got("2", "cut", 0), got("1", "guide", 0, source="crm"))

    assert found(APART, *touches, past=KNOWN) == [("2", "separation calm", "crm")]


def test_other_people_and_unknown_treatments_keep_nothing_away() -> None:
    eve = got("1", "cut", 0, contact_id="eve")

    assert found(APART, eve, got("2", None, 1), got("3", "guide", 2), past=KNOWN) == []


def test_what_converses_is_no_collision_but_keeps_away_what_sells() -> None:
    talk = {"class": "one_to_one"}

    assert found(APART, got("1", "cut", 0), got("2", "guide", 1, **talk), past=KNOWN) == []
    assert found(APART, got("1", "guide", 0, **talk), got("2", "cut", 1), past=KNOWN) == [
        ("2", "separation calm", "mailer")
    ]


def test_in_one_order_only_the_other_after_the_first_is_told() -> None:
    policy = only(separations=(separation(either_order=False),))

    assert found(policy, got("1", "guide", 0), got("2", "cut", 1), past=KNOWN) == []
    assert len(found(policy, got("1", "cut", 0), got("2", "guide", 1), past=KNOWN)) == 1


def test_what_went_without_what_had_to_go_first_is_told_and_is_nobodys_fault_but_its_own() -> None:
    missing = [("9", "prerequisite taught", None)]

    assert found(TAUGHT, got("9", "offer", 0), past=KNOWN) == missing
    assert found(TAUGHT, got("1", "guide", -0.5), got("9", "offer", 0), past=KNOWN) == missing
    assert found(TAUGHT, got("1", "guide", -11), got("9", "offer", 0), past=KNOWN) == missing
    assert found(TAUGHT, got("1", "guide", 1), got("9", "offer", 0), past=KNOWN) == missing
    assert found(only(), got("9", "offer", 0), past=KNOWN) == []


def test_what_another_tool_sent_first_counts() -> None:
    first = got("1", "guide", -1, source="crm", channel="call")

    assert found(TAUGHT, first, got("9", "offer", 0), past=KNOWN) == []


def test_what_went_first_at_the_same_instant_counts_and_a_touch_is_not_its_own_first() -> None:
    at_once = only(prerequisites=(prerequisite(after_days=0),))
    itself = only(prerequisites=(prerequisite(after_days=0, first_treatments=("offer",)),))

    assert found(at_once, got("9", "guide", 0), got("1", "offer", 0), past=KNOWN) == []
    assert len(found(itself, got("9", "offer", 0), past=KNOWN)) == 1
    assert len(found(itself, got("8", "offer", 0), got("9", "offer", 1), past=KNOWN)) == 1


@pytest.mark.parametrize(
    ("policy", "days"),
    [
        (only(separations=(separation(days=90),)), 90),
        (only(separations=(separation(days=None),)), None),
        (only(prerequisites=(prerequisite(within_days=60),)), 60),
        (only(prerequisites=(prerequisite(within_days=None),)), None),
        (only(separations=(separation(days=90),), prerequisites=(prerequisite(),)), 90),
    ],
)
def test_touches_are_read_as_far_back_as_an_order_asks(policy: Policy, days: int | None) -> None:
    assert looks_back(policy) == (None if days is None else days * DAY)


def judged(policy: Policy, code: str, touches: list[dict[str, Any]]) -> set[str]:
    """Touches against which the judge finds this, one by one, by those before each."""
    return {one["touch_id"] for one in touches if code in _against(policy, one, touches)}


def _against(policy: Policy, one: dict[str, Any], touches: list[dict[str, Any]]) -> list[str]:
    late = (one["at"], one["touch_id"])
    before = [each for each in touches if (each["at"], each["touch_id"]) < late]
    rows = pl.DataFrame([one], schema=COLUMNS).rename({"touch_id": "decision_id", "at": "slot_at"})
    known = pl.DataFrame(before, schema=COLUMNS).rename({"touch_id": "decision_id"})
    given = known.with_columns(state=pl.lit("accepted")).select(*GIVEN.columns)
    return list(findings_of(int(judge_orders(rows, given, TREATMENTS, policy, one["at"]).item())))


SENT = st.lists(
    st.tuples(
        st.sampled_from(["cut", "sale", "guide", "offer"]),
        st.integers(-8, 8),
        st.sampled_from(["ada", "bob"]),
        st.sampled_from(["marketing", "one_to_one"]),
    ),
    max_size=8,
)


@drawn(SENT, st.sampled_from([None, 0, 2]), st.booleans(), st.booleans())
def test_kept_apart_are_those_that_the_judge_would_have_kept_apart(
    sent: list[tuple[str, int, str, str]], days: int | None, either: bool, itself: bool
) -> None:
    other = {"other_treatments": ("sale", "guide")} if itself else {}
    policy = only(separations=(separation(days=days, either_order=either, **other),))
    touches = [
        got(f"{place}", what, half / 2, contact_id=who, **{"class": kind})
        for place, (what, half, who, kind) in enumerate(sent)
    ]

    told = {row[0] for row in found(policy, *touches, past=KNOWN)}

    assert told == judged(policy, "kept_apart", touches)


@drawn(SENT, st.integers(0, 2), st.sampled_from([None, 2, 3]))
def test_unprepared_are_those_that_the_judge_would_have_found_unprepared(
    sent: list[tuple[str, int, str, str]], after: int, within: int | None
) -> None:
    policy = only(prerequisites=(prerequisite(after_days=after, within_days=within),))
    # a moment apart each: of two at one instant the judge has only seen the one before
    touches = [
        got(f"{place}", what, half / 2 + place / 1000, contact_id=who, **{"class": kind})
        for place, (what, half, who, kind) in enumerate(sent)
    ]

    told = {row[0] for row in found(policy, *touches, past=KNOWN)}

    assert told == judged(policy, "first_missing", touches)
