"""The report of past collisions: whose touches broke which rule, what they cost, what followed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from app.collision_report import collision_report
from app.compose import House
from app.story.tables import show_collisions
from evals.faults.world import START, open_at, plant
from tests.graph_facts.test_ignore_pauses import pause as silence
from tests.graph_facts.test_reply_pauses import pause as answer
from tests.policies.test_orders import prerequisite, separation
from tests.reviews.worlds import with_policy
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


def under(house: House, **rules: Any) -> House:
    """The house with these rules and no caps, spacings or quiet hours."""
    plain = {"caps": (), "spacing": (), "quiet_hours": ()}
    return replace(house, tower=with_policy(house.tower, **plain, **rules))


def at(days: float, **change: Any) -> dict[str, Any]:
    """A touch of one person, so many days from ten days ago."""
    noon = START - 10 * DAY
    return {"contact_id": "c01", "at": noon + days * DAY, "source": "mailer", **change}


def told(house: House, since: float = 0) -> list[tuple[str, int]]:
    """Rules and touches that broke them, of touches since so many days from ten days ago."""
    rows = collision_report(house, START - 10 * DAY + since * DAY)["rules"]
    return sorted((row["rule"], row["touches"]) for row in rows)


CALL = {"treatment_id": "call_deal", "channel": "call", "source": "crm"}


@pytest.mark.parametrize("days", [90, None])
def test_what_was_kept_apart_is_read_as_far_back_as_the_rule_asks(
    house: House, days: int | None
) -> None:
    sides = {"first_treatments": ("call_deal",), "other_treatments": ("spring_mail",)}
    rule = separation(first_themes=(), **sides, days=days)
    touched(house, at(-80, **CALL), at(1))
    house = under(house, separations=(rule,))

    data = collision_report(house, START - 10 * DAY)

    row = {"touches": 1, "people": 1, "cost": 3, "owner": rule.owner, "reason": rule.reason}
    assert data["rules"] == [{"rule": "separation calm", **row}]
    assert data["pairs"] == [{"source": "mailer", "against": "crm", "touches": 1}]
    assert told(under(house, separations=())) == []


def test_what_went_without_what_comes_first_is_told_and_priced(house: House) -> None:
    sides = {"then_treatments": ("spring_mail",), "first_treatments": ("call_deal",)}
    rule = prerequisite(**sides, within_days=60)
    touched(house, at(-40, **CALL), at(1), at(2, contact_id="c03"))

    assert told(under(house, prerequisites=(rule,))) == [("prerequisite taught", 1)]


def test_the_rest_after_ignored_touches_is_told_until_somebody_reacts(house: House) -> None:
    touched(house, at(-3), at(-2), at(-1), at(1), at(3))
    silent = under(house, ignore_pauses=(silence(),))
    assert told(silent) == [("ignore pause silence", 2)]

    outcome(house, "click", 2)

    assert told(silent) == [("ignore pause silence", 1)]


def outcome(house: House, kind: str, days: float) -> None:
    row = {"outcome_id": kind, "contact_id": "c01", "kind": kind, **at(days)}
    house.tower.warehouse.merge("outcomes", pl.DataFrame([row]).drop("source"))


def test_touches_after_a_reply_or_a_complaint_are_told(house: House) -> None:
    touched(house, at(1), at(3))
    house = under(house, reply_pauses=(answer("email"),))
    outcome(house, "reply", 2)
    outcome(house, "complaint", 2)
    assert told(house) == [("complaint hold", 1), ("reply pause answer", 1)]

    row = {"event_id": "e1", "kind": "complaint_closed", **at(2.5)}
    house.tower.warehouse.merge("events", pl.DataFrame([row]).drop("source"))

    assert told(house) == [("reply pause answer", 1)]


def test_people_read_each_rule_with_its_owner_and_reason(house: House) -> None:
    touched(house, at(-3), at(-2), at(-1), at(1))
    data = collision_report(under(house, ignore_pauses=(silence(),)), START - 10 * DAY)

    with (screen := Console(width=200)).capture() as seen:
        show_collisions(screen, data)

    line = next(line for line in seen.get().splitlines() if "ignore pause silence" in line)
    assert silence().owner in line
    assert silence().reason in line
