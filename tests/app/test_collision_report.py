"""The report of past collisions: whose touches broke which rule, what they cost, what followed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.collision_report import collision_report
from app.compose import House
from evals.faults.world import START, open_at, plant
from tools.clock import FrozenClock

DAY = timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A company whose policy allows one e-mail a person in 24 hours, and nobody touched yet."""
    plant(tmp_path / "company")
    return open_at(tmp_path / "company", FrozenClock(START))


def touched(house: House, *touches: dict[str, Any]) -> None:
    plain = {"channel": "email", "treatment_id": "spring_mail", "class": "marketing"}
    rows = [{"touch_id": f"x{place}", **plain, **one} for place, one in enumerate(touches)]
    house.tower.warehouse.merge("touches", pl.DataFrame(rows, infer_schema_length=None))


def many(house: House, count: int, source: str = "mailer") -> list[dict[str, Any]]:
    """So many e-mails to one person, an hour apart, ten days ago at noon."""
    noon = START - 10 * DAY
    at = [noon + timedelta(hours=hour) for hour in range(count)]
    return [{"contact_id": "c01", "at": one, "source": source} for one in at]


def test_touches_beyond_a_cap_are_counted_priced_and_told_with_the_tools(house: House) -> None:
    cap = next(cap for cap in house.tower.loaded.policy.caps if cap.per == "contact")
    touched(house, *many(house, cap.at_most), *_later(many(house, 1, "crm"), cap.at_most))

    data = collision_report(house, START - 20 * DAY)
    rule = next(row for row in data["rules"] if row["rule"] == f"cap {cap.name}")

    assert (data["touches"], data["colliding"], data["people"]) == (cap.at_most + 1, 1, 1)
    assert (rule["touches"], rule["cost"], rule["owner"]) == (1, 3, cap.owner)
    assert data["cost"] == 3, "a touch whose file names no cost costs what its channel does"
    assert data["pairs"] == [{"source": "crm", "against": "mailer", "touches": 1}]


def _later(touches: list[dict[str, Any]], hours: int) -> list[dict[str, Any]]:
    return [{**one, "at": one["at"] + timedelta(hours=hours)} for one in touches]


def test_what_came_before_the_day_counts_against_what_came_after_and_is_not_told(
    house: House,
) -> None:
    cap = next(cap for cap in house.tower.loaded.policy.caps if cap.per == "contact")
    touches = many(house, cap.at_most + 1)
    touched(house, *touches)

    data = collision_report(house, touches[-1]["at"])

    assert (data["touches"], data["colliding"]) == (1, 1)


def test_unsubscribes_that_followed_are_told_apart_for_touches_that_broke_a_rule(
    house: House,
) -> None:
    cap = next(cap for cap in house.tower.loaded.policy.caps if cap.per == "contact")
    touches = many(house, cap.at_most + 1)
    touched(house, *touches, {"contact_id": "c03", "at": touches[0]["at"], "source": "mailer"})
    left = {"outcome_id": "o1", "contact_id": "c01", "kind": "unsubscribe"}
    at = touches[-1]["at"] + timedelta(minutes=5)
    house.tower.warehouse.merge("outcomes", pl.DataFrame([{**left, "at": at}]))

    regret = collision_report(house, START - 20 * DAY)["regret"]

    assert regret["per_1000_colliding"] == 1000
    assert regret["per_1000_others"] == round(1000 * cap.at_most / (cap.at_most + 1), 2)


def test_nobody_touched_is_nothing_to_tell(house: House) -> None:
    data = collision_report(house, START - DAY)

    assert (data["touches"], data["colliding"], data["rules"], data["pairs"]) == (0, 0, [], [])
    assert data["regret"]["per_1000_colliding"] is None
