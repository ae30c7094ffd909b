"""The effect desk: a person's word for a lost answer, what is shown, and what troubles."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.compose import House
from app.effect_desk import LONG_UNKNOWN, listing, page, resolve, take_back, troubles
from domain.errors import RefusedError
from tests.relay.conftest import KEYED, LOOKED_UP, NEITHER, Post
from tests.relay.twin import acts_and_is_not_heard, is_not_reached
from tools.ledger import reservations
from tools.ledger.verify import verify

Build = Callable[..., Post]


def parked(at: Post) -> str:
    at.twin.modes = [acts_and_is_not_heard]
    (key,) = at.intend("c00")
    at.deliver()
    return key


@pytest.mark.parametrize("happened", [True, False])
def test_a_parked_effect_ends_as_a_person_says_and_is_not_sent_again(
    house: House, post: Build, happened: bool
) -> None:
    at = post(NEITHER)
    key = parked(at)

    said = resolve(house, key, happened, "rita")
    at.deliver(timedelta(hours=1))

    assert said["accepted"]
    assert at.states() == {key: "accepted" if happened else "failed"}
    assert len(at.twin.calls) == 1
    assert all(one.ok for one in verify(house.tower.ledger, house.tower.workspace.runs_folder))


def test_said_twice_the_second_word_changes_nothing(house: House, post: Build) -> None:
    at = post(NEITHER)
    key = parked(at)
    resolve(house, key, True, "rita")

    again = resolve(house, key, False, "ravi")

    assert not again["accepted"]
    assert at.states() == {key: "accepted"}


def test_only_a_reviewer_says_what_became_of_it(house: House, post: Build) -> None:
    key = parked(post(NEITHER))

    with pytest.raises(RefusedError, match="sven is no reviewer"):
        resolve(house, key, True, "sven")
    with pytest.raises(RefusedError, match="no effect nothing"):
        resolve(house, "nothing", True, "rita")


def test_a_parked_effect_keeps_what_it_holds_until_then(house: House, post: Build) -> None:
    at = post(NEITHER)
    key = parked(at)
    with house.tower.ledger.write() as session:
        from tests.ledger_storage.worlds import holds

        rows = holds(key)
        reservations.hold(session, rows, "r1")
        reservations.spend(session, [key])
    assert reservations.touch_log(house.tower.ledger).height == 1

    resolve(house, key, False, "rita")

    assert reservations.touch_log(house.tower.ledger).height == 0


def test_the_list_counts_states_and_shows_what_is_open(house: House, post: Build) -> None:
    at = post(NEITHER)
    key = parked(at)
    at.intend("c01")
    at.deliver()

    data = listing(house, [], parked=False)
    assert (data["counts"]["accepted"], data["counts"]["unknown"], data["parked"]) == (1, 1, 1)
    assert [row["effect_id"] for row in data["effects"]] == [key]
    assert listing(house, ["accepted"], parked=False)["found"] == 1
    assert page(house, key)["sentence"]


def test_F4_an_effect_unknown_for_long_is_shown_as_trouble(house: House, post: Build) -> None:
    at = post(LOOKED_UP, settles_seconds=1e6)
    parked(at)
    assert troubles(house) == []

    at.clock.at += LONG_UNKNOWN + timedelta(minutes=1)

    assert "unknown for more than an hour" in troubles(house)[0]


def test_F8_a_provider_that_nothing_goes_to_is_shown_as_trouble(house: House, post: Build) -> None:
    at = post(KEYED)
    at.twin.modes = [is_not_reached] * 9
    at.intend("c00")
    for _ in range(5):
        at.deliver(timedelta(minutes=10))

    assert "Nothing goes to twin until" in troubles(house)[0]


def test_a_message_can_not_be_taken_back(house: House, post: Build) -> None:
    at = post()
    (key,) = at.intend("c00")
    at.deliver()

    said = take_back(house, key, "rita")

    assert (said["accepted"], said["sentence"]) == (False, "What was sent can not be taken back.")
