"""The cadence: whose next step is due, from when, and what is already done."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agents import email
from tests.agents.worlds import (
    NOON,
    asked,
    desk_in,
    enrolled,
    foreseen,
    names,
    sequence,
    slots_of,
    treatment,
)


@pytest.mark.parametrize(
    ("hours", "slots"),
    [(-30, [0, 1, 2]), (0, [0, 1, 2]), (1, [1, 2, 3]), (16, [6, 7]), (21, [7]), (22, [])],
)
def test_a_step_is_filed_from_the_instant_it_is_due(
    tmp_path: Path, hours: float, slots: list[int]
) -> None:
    programme = {
        "treatments": [treatment("first")],
        "sequences": sequence("first"),
        "enrolments": [enrolled("ada", 1, hours)],
    }
    desk = desk_in(tmp_path, predictions=[foreseen(0, "first")], programme=programme)

    rows = asked(email.build(), desk)

    assert slots_of(rows, "first") == slots


@pytest.mark.parametrize("changes", [{"state": "held"}, {"state": "exited"}, {"next_at": None}])
def test_who_is_held_exited_or_has_no_date_gets_no_step(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    programme = {
        "treatments": [treatment("first")],
        "sequences": sequence("first"),
        "enrolments": [enrolled("ada", 1, 0, **changes), enrolled("bob", 1, 0)],
    }
    desk = desk_in(tmp_path, [{"contact_id": "ada"}, {"contact_id": "bob"}], programme=programme)

    rows = asked(email.build(), desk)

    assert set(rows.get_column("contact_id")) == {"bob"}


def test_a_step_that_was_sent_is_done_and_the_next_waits_its_hours(tmp_path: Path) -> None:
    sent_at = NOON - timedelta(hours=90)
    programme = {
        "treatments": [treatment("first"), treatment("second")],
        "sequences": sequence("first", "second", wait_hours=96),
        "enrolments": [enrolled("ada", 1, -91), enrolled("bob", 1, -91)],
        "touched": [{"contact_id": "ada", "treatment_id": "first", "at": sent_at}],
    }
    desk = desk_in(tmp_path, [{"contact_id": "ada"}, {"contact_id": "bob"}], programme=programme)

    rows = asked(email.build(), desk)

    ada, bob = (rows.filter(pl.col("contact_id") == name) for name in ("ada", "bob"))
    assert (names(ada), slots_of(ada, "second")) == ({"second"}, [2, 3, 4])
    assert names(bob) == {"first"}


def test_what_was_sent_before_a_step_was_due_does_not_count_for_it(tmp_path: Path) -> None:
    early = NOON - timedelta(days=30)
    programme = {
        "treatments": [treatment("first"), treatment("second")],
        "sequences": sequence("first", "second"),
        "enrolments": [enrolled("ada", 1, -1)],
        "touched": [{"contact_id": "ada", "treatment_id": "first", "at": early}],
    }
    desk = desk_in(tmp_path, programme=programme)

    rows = asked(email.build(), desk)

    assert names(rows) == {"first"}


def test_a_sequence_whose_last_step_was_sent_is_over(tmp_path: Path) -> None:
    programme = {
        "treatments": [treatment("first")],
        "sequences": sequence("first"),
        "enrolments": [enrolled("ada", 1, -5)],
        "touched": [{"contact_id": "ada", "treatment_id": "first", "at": NOON}],
    }
    desk = desk_in(tmp_path, programme=programme)

    rows = asked(email.build(), desk)

    assert rows.is_empty()


def test_a_call_in_a_sequence_is_not_the_cadence_s_to_make(tmp_path: Path) -> None:
    call = {**sequence("first")[0], "channel": "call", "treatment_id": "ring"}
    programme = {
        "treatments": [treatment("ring", channel="call")],
        "sequences": [call],
        "enrolments": [enrolled("ada", 1, 0)],
    }
    desk = desk_in(tmp_path, programme=programme)

    rows = asked(email.build(), desk)

    assert rows.is_empty()


def test_a_step_whose_treatment_nobody_knows_is_filed_to_be_refused(tmp_path: Path) -> None:
    programme = {"sequences": sequence("lost"), "enrolments": [enrolled("ada", 1, 0)]}
    desk = desk_in(tmp_path, programme=programme)

    rows = asked(email.build(), desk)

    assert names(rows) == {"lost"}
    assert set(rows.get_column("campaign_id")) == {"unknown"}


def test_a_step_in_two_sequences_is_filed_once_from_the_earlier_date(tmp_path: Path) -> None:
    other = {**sequence("first")[0], "sequence_id": "welcome"}
    programme = {
        "treatments": [treatment("first")],
        "sequences": [*sequence("first"), other],
        "enrolments": [
            enrolled("ada", 1, 12),
            enrolled("ada", 1, 3, sequence_id="welcome"),
        ],
    }
    desk = desk_in(tmp_path, programme=programme)

    rows = asked(email.build(), desk)

    assert slots_of(rows, "first") == [1, 2, 3]
