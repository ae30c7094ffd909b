"""Questions that nobody answers: overdue, passed on once, closed. Never taken for a yes."""

from datetime import datetime

import pytest

from app import review_desk, running
from app.compose import House
from domain.errors import ConfigurationError
from evals.faults.world import START
from policies.loading import load
from tests.relay.conftest import Hands
from tests.reviews.worlds import (
    DOWNGRADE,
    HOUR,
    LATER,
    NOON,
    REASSIGN,
    ask,
    ask_budget,
    lines,
    say,
    standing,
)
from tools.ledger import effects, reservations, reviews, timeouts
from tools.ledger.database import Ledger
from tools.ledger.timeouts import Closed, Timeout
from tools.ledger.words import Decided, Expired, NotAllowed


def close(ledger: Ledger, at: datetime, rule: Timeout) -> Closed:
    with ledger.write() as session:
        return timeouts.close_due(session, at, rule)


def remind(ledger: Ledger, at: datetime, rule: Timeout) -> list[str]:
    with ledger.write() as session:
        return timeouts.remind(session, at, rule)


def test_a_question_is_passed_on_once_with_a_fresh_period_and_then_expires(
    ledger: Ledger,
) -> None:
    packet = ask(ledger, last_at=LATER + 200 * HOUR)
    assert close(ledger, LATER - HOUR, REASSIGN) == Closed()

    assert close(ledger, LATER, REASSIGN) == Closed(reassigned=("p1",))
    found = standing(ledger)
    assert (found.state, found.reassigned_to) == ("pending", "operator")
    assert found.expires_at == LATER + 24 * HOUR
    assert [line[1:] for line in lines(ledger, "review_reassigned")] == [
        ("p1", {"to": "operator", "expires_at": found.expires_at.isoformat()})
    ]

    assert close(ledger, LATER + 24 * HOUR, REASSIGN) == Closed(expired=("p1",))
    assert say(ledger, packet, "olga", roles=["operator"], at=LATER + 24 * HOUR) == Expired()


def test_whom_it_was_passed_on_to_decides_and_not_before(ledger: Ledger) -> None:
    packet = ask(ledger, last_at=LATER + 200 * HOUR)
    assert isinstance(say(ledger, packet, "olga", roles=["operator"]), NotAllowed)

    close(ledger, LATER, REASSIGN)

    said = say(ledger, packet, "olga", roles=["operator"], at=LATER)
    assert said == Decided(state="approved")


def test_what_could_not_happen_any_more_is_passed_on_to_nobody(ledger: Ledger) -> None:
    ask(ledger, last_at=LATER - HOUR)

    assert close(ledger, LATER, REASSIGN) == Closed(expired=("p1",))


def test_a_downgrade_sends_nothing_that_a_person_was_asked_about(ledger: Ledger) -> None:
    ask(ledger)

    assert close(ledger, LATER, DOWNGRADE) == Closed(expired=("p1",))

    found = standing(ledger)
    assert (found.state, found.reason) == ("expired", "nothing_alone")
    assert effects.in_states(ledger, effects.EVERY).is_empty()


def test_F31_a_question_that_nobody_heard_of_stays_and_is_told_once_as_overdue(
    ledger: Ledger,
) -> None:
    ask(ledger)
    asked = [remind(ledger, NOON + hours * HOUR, REASSIGN) for hours in (11, 12, 13)]

    assert asked == [[], ["p1"], []]
    assert standing(ledger).state == "pending"
    (line,) = lines(ledger, "review_overdue")
    assert line[2] == {"expires_at": LATER.isoformat(), "then": "reassign to operator"}


def test_F31_who_it_is_passed_on_to_is_reminded_too(ledger: Ledger) -> None:
    ask(ledger, last_at=LATER + 200 * HOUR)
    remind(ledger, NOON + 13 * HOUR, REASSIGN)
    close(ledger, LATER, REASSIGN)

    asked = [remind(ledger, LATER + hours * HOUR, REASSIGN) for hours in (11, 12, 13)]

    assert asked == [[], ["p1"], []]
    assert lines(ledger, "review_overdue")[1][2]["then"] == "expire"


def test_F31_the_queue_shows_what_is_overdue_and_nothing_approves_itself(house: House) -> None:
    clock = house.tower.clock
    assert isinstance(clock, Hands)
    packet = ask_budget(house.tower)
    assert not review_desk.waiting(house)[0]["overdue"]

    clock.at = START + 16 * HOUR
    assert running.attend(house) == 0

    (row,) = review_desk.waiting(house)
    assert (row["packet_id"], row["overdue"], row["asked"]) == (
        packet.packet_id,
        True,
        "reviewers",
    )
    assert len(lines(house.tower.ledger, "review_overdue")) == 1
    assert effects.in_states(house.tower.ledger, effects.EVERY).is_empty()


def test_F27_what_expired_is_free_for_the_next_run(house: House) -> None:
    clock = house.tower.clock
    assert isinstance(clock, Hands)
    packet = ask_budget(house.tower)
    assert not reservations.touch_log(house.tower.ledger).is_empty()

    clock.at = START + 30 * HOUR
    assert running.attend(house) == 1

    assert reservations.touch_log(house.tower.ledger).is_empty()
    late = review_desk.decide(house, packet.packet_id, "approve", "rita", None)
    assert "the next run proposes afresh" in late["sentence"]
    assert standing(house.tower.ledger).settled


def test_a_policy_that_passes_questions_on_says_to_whom(house: House) -> None:
    file = house.tower.workspace.policy_file
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[review]", '[review]\non_timeout = "reassign"'), "utf-8")

    with pytest.raises(ConfigurationError, match="reassign_to"):
        load(file)


def test_instants_to_stop_at_are_those_of_reminders_too(ledger: Ledger) -> None:
    ask(ledger)
    assert reviews.expiries(ledger) == [NOON + 12 * HOUR, LATER]
