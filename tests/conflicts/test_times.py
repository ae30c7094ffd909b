"""Conflicts of when: one trigger that fires many, and slots at which nobody may be woken."""

from datetime import timedelta

import pytest

from domain.reasons import BIT
from tests.conflicts.worlds import NOON, asked, conflicts, found, started

DOWNLOAD = NOON - timedelta(days=1)
"""Somebody downloads a white paper, and every tool wakes up."""
MOMENT = timedelta(seconds=20)
QUIET = BIT["quiet_hours"]


def test_a_download_that_starts_a_nurture_and_an_offer_asks_for_two_emails_at_once() -> None:
    offer = asked(0, treatment_id="offer", value=30.0, chosen=True)
    nurture = asked(1, treatment_id="nurture", reason="outranked", winner=0)
    triggers = started((0, "offer", DOWNLOAD), (0, "nurture", DOWNLOAD + MOMENT))

    told = conflicts(offer, nurture, triggers=triggers)

    (conflict,) = [one for one in told if one["type"] == 2]
    assert (conflict["candidate"], conflict["against"]) == (1, 0)
    assert conflict["fact"] == "one trigger on 2026-03-01 12:00 asks for 2 touches"
    assert conflict["stake"] == 10.0


def test_sequences_that_began_a_week_apart_had_no_trigger_in_common() -> None:
    offer = asked(0, treatment_id="offer", value=30.0, chosen=True)
    nurture = asked(1, treatment_id="nurture", reason="outranked", winner=0)
    before = DOWNLOAD - timedelta(days=7)

    told = found(offer, nurture, triggers=started((0, "offer", DOWNLOAD), (0, "nurture", before)))

    assert told == [(1, 1, 0)]


def test_one_trigger_whose_touches_all_go_out_is_no_conflict() -> None:
    offer = asked(0, treatment_id="offer", chosen=True)
    ad = asked(1, treatment_id="ad", agent="ads", channel="ads", chosen=True)

    assert found(offer, ad, triggers=started((0, "offer", DOWNLOAD), (0, "ad", DOWNLOAD))) == []


def test_two_people_who_entered_at_one_instant_share_no_trigger() -> None:
    ada = asked(0, 0, treatment_id="offer", chosen=True)
    ben = asked(1, 1, treatment_id="nurture", reason="outranked", winner=2)
    reply = asked(2, 1, treatment_id="reply", value=30.0, chosen=True)
    triggers = started((0, "offer", DOWNLOAD), (1, "nurture", DOWNLOAD))

    assert found(ada, ben, reply, triggers=triggers) == [(1, 1, 2)]


@pytest.mark.parametrize("findings", [QUIET, QUIET | BIT["quiet_dropped"]])
def test_an_email_planned_for_the_night_goes_out_in_the_morning(findings: int) -> None:
    night = asked(0, treatment_id="offer", findings=findings)
    morning = asked(1, treatment_id="offer", slot=1, chosen=True)

    assert found(night, morning) == [(4, 0, 1)]


def test_a_call_for_which_no_office_hour_is_left_becomes_an_email() -> None:
    evening = asked(0, treatment_id="call", agent="sales", channel="call", findings=QUIET)
    night = asked(1, treatment_id="call", agent="sales", channel="call", slot=1, findings=QUIET)
    email = asked(2, treatment_id="offer", chosen=True)

    (conflict,) = conflicts(evening, night, email)

    assert (conflict["type"], conflict["candidate"], conflict["against"]) == (4, 0, 2)
    assert conflict["fact"] == "every slot falls into quiet hours; another channel speaks instead"


def test_an_email_with_no_slot_left_by_night_and_cap_says_that_no_channel_speaks() -> None:
    night = asked(0, treatment_id="offer", findings=QUIET)
    morning = asked(1, treatment_id="offer", slot=1, findings=QUIET | BIT["cap_reached"])

    told = conflicts(night, morning)

    (conflict,) = [one for one in told if one["type"] == 4]
    assert (conflict["candidate"], conflict["against"]) == (0, None)
    assert conflict["fact"] == "every slot falls into quiet hours, and no other channel was chosen"


def test_a_beaten_email_that_had_a_waking_hour_is_no_matter_of_the_night() -> None:
    night = asked(0, treatment_id="offer", findings=QUIET)
    morning = asked(1, treatment_id="offer", slot=1, reason="outranked", winner=2)
    call = asked(2, agent="sales", channel="call", value=30.0, chosen=True)

    assert found(night, morning, call) == [(1, 1, 2)]
