"""W22: every category of people is looked at, and a campaign that sets one back sends nothing."""

from typing import Any

import polars as pl
import pytest

from app.compose import House
from graph import parity
from graph.opening import pins_of
from graph.parity import held_back, unequal
from graph.sorting import placed_in
from policies.account_limits import Parity
from tests.known_failures.test_money import under
from tests.known_failures.worlds import run
from tests.policies.worlds import SAID

RULE = Parity.model_validate(
    {**SAID, "name": "country", "attribute": "country", "at_least": 0.8, "people": 30}
)
SIZES = {f"C{n:02}": 400 - 10 * n for n in range(1, 37)}
"""Thirty-six categories; the smallest, far from the twenty largest, has forty people."""


def people(**sizes: int) -> pl.DataFrame:
    """OBSERVATIONS as far as a parity looks at them."""
    rows = [country for country, size in sizes.items() for _ in range(size)]
    countries = pl.Series("country", [None if one == "none" else one for one in rows], pl.String)
    return pl.DataFrame(
        {"contact": pl.int_range(len(rows), dtype=pl.UInt32, eager=True), "country": countries}
    )


def placed(everybody: pl.DataFrame, every: dict[str, int], **change: Any) -> pl.DataFrame:
    """A candidate for each; of each category one in `every` is chosen (0: nobody)."""
    name = pl.col("country").fill_null("none")
    steps = name.replace_strict(every, default=2, return_dtype=pl.Int64)
    chosen = (steps > 0) & (pl.col("contact").cast(pl.Int64) % steps.replace(0, 1) == 0)
    fields: dict[str, Any] = {
        "campaign_id": "spring",
        "class": "marketing",
        "findings": 0,
        "ghost": False,
        "reason": None,
        **change,
    }
    return everybody.with_columns(
        chosen=chosen, **{key: pl.lit(value) for key, value in fields.items()}
    ).with_columns(pl.col("reason").cast(pl.String))


def test_W22_a_category_beyond_the_twenty_largest_is_looked_at_and_blocks() -> None:
    everybody = people(**SIZES)
    rows = placed(everybody, {"C36": 0})

    (found,) = unequal(rows, everybody, [RULE]).to_dicts()
    held = held_back(rows, everybody, [RULE])

    assert (found["category"], found["people"], found["reached"]) == ("C36", 40, 0)
    assert found["rate_of_others"] == pytest.approx(0.5, abs=0.02)
    assert not held.get_column("chosen").any()
    assert held.filter(pl.col("reason") == "unequal").height == rows.get_column("chosen").sum()


def test_W22_who_said_nothing_is_a_category_too() -> None:
    everybody = people(DE=300, none=100)

    (found,) = unequal(placed(everybody, {"none": 0}), everybody, [RULE]).to_dicts()

    assert found["category"] == parity.NOT_SAID


def test_where_all_are_reached_alike_nothing_is_held() -> None:
    everybody = people(**SIZES)
    rows = placed(everybody, {})

    assert unequal(rows, everybody, [RULE]).is_empty()
    assert held_back(rows, everybody, [RULE]).equals(rows)


def test_a_difference_that_may_be_chance_or_concerns_too_few_holds_nothing() -> None:
    few, many = people(DE=400, FR=20), people(DE=400, FR=40)

    assert unequal(placed(few, {"FR": 0}), few, [RULE]).is_empty()
    assert unequal(placed(many, {"FR": 3}), many, [RULE]).is_empty()


def test_only_promotions_to_people_who_are_open_count() -> None:
    everybody = people(DE=400, FR=100)
    none = {"FR": 0}

    assert unequal(placed(everybody, none, **{"class": "one_to_one"}), everybody, [RULE]).is_empty()
    assert unequal(placed(everybody, none, ghost=True), everybody, [RULE]).is_empty()
    shut = placed(everybody, none).with_columns(
        findings=pl.when(pl.col("country") == "FR").then(1).otherwise(0)
    )
    assert unequal(shut, everybody, [RULE]).is_empty()


def test_a_run_holds_back_what_its_policy_calls_unequal(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a world of a dozen people nothing is beyond chance, so chance is asked for nothing."""
    monkeypatch.setattr(parity, "BEYOND_CHANCE", 0.0)
    free = run(house, "one")
    pins = pins_of(house.tower, free)
    strict = RULE.model_copy(update={"at_least": 1.0, "people": 1, "attribute": "account_id"})
    policy = house.tower.loaded.policy.model_copy(update={"parities": (strict,)})

    before = placed_in(house.tower, pins)
    after = placed_in(under(house, policy).tower, pins)

    held = after.filter(pl.col("reason") == "unequal")
    assert not held.is_empty()
    assert before.filter("chosen").height == after.filter("chosen").height + held.height
