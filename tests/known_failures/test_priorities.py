"""W21: a priority that people set by hand beats what is worth more, and its price is shown."""

from typing import Any

import polars as pl
import pytest

from app.compose import House
from app.pricing import price_list
from graph.choosing import choose
from graph.opening import pins_of
from tests.known_failures.test_money import under
from tests.known_failures.worlds import run

THEME = "spring"
FLOOR = 11
"""Two more than would be chosen without it; nobody asks for more than can be had."""


def themed(house: House) -> House:
    """The mail of spring is of the theme."""
    treatments = house.tower.warehouse.table("treatments")
    theme = pl.when(pl.col("treatment_id") == "spring_mail").then(pl.lit(THEME))
    house.tower.warehouse.replace("treatments", treatments.with_columns(theme=theme))
    return house


def with_floor(house: House, at_least: int, ceiling: float = 1e6) -> House:
    """The policy asks for so many touches of the theme, at any price up to the ceiling each."""
    policy = house.tower.loaded.policy
    change = {"theme": THEME, "at_least": at_least, "ceiling": ceiling}
    floors = tuple(one.model_copy(update=change) for one in policy.exposures)
    return under(house, policy.model_copy(update={"exposures": floors}))


def of_theme(house: House, run_id: str) -> tuple[int, float, dict[str, Any]]:
    """Touches of the theme that would be chosen, what the plan is worth, and what falls short."""
    choices, plan = choose(house.tower, pins_of(house.tower, run_id))
    candidates = house.tower.folder(run_id).read("candidates")
    chosen = choices.filter("chosen").join(candidates, on="candidate", how="inner")
    treatments = house.tower.warehouse.table("treatments").filter(pl.col("theme") == THEME)
    wanted = chosen.join(treatments, on="treatment_id", how="semi").height
    return wanted, plan.value, plan.shortfalls


def test_W21_a_priority_set_by_hand_wins_and_its_price_is_shown(house: House) -> None:
    forced = with_floor(themed(house), FLOOR)
    run_id = run(forced, "one")

    auto, best, _ = of_theme(with_floor(house, 0), run_id)
    wanted, value, short = of_theme(forced, run_id)
    shown = {one["limit"]: one for one in price_list(forced, run_id)["prices"]}

    assert auto < FLOOR
    assert (wanted, short) == (FLOOR, {})
    assert value < best
    assert shown["exposure launch_floor"]["cost"] == pytest.approx(best - value, rel=0.01)


def test_W21_above_its_ceiling_it_gives_way_and_says_by_how_much(house: House) -> None:
    capped = with_floor(themed(house), FLOOR, ceiling=0.01)
    run_id = run(capped, "one")

    wanted, value, short = of_theme(capped, run_id)
    _, best, _ = of_theme(with_floor(house, 0), run_id)

    assert wanted < FLOOR
    assert sum(short.values()) == FLOOR - wanted
    assert value <= best
