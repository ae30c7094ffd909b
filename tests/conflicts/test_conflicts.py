"""Conflicts a marketer knows, each found by its name and with what giving way costs."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from graph.arbitration.conflicts import TYPES, detect

from domain.reasons import BIT
from domain.tables import CANDIDATES, CONFLICTS

SCHEMA = {
    **CANDIDATES.schema,
    "chosen": pl.Boolean,
    "ghost": pl.Boolean,
    "reason": pl.String,
    "winner": pl.UInt32,
    "resource": pl.String,
    "deal_id": pl.String,
    "deal_stage": pl.String,
    "touches_28d": pl.UInt32,
}


def asked(number: int, contact: int = 0, **columns: Any) -> dict[str, Any]:
    """A marketing e-mail worth ten that was neither chosen nor beaten, unless said otherwise."""
    return {
        "candidate": number,
        "contact": contact,
        "contact_id": f"person {contact}",
        "account_id": "Acme",
        "agent": "email",
        "channel": "email",
        "campaign_id": "spring",
        "treatment_id": f"treatment {number}",
        "class": "marketing",
        "purpose": "marketing",
        "slot": 0,
        "slot_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "value": 10.0,
        "value_se": 1.0,
        "evidence": "measured",
        "cost": 0,
        "minutes": 0.0,
        "findings": 0,
        "chosen": False,
        "ghost": False,
        "touches_28d": 0,
        **columns,
    }


def found(*rows: dict[str, Any]) -> list[tuple[int, int, int | None]]:
    """Type, side that gave way, other side."""
    conflicts = detect(pl.DataFrame(list(rows), schema=SCHEMA, orient="row"))
    assert conflicts.schema == CONFLICTS.schema
    return conflicts.select("type", "candidate", "against").rows()


def test_two_emails_for_one_free_touch_collide() -> None:
    winner = asked(0, value=30.0, chosen=True)
    loser = asked(1, reason="outranked", winner=0)

    assert found(winner, loser) == [(1, 1, 0)]


def test_the_later_slot_of_the_same_email_is_no_conflict() -> None:
    winner = asked(0, treatment_id="offer", chosen=True)
    later = asked(1, treatment_id="offer", slot=1, reason="outranked", winner=0)

    assert found(winner, later) == []


def test_a_newsletter_of_another_tool_uses_up_the_cap() -> None:
    assert found(asked(0, findings=BIT["cap_reached"])) == [(1, 0, None)]


def test_an_email_planned_for_the_night_goes_out_in_the_morning() -> None:
    night = asked(0, treatment_id="offer", findings=BIT["quiet_hours"])
    morning = asked(1, treatment_id="offer", slot=1, chosen=True)

    assert found(night, morning) == [(4, 0, 1)]


def test_a_reply_to_a_question_comes_before_a_promotion() -> None:
    reply = asked(0, **{"class": "inbound_response"}, chosen=True)
    promotion = asked(1, reason="outranked", winner=0)

    assert found(reply, promotion) == [(5, 1, 0)]


def test_nurture_waits_while_a_deal_is_negotiated() -> None:
    nurture = asked(0, findings=BIT["deal_hold"], deal_id="D7", deal_stage="negotiation")
    rows = pl.DataFrame([nurture], schema=SCHEMA, orient="row")

    conflict = detect(rows).row(0, named=True)

    assert (conflict["type"], conflict["candidate"], conflict["stake"]) == (6, 0, 10.0)
    assert conflict["fact"] == "deal D7 is at negotiation"


def test_two_reps_ask_for_people_of_one_account() -> None:
    call = {"agent": "sales", "channel": "call"}
    anna = asked(0, 0, owner="anna", value=30.0, chosen=True, **call)
    carl = asked(1, 1, owner="carl", reason="priced_out", **call)
    again = asked(2, 2, owner="anna", reason="priced_out", **call)
    elsewhere = asked(3, 3, owner="carl", account_id="Borg", chosen=True, **call)

    conflicts = found(anna, carl, again, elsewhere)

    assert [one for one in conflicts if one[0] == 7] == [(7, 1, 0)]


def test_a_promotion_stops_at_an_open_complaint() -> None:
    assert found(asked(0, findings=BIT["open_complaint"])) == [(8, 0, None)]


def test_ten_percent_off_and_a_free_month_contradict_each_other() -> None:
    free_month = asked(0, offer="free_month", chosen=True)
    ten_percent = asked(1, offer="ten_percent", reason="outranked", winner=0)

    assert found(free_month, ten_percent) == [(9, 1, 0)]


def test_more_calls_are_worth_it_than_the_reps_have_minutes() -> None:
    call = asked(0, channel="call", reason="priced_out", resource="minutes:anna")
    conflict = detect(pl.DataFrame([call], schema=SCHEMA, orient="row")).row(0, named=True)

    assert (conflict["type"], conflict["fact"]) == (10, "minutes:anna")


def test_retargeting_would_pay_for_someone_who_has_bought() -> None:
    ad = asked(0, agent="ads", channel="ads", findings=BIT["existing_customer"])

    assert found(ad) == [(11, 0, None)]


def test_the_best_known_email_gives_way_to_an_exploration_draw() -> None:
    drawn = asked(0, value=5.0, chosen=True)
    best = asked(1, value=30.0, reason="explored", winner=0)

    assert found(drawn, best) == [(15, 1, 0)]


def test_another_tool_wrote_to_a_person_of_the_holdout() -> None:
    leaked = asked(0, ghost=True, touches_28d=2)
    clean = asked(1, 1, ghost=True)

    assert found(leaked, clean) == [(17, 0, None)]


def test_what_nobody_wanted_is_no_conflict() -> None:
    assert found(asked(0, value=-5.0, reason="nothing"), asked(1, 1, chosen=True)) == []


def test_what_gives_way_below_zero_stakes_nothing() -> None:
    held = asked(0, value=-5.0, findings=BIT["open_complaint"])
    conflicts = detect(pl.DataFrame([held], schema=SCHEMA, orient="row"))

    assert conflicts.get_column("stake").to_list() == [0.0]


def test_the_page_lists_every_type_by_its_number_and_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "conflicts.md").read_text()

    listed = re.findall(r"^\| (\d+) \| ([^|]+?) \|", page, flags=re.M)

    assert {int(number): name for number, name in listed} == {
        number: name for number, (name, _) in TYPES.items()
    }
