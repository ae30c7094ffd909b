"""What one contact gets only apart from something else, or only after it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.reasons import findings_of
from domain.tables import GIVEN, INSTANT
from policies.orders import judge_orders, named, strangers
from policies.schema import Policy
from policies.sense import problems
from policies.touch_limits import Prerequisite, Separation
from tests.policies.worlds import NOON, SAID, sample_policy

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
TREATMENTS = pl.DataFrame(
    {
        "treatment_id": ["cut", "sale", "guide", "offer", "plain"],
        "theme": ["price", "price", "teach", None, None],
    }
)
Past = tuple[str | None, str | None, datetime, str]
"""decision, treatment, when, state."""


def separation(**change: Any) -> Separation:
    """A guide lies three days apart from anything about the price."""
    plain = {"name": "calm", "first_themes": ("price",), "other_treatments": ("guide",), "days": 3}
    return Separation.model_validate({**SAID, **plain, **change})


def prerequisite(**change: Any) -> Prerequisite:
    """An offer goes only to whom a guide went at least a day and at most ten days before."""
    plain = {"name": "taught", "then_treatments": ("offer",), "first_treatments": ("guide",)}
    return Prerequisite.model_validate(
        {**SAID, **plain, "after_days": 1, "within_days": 10, **change}
    )


APART = sample_policy(separations=(separation(),))
TAUGHT = sample_policy(prerequisites=(prerequisite(),))


def past(treatment: str | None, days: float, state: str = "accepted", own: str = "d0") -> Past:
    """What ada got, or is to get, so many days from noon."""
    return own, treatment, NOON + days * DAY, state


def found(policy: Policy, treatment: str, *before: Past, **row: Any) -> set[str]:
    """Reasons against that treatment for ada at noon, who got these."""
    plain = {"contact_id": "ada", "treatment_id": treatment, "class": "marketing", "slot_at": NOON}
    rows = pl.DataFrame([{**plain, **row}]).with_columns(pl.col("slot_at").cast(INSTANT))
    known = pl.DataFrame(
        [(own, "ada", what, at, state) for own, what, at, state in before],
        schema=GIVEN.schema,
        orient="row",
    )
    return set(findings_of(int(judge_orders(rows, known, TREATMENTS, policy, NOON).item())))


@pytest.mark.parametrize(
    ("days", "apart"),
    [(-3.0, True), (-3.01, False), (0.0, True), (2.0, True), (3.0, True), (3.01, False)],
)
def test_the_two_lie_so_many_days_apart_whichever_comes_first(days: float, apart: bool) -> None:
    expected = {"kept_apart"} if apart else set()

    assert found(APART, "guide", past("cut", days)) == expected
    assert found(APART, "cut", past("guide", days)) == expected


def test_a_theme_stands_for_every_treatment_of_it_and_others_are_free() -> None:
    assert found(APART, "guide", past("sale", -1)) == {"kept_apart"}
    assert found(APART, "guide", past("plain", -1)) == set()
    assert found(APART, "offer", past("sale", -1)) == set()
    assert found(APART, "sale", past("cut", -1)) == set()


def test_without_either_order_only_the_other_after_the_first_is_forbidden() -> None:
    policy = sample_policy(separations=(separation(either_order=False),))

    assert found(policy, "guide", past("cut", -1)) == {"kept_apart"}
    assert found(policy, "cut", past("guide", -1)) == set()
    assert found(policy, "cut", past("guide", 1, "intent")) == {"kept_apart"}
    assert found(policy, "guide", past("cut", 1, "intent")) == set()


def test_without_days_the_two_never_go_to_one_contact() -> None:
    never = sample_policy(separations=(separation(days=None),))

    assert found(never, "guide", past("cut", -3000)) == {"kept_apart"}
    assert found(never, "cut", past("guide", -3000)) == {"kept_apart"}
    assert found(never, "guide", past("guide", -3000)) == set()


def test_no_days_at_all_mean_the_same_instant() -> None:
    policy = sample_policy(separations=(separation(days=0),))

    assert found(policy, "guide", past("cut", 0)) == {"kept_apart"}
    assert found(policy, "guide", ("d0", "cut", NOON - MOMENT, "accepted")) == set()


def test_a_theme_may_be_kept_apart_from_itself() -> None:
    rule = separation(other_treatments=(), other_themes=("price",))
    policy = sample_policy(separations=(rule,))

    assert found(policy, "cut", past("sale", -1)) == {"kept_apart"}
    assert found(policy, "cut", past("cut", -1)) == {"kept_apart"}
    assert found(policy, "cut", past("cut", 0, "intent", "me"), decision_id="me") == set()


@pytest.mark.parametrize("state", ["accepted", "unknown", "sending", "intent", "waiting"])
def test_what_went_or_is_to_go_or_waits_for_a_person_keeps_the_other_away(state: str) -> None:
    assert found(APART, "guide", past("cut", -1, state)) == {"kept_apart"}


def test_a_touch_whose_treatment_nobody_knows_keeps_nothing_away() -> None:
    assert found(APART, "guide", past(None, -1)) == set()
    assert found(APART, "guide", past("never heard of", -1)) == set()


def test_what_another_tool_sent_counts_when_a_run_chooses_and_at_the_door() -> None:
    theirs: Past = (None, "cut", NOON - DAY, "accepted")
    taught: Past = (None, "guide", NOON - 2 * DAY, "accepted")

    assert found(APART, "guide", theirs) == {"kept_apart"}
    assert found(APART, "guide", theirs, decision_id="me") == {"kept_apart"}
    assert found(TAUGHT, "offer", taught) == found(TAUGHT, "offer", taught, decision_id="me")
    assert found(TAUGHT, "offer", taught) == set()


def test_of_two_at_the_door_the_later_one_gives_way() -> None:
    ahead, behind = past("cut", -1, "intent", "a"), past("cut", 1, "intent", "a")

    assert found(APART, "guide", ahead, decision_id="b") == {"kept_apart"}
    assert found(APART, "guide", behind, decision_id="b") == set()
    assert found(APART, "guide", past("cut", 0, "intent", "a"), decision_id="b") == {"kept_apart"}
    assert found(APART, "guide", past("cut", 0, "intent", "c"), decision_id="b") == set()
    assert found(APART, "guide", past("cut", 0, "sending", "c"), decision_id="b") == {"kept_apart"}


def test_what_comes_late_is_judged_when_it_comes() -> None:
    row = {"slot_at": NOON - 5 * DAY, "decision_id": "b"}

    assert found(APART, "guide", past("cut", -1), **row) == {"kept_apart"}
    assert found(TAUGHT, "offer", past("guide", -6), **row) == set()


@pytest.mark.parametrize("spared", ["mandatory", "transactional", "inbound_response", "one_to_one"])
def test_what_does_not_sell_is_bound_by_neither(spared: str) -> None:
    assert found(APART, "guide", past("cut", -1), **{"class": spared}) == set()
    assert found(TAUGHT, "offer", **{"class": spared}) == set()


@pytest.mark.parametrize(
    ("days", "missing"),
    [(-0.99, True), (-1.0, False), (-10.0, False), (-10.01, True), (2.0, True)],
)
def test_what_has_to_come_first_went_long_enough_and_not_too_long_ago(
    days: float, missing: bool
) -> None:
    assert found(TAUGHT, "offer", past("guide", days)) == ({"first_missing"} if missing else set())


def test_without_a_first_the_second_waits_and_all_else_goes() -> None:
    assert found(TAUGHT, "offer") == {"first_missing"}
    assert found(TAUGHT, "offer", past("cut", -2)) == {"first_missing"}
    assert found(TAUGHT, "offer", past(None, -2)) == {"first_missing"}
    assert found(TAUGHT, "cut") == set()


@pytest.mark.parametrize("state", ["unknown", "sending", "intent", "waiting"])
def test_only_what_surely_went_is_a_first(state: str) -> None:
    assert found(TAUGHT, "offer", past("guide", -2, state)) == {"first_missing"}


def test_without_an_end_a_first_counts_for_ever() -> None:
    rule = prerequisite(within_days=None, then_treatments=(), then_themes=("price",))
    policy = sample_policy(prerequisites=(rule,))

    assert found(policy, "sale", past("guide", -3000)) == set()
    assert found(policy, "sale", past("guide", -3000), contact_id="bob") == {"first_missing"}


def test_several_firsts_need_one_of_them_in_time() -> None:
    assert found(TAUGHT, "offer", past("guide", -30), past("guide", -2)) == set()


def test_only_what_the_rules_are_about_is_read() -> None:
    both = sample_policy(separations=(separation(),), prerequisites=(prerequisite(),))

    assert named(both, TREATMENTS) == {"cut", "sale", "guide"}
    assert named(sample_policy(), TREATMENTS) == set()


GOT = st.lists(st.tuples(st.sampled_from(["cut", "sale", "guide", "plain"]), st.integers(-9, 9)))


@drawn(GOT, st.sampled_from(["cut", "guide", "plain"]), st.integers(0, 5), st.booleans())
def test_a_separation_is_that_of_a_check_by_hand(
    got: list[tuple[str, int]], asked: str, days: int, either: bool
) -> None:
    policy = sample_policy(separations=(separation(days=days, either_order=either),))
    gaps = [*_gaps(got, asked)]

    broken = any(abs(gap) <= days and (either or gap >= 0) for gap in gaps)

    assert found(policy, asked, *(past(*one) for one in got)) == (
        {"kept_apart"} if broken else set()
    )


def _gaps(got: list[tuple[str, int]], asked: str) -> Iterator[int]:
    """Days from a price to a guide."""
    for (one, day), (two, other) in product([(asked, 0)], got):
        if two in ("cut", "sale") and one == "guide":
            yield day - other
        if one in ("cut", "sale") and two == "guide":
            yield other - day


def test_a_name_that_nothing_bears_is_told() -> None:
    rules = {
        "separations": (separation(other_treatments=("guide", "giude")),),
        "prerequisites": (prerequisite(first_themes=("teech",)),),
    }

    said = [(one.key, one.said) for one in strangers(sample_policy(**rules), TREATMENTS)]

    assert [key for key, _ in said] == [
        ("separations", 0, "other_treatments"),
        ("prerequisites", 0, "first_themes"),
    ]
    assert "calm names giude" in said[0][1]
    assert "taught names teech" in said[1][1]
    assert [*strangers(APART, TREATMENTS)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"separations": (separation(first_themes=()),)}, "names nothing on its side `first`"),
        ({"separations": (separation(other_treatments=()),)}, "names nothing on its side `other`"),
        ({"prerequisites": (prerequisite(then_treatments=()),)}, "on its side `then`"),
        ({"prerequisites": (prerequisite(within_days=1, after_days=2),)}, "nobody meets it"),
        ({"separations": (separation(), separation())}, "say it once"),
        ({"prerequisites": (prerequisite(), prerequisite())}, "say it once"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(change: dict[str, Any], said: str) -> None:
    assert any(said in one.said for one in problems(sample_policy(**change)))
    both = sample_policy(separations=(separation(),), prerequisites=(prerequisite(),))
    assert [*problems(both)] == [*problems(sample_policy())]
