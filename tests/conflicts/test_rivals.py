"""Conflicts between candidates: for a touch, by class, by offer, for what all share, by chance."""

from tests.conflicts.worlds import asked, conflicts, found


def test_two_emails_for_one_free_touch_collide() -> None:
    winner = asked(0, value=30.0, chosen=True)
    loser = asked(1, reason="outranked", winner=0)

    assert found(winner, loser) == [(1, 1, 0)]


def test_the_later_slot_of_the_same_email_is_no_conflict() -> None:
    winner = asked(0, treatment_id="offer", chosen=True)
    later = asked(1, treatment_id="offer", slot=1, reason="outranked", winner=0)

    assert found(winner, later) == []


def test_two_slots_of_a_beaten_email_are_one_conflict() -> None:
    winner = asked(0, value=30.0, chosen=True)
    morning = asked(1, treatment_id="offer", value=8.0, reason="outranked", winner=0)
    evening = asked(2, treatment_id="offer", slot=1, value=9.0, reason="outranked", winner=0)

    assert found(winner, morning, evening) == [(1, 2, 0)]


def test_an_email_for_an_account_that_has_had_its_touches_collides_with_the_cap() -> None:
    capped = asked(0, reason="cap_reached")

    (conflict,) = conflicts(capped)

    assert (conflict["type"], conflict["against"]) == (1, None)
    assert conflict["fact"] == "no cap leaves it room in this run"


def test_a_reply_to_a_question_comes_before_a_promotion() -> None:
    reply = asked(0, **{"class": "inbound_response"}, chosen=True)
    promotion = asked(1, reason="outranked", winner=0)

    assert found(reply, promotion) == [(5, 1, 0)]


def test_ten_percent_off_and_a_free_month_contradict_each_other() -> None:
    free_month = asked(0, offer="free_month", chosen=True)
    ten_percent = asked(1, offer="ten_percent", reason="outranked", winner=0)

    assert found(free_month, ten_percent) == [(9, 1, 0)]


def test_more_calls_are_worth_it_than_the_reps_have_minutes() -> None:
    call = asked(0, channel="call", reason="priced_out", resource="minutes:anna")

    (conflict,) = conflicts(call)

    assert (conflict["type"], conflict["fact"]) == (10, "minutes:anna")


def test_three_slots_of_a_call_no_rep_has_time_for_are_one_conflict() -> None:
    call = {"treatment_id": "call", "channel": "call", "reason": "priced_out"}
    slots = [asked(number, slot=number, **call) for number in range(3)]
    made_later = asked(4, 1, **{**call, "reason": None, "chosen": True})

    assert found(*slots, asked(3, 1, **call), made_later) == [(10, 0, None)]


def test_the_best_known_email_gives_way_to_an_exploration_draw() -> None:
    drawn = asked(0, value=5.0, chosen=True)
    best = asked(1, value=30.0, reason="explored", winner=0)

    assert found(drawn, best) == [(15, 1, 0)]


def test_what_nobody_wanted_is_no_conflict() -> None:
    assert found(asked(0, value=-5.0, reason="nothing"), asked(1, 1, chosen=True)) == []
