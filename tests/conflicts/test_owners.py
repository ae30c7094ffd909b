"""Conflicts about whose an account is."""

from typing import Any

import pytest

from domain.reasons import BIT
from tests.conflicts.worlds import asked, conflicts, found
from tests.policies.worlds import sample_policy

CALL = {"agent": "sales", "channel": "call"}


def test_two_reps_ask_for_people_of_one_account() -> None:
    anna = asked(0, 0, owner="anna", value=30.0, chosen=True, **CALL)
    carl = asked(1, 1, owner="carl", reason="priced_out", **CALL)
    again = asked(2, 2, owner="anna", reason="priced_out", **CALL)
    elsewhere = asked(3, 3, owner="carl", account_id="Borg", chosen=True, **CALL)

    told = found(anna, carl, again, elsewhere)

    assert [one for one in told if one[0] == 7] == [(7, 1, 0)]


DEAL = {"deal_id": "D7", "deal_stage": "discovery", "ae": "ada"}


def test_a_newsletter_goes_out_while_ada_talks_about_a_deal() -> None:
    (conflict,) = conflicts(asked(0, chosen=True, **DEAL))

    assert (conflict["type"], conflict["candidate"], conflict["stake"]) == (26, 0, 10.0)
    assert conflict["fact"] == "deal D7 at discovery is ada's, whom no rule asks: it goes ahead"


def test_the_deals_owner_is_asked_first_where_the_policy_says_so() -> None:
    escalation = sample_policy().escalation.model_copy(update={"deal_owners": True})

    (conflict,) = conflicts(
        asked(0, chosen=True, **DEAL), policy=sample_policy(escalation=escalation)
    )

    assert conflict["fact"] == "deal D7 at discovery is ada's, who is asked first"


@pytest.mark.parametrize(
    "what",
    [
        {"deal_id": None},
        {"ae": None},
        {"chosen": False},
        {"owner": "ada", "agent": "sales", "channel": "call"},
        {"class": "transactional"},
    ],
)
def test_automation_that_meets_no_owner_is_no_conflict(what: dict[str, Any]) -> None:
    assert found(asked(0, **{"chosen": True, **DEAL, **what})) == []


def test_a_rep_at_anothers_account_gives_way_to_the_policy() -> None:
    refused = asked(0, owner="carl", findings=BIT["another_owner"], **CALL)

    (conflict,) = conflicts(refused)

    assert (conflict["type"], conflict["candidate"], conflict["stake"]) == (7, 0, 10.0)
    assert conflict["fact"] == "carl asks, and the account is not theirs"
