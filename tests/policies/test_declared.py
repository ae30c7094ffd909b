"""Declared worth: a priority multiplies, a floor lifts a contact's options together."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ClearanceError
from policies.declared import declared_worth
from policies.money_limits import Priority, ValueFloor
from policies.schema import Policy
from policies.sense import problems
from policies.strictness import compare
from tests.policies.worlds import NOON, SAID, sample_policy


def priority(weight: float, **fields: Any) -> Priority:
    return Priority.model_validate({**SAID, "name": "launch", "weight": weight, **fields})


def floor(at_least: int, *stages: str, **fields: Any) -> ValueFloor:
    plain = {**SAID, "name": "early", "stages": stages or ("discovery",), "at_least": at_least}
    return ValueFloor.model_validate({**plain, **fields})


def option(value: float, contact: int = 0, **fields: Any) -> dict[str, Any]:
    return {"contact": contact, "campaign_id": "spring", "theme": None, "value": value, **fields}


def counted(
    *options: dict[str, Any],
    stages: tuple[str | None, ...] = ("discovery", None),
    priorities: tuple[Priority, ...] = (),
    floors: tuple[ValueFloor, ...] = (),
) -> list[tuple[float, str | None]]:
    """worth and declared of options; stages: of the contacts' deals, by number."""
    rows = pl.DataFrame(options, schema_overrides={"contact": pl.UInt32, "theme": pl.String})
    contacts = pl.DataFrame(
        {"contact": range(len(stages)), "deal_stage": stages},
        schema={"contact": pl.UInt32, "deal_stage": pl.String},
    )
    policy = sample_policy(priorities=priorities, value_floors=floors)
    return declared_worth(rows, contacts, policy, NOON).rows()


def test_where_nothing_is_declared_everything_counts_as_measured() -> None:
    assert counted(option(7.0), option(-3.0)) == [(7.0, None), (-3.0, None)]


def test_a_priority_multiplies_its_campaign_or_theme_and_nothing_else() -> None:
    rules = (priority(2.0, campaign_id="spring"), priority(0.5, theme="care", name="calm"))

    assert counted(
        option(10.0),
        option(10.0, campaign_id="autumn", theme="care"),
        option(10.0, theme="care"),
        option(10.0, campaign_id="autumn"),
        priorities=rules,
    ) == [
        (20.0, "priority launch"),
        (5.0, "priority calm"),
        (10.0, "priority launch, priority calm"),
        (10.0, None),
    ]


def test_a_priority_of_campaign_and_theme_is_for_what_is_both() -> None:
    rule = priority(2.0, campaign_id="spring", theme="care")

    assert counted(option(10.0, theme="care"), option(10.0), priorities=(rule,)) == [
        (20.0, "priority launch"),
        (10.0, None),
    ]


def test_a_floor_lifts_the_best_to_itself_and_the_others_alike() -> None:
    assert counted(option(10.0), option(5.0), floors=(floor(100),)) == [
        (100.0, "floor early"),
        (50.0, "floor early"),
    ]


def test_a_floor_lifts_nobody_who_is_above_it_or_at_another_stage() -> None:
    assert counted(option(120.0), option(5.0), floors=(floor(100),)) == [(120.0, None), (5.0, None)]
    assert counted(option(10.0, contact=1), floors=(floor(100),)) == [(10.0, None)]


def test_what_is_worth_nothing_is_lifted_by_nobody() -> None:
    assert counted(option(0.0), option(-4.0), floors=(floor(100),)) == [(0.0, None), (-4.0, None)]
    assert counted(option(-4.0), option(10.0), floors=(floor(100),))[0] == (-4.0, None)


def test_a_floor_holds_after_priorities_and_the_highest_of_several() -> None:
    half = priority(0.5, campaign_id="spring")
    floors = (floor(100), floor(300, "discovery", "offer", name="more"))

    assert counted(option(10.0), priorities=(half,), floors=floors) == [
        (300.0, "priority launch, floor more")
    ]


def test_what_has_ended_counts_no_more() -> None:
    today = NOON.date()
    assert counted(
        option(10.0),
        priorities=(priority(2.0, campaign_id="spring", expires=today),),
        floors=(floor(100, expires=today),),
    ) == [(10.0, None)]


values = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-3)


@given(st.lists(values, min_size=1, max_size=6), st.integers(1, 10**9), st.floats(0.1, 10))
def test_what_is_declared_keeps_a_contacts_order_and_the_sign_of_everything(
    several: list[float], at_least: int, weight: float
) -> None:
    found = counted(
        *(option(one) for one in several),
        priorities=(priority(weight, campaign_id="spring"),),
        floors=(floor(at_least),),
    )
    worth = [one for one, _ in found]

    assert sorted(several) == [one for _, one in sorted(zip(worth, several, strict=True))]
    assert all((one > 0) == (was > 0) for one, was in zip(worth, several, strict=True))
    if max(several) > 0:
        assert max(worth) >= at_least * (1 - 1e-9)


@given(values, values, st.integers(1, 1000))
def test_a_value_that_rises_never_counts_for_less(low: float, high: float, at_least: int) -> None:
    low, high = sorted((low, high))
    rival = option(20.0)

    ((before, _), _), ((after, _), _) = (
        counted(option(one), rival, floors=(floor(at_least),)) for one in (low, high)
    )
    assert after >= before - 1e-6 * abs(before)


def test_worth_that_is_declared_of_nothing_is_refused() -> None:
    policy = sample_policy(
        priorities=(priority(2.0),),
        value_floors=(floor(5).model_copy(update={"stages": ()}), floor(5)),
    )

    assert {one.key for one in problems(policy)} == {
        ("priorities", 0, "weight"),
        ("value_floors", 0, "stages"),
        ("value_floors", 1, "name"),
    }


def test_a_weight_beyond_ten_or_below_a_tenth_is_no_weight() -> None:
    for weight in (0.0, 0.09, 10.1, -1.0):
        with pytest.raises((ValueError, ClearanceError)):
            priority(weight, campaign_id="spring")


def test_any_change_of_what_is_declared_takes_two_people() -> None:
    def of(**fields: Any) -> Policy:
        return sample_policy(**fields)

    one, two = priority(2.0, campaign_id="spring"), priority(1.5, campaign_id="spring")
    for was, now in (
        (of(), of(priorities=(one,))),
        (of(priorities=(one,)), of()),
        (of(priorities=(one,)), of(priorities=(two,))),
        (of(), of(value_floors=(floor(5),))),
        (of(value_floors=(floor(5),)), of(value_floors=(floor(6),))),
        (of(value_floors=(floor(5),)), of(value_floors=(floor(5, expires=date(2027, 1, 1)),))),
    ):
        assert compare(was, now).direction == "looser"
