"""Conflicts about whose an account is."""

from tests.conflicts.worlds import asked, found

CALL = {"agent": "sales", "channel": "call"}


def test_two_reps_ask_for_people_of_one_account() -> None:
    anna = asked(0, 0, owner="anna", value=30.0, chosen=True, **CALL)
    carl = asked(1, 1, owner="carl", reason="priced_out", **CALL)
    again = asked(2, 2, owner="anna", reason="priced_out", **CALL)
    elsewhere = asked(3, 3, owner="carl", account_id="Borg", chosen=True, **CALL)

    conflicts = found(anna, carl, again, elsewhere)

    assert [one for one in conflicts if one[0] == 7] == [(7, 1, 0)]
