"""Conflicts with a fact: a used cap, an open deal, a complaint, a customer, a leaked holdout."""

from domain.reasons import BIT
from tests.conflicts.worlds import asked, conflicts, found


def test_a_newsletter_of_another_tool_uses_up_the_cap() -> None:
    assert found(asked(0, findings=BIT["cap_reached"])) == [(1, 0, None)]


def test_an_email_that_waits_for_its_cap_and_goes_out_later_is_no_conflict() -> None:
    today = asked(0, treatment_id="offer", findings=BIT["cap_reached"])
    tomorrow = asked(1, treatment_id="offer", slot=1, chosen=True)

    assert found(today, tomorrow) == []


def test_nurture_waits_while_a_deal_is_negotiated() -> None:
    nurture = asked(0, findings=BIT["deal_hold"], deal_id="D7", deal_stage="negotiation")

    (conflict,) = conflicts(nurture)

    assert (conflict["type"], conflict["candidate"], conflict["stake"]) == (6, 0, 10.0)
    assert conflict["fact"] == "deal D7 is at negotiation"


def test_a_promotion_stops_at_an_open_complaint() -> None:
    assert found(asked(0, findings=BIT["open_complaint"])) == [(8, 0, None)]


def test_retargeting_would_pay_for_someone_who_has_bought() -> None:
    ad = asked(0, agent="ads", channel="ads", findings=BIT["existing_customer"])

    assert found(ad) == [(11, 0, None)]


def test_another_tool_wrote_to_a_person_of_the_holdout() -> None:
    leaked = asked(0, ghost=True, touches_28d=2)
    clean = asked(1, 1, ghost=True)

    assert found(leaked, clean) == [(17, 0, None)]


def test_what_gives_way_below_zero_stakes_nothing() -> None:
    (conflict,) = conflicts(asked(0, value=-5.0, findings=BIT["open_complaint"]))

    assert conflict["stake"] == 0.0
