"""W1, W7, W8: one person, two journeys, other tools' mails, and the runs that meet them."""

from datetime import timedelta

from app.compose import House
from tests.known_failures.worlds import START, alone, at, enrolled, mailed, mails, run, touches

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
"""The workspace's policy allows one e-mail a person in any week."""


def test_W1_who_enters_a_second_journey_ten_minutes_later_is_mailed_once(house: House) -> None:
    first = mails(house, run(house, "one"))
    at(house, START + timedelta(minutes=10))
    enrolled(house, "launch", START + timedelta(minutes=10))

    second = mails(house, run(house, "two"))

    assert [one["fate"] for one in first].count("scheduled") == 1
    assert {one["treatment_id"] for one in second} == {"spring_mail", "launch_mail"}
    assert {(one["fate"], one["reason"]) for one in second} == {("refused", "cap_reached")}
    assert len(touches(house)) == 1


def test_W7_the_slot_is_chosen_among_those_the_cap_leaves_open(house: House) -> None:
    """Slots come at 14:00, 17:00, 20:00 and 23:00; the week after the other mail ends at 18:00."""
    mailed(house, START - WEEK + 4 * HOUR)
    alone(house, START)

    filed = mails(house, run(house, "one"))

    stood = {one["slot_at"] - START: (one["fate"], one["reason"]) for one in filed}
    assert stood[3 * HOUR] == ("refused", "cap_reached")
    assert stood[6 * HOUR] == ("scheduled", "cleared")


def test_W8_what_a_cap_held_back_is_recorded_with_the_reason_and_offered_again(
    house: House,
) -> None:
    mailed(house, START - timedelta(days=1))
    alone(house, START)
    refused = mails(house, run(house, "one"))
    at(house, START + timedelta(days=6))

    offered = mails(house, run(house, "two"))

    assert {(one["fate"], one["reason"]) for one in refused} == {("refused", "cap_reached")}
    assert [one["fate"] for one in offered].count("executed") == 1, offered
