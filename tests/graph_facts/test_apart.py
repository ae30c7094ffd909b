"""Two sides that a separation keeps apart: among a run's choices, and when they are held."""

from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest

from domain.tables import INSTANT
from graph.apart import exclusions, held_apart, sides, windows_apart
from graph.arbitration.limits import Limits
from graph.arbitration.problem import Problem
from graph.arbitration.solving import solve
from policies.schema import Policy
from tests.policies.test_orders import separation
from tests.policies.worlds import NOON, sample_policy
from tools.ledger.fitting import refused

DAY, SLOTS = timedelta(days=1), 4
THEMES = {"cut": "price", "guide": "teach", "plain": None}
TREATMENTS = pl.DataFrame({"treatment_id": [*THEMES], "theme": [*THEMES.values()]})


def policy_of(**change: Any) -> Policy:
    return sample_policy(separations=(separation(**change),))


def candidates(*treatments: str, action_class: str = "marketing") -> pl.DataFrame:
    """Of one contact: each treatment in each of four slots, a day apart."""
    rows = [
        (number, what, THEMES[what], action_class, slot, NOON + slot * DAY)
        for number, (what, slot) in enumerate(product(treatments, range(SLOTS)))
    ]
    names = ["candidate", "treatment_id", "theme", "class", "slot", "slot_at"]
    types = [pl.Int64, pl.String, pl.String, pl.String, pl.Int8, INSTANT]
    return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")


def chosen(policy: Policy, rows: pl.DataFrame) -> dict[str, int]:
    """The slot that the arbitration gives each treatment of one contact."""
    known = sides(rows, policy).with_columns(
        contact=pl.lit(1, dtype=pl.Int64),
        account=pl.lit(None, dtype=pl.Int64),
        channel=pl.lit("email"),
        treatment="treatment_id",
        slot_number="slot",
        slot="slot_at",
        # the first slot of each is worth most, and each is worth something
        value=10.0 - pl.col("slot").cast(pl.Float64),
    )
    limits = Limits(exclusions=exclusions(rows, policy))
    plan = solve(Problem(candidates=known, limits=limits))
    taken = known.filter(pl.Series(np.asarray(plan.chosen, dtype=bool)))
    return dict(taken.select("treatment", "slot_number").iter_rows())


def test_both_go_where_nothing_keeps_them_apart() -> None:
    assert chosen(sample_policy(), candidates("cut", "guide")) == {"cut": 0, "guide": 0}
    assert chosen(policy_of(), candidates("cut", "plain")) == {"cut": 0, "plain": 0}


def test_of_two_that_never_go_to_one_contact_one_is_chosen() -> None:
    assert len(chosen(policy_of(days=None), candidates("cut", "guide"))) == 1


def test_within_a_run_they_lie_as_far_apart_as_the_days_say() -> None:
    slots = chosen(policy_of(days=1), candidates("cut", "guide"))

    assert set(slots) == {"cut", "guide"}
    assert abs(slots["cut"] - slots["guide"]) == 2


def test_where_a_run_has_no_room_for_the_days_one_of_them_waits() -> None:
    assert len(chosen(policy_of(days=3), candidates("cut", "guide"))) == 1


def test_without_either_order_the_other_goes_first() -> None:
    slots = chosen(policy_of(days=None, either_order=False), candidates("cut", "guide"))

    assert slots["guide"] < slots["cut"]


def test_a_theme_kept_apart_from_itself_goes_once() -> None:
    policy = policy_of(other_treatments=(), other_themes=("price",), days=None)
    rows = pl.concat([candidates("cut"), candidates("cut").with_columns(treatment_id=pl.lit("b"))])
    numbered = rows.with_columns(candidate=pl.int_range(pl.len(), dtype=pl.Int64))

    assert len(chosen(policy, numbered)) == 1
    assert len(chosen(sample_policy(), numbered)) == 2


def test_what_does_not_sell_is_on_no_side() -> None:
    assert len(chosen(policy_of(), candidates("cut", "guide", action_class="one_to_one"))) == 2


def fits(policy: Policy, *asks: tuple[str, float]) -> list[bool]:
    """In turn, whether each of these treatments at so many days from noon may still be held."""
    choices = pl.DataFrame(
        [
            (f"d{number}", "p", "acme", what, "marketing", "ada", NOON + days * DAY)
            for number, (what, days) in enumerate(asks)
        ],
        schema={
            **dict.fromkeys(("decision_id", "packet_id", "account_id"), pl.String),
            **dict.fromkeys(("treatment_id", "class", "contact_id"), pl.String),
            "slot_at": INSTANT,
        },
        orient="row",
    )
    rows = held_apart(choices, TREATMENTS, policy).with_columns(
        unit=pl.col("decision_id").str.strip_prefix("d").cast(pl.Int64)
    )
    out = refused(rows, rows.clear(), [*windows_apart(policy, TREATMENTS, 10 * DAY)])
    return [number >= len(out) or not out[number] for number in range(len(asks))]


@pytest.mark.parametrize(
    ("change", "days", "second"),
    [
        ({"days": 3}, 3.0, False),
        ({"days": 3}, 3.1, True),
        ({"days": 3}, -3.0, False),
        ({"days": None}, 9.0, False),
        ({"days": 3, "either_order": False}, 1.0, False),
        ({"days": 3, "either_order": False}, -1.0, True),
        ({"days": 0}, 0.0, False),
        ({"days": 0}, 0.1, True),
    ],
)
def test_of_two_runs_the_second_holds_what_the_first_left_room_for(
    change: dict[str, Any], days: float, second: bool
) -> None:
    """The first asks for the price, the second for the guide so many days later."""
    policy = policy_of(**change)

    assert fits(policy, ("cut", 0.0), ("guide", days)) == [True, second]
    assert fits(policy, ("guide", days), ("cut", 0.0)) == [True, second]


def test_a_theme_kept_apart_from_itself_is_held_once() -> None:
    policy = policy_of(other_treatments=(), other_themes=("price",))

    assert fits(policy, ("cut", 0.0), ("cut", 2.0), ("cut", 4.0)) == [True, False, True]


def test_what_no_rule_is_about_holds_nothing_more() -> None:
    assert fits(policy_of(), ("plain", 0.0), ("cut", 0.0), ("plain", 0.0)) == [True, True, True]
