"""W18, W19: a review's node runs again, and a question that nobody answers."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app import review_desk, running
from app.compose import House
from graph import review
from graph.settling import settle
from graph.tower import Tower
from tests.known_failures.worlds import at
from tests.relay.conftest import Killed, Post
from tests.reviews.worlds import ask_budget, standing
from tools.ledger import effects, reservations

STATES = ("intent", "sending", "accepted", "failed", "unknown", "skipped", "expired")
HOUR = timedelta(hours=1)


def made(house: House) -> list[str]:
    return effects.in_states(house.tower.ledger, STATES)["effect_id"].to_list()


def test_W18_a_node_that_runs_again_after_its_resume_makes_each_effect_once(
    house: House, post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies when the node has done its work, before its checkpoint is written."""
    packet = ask_budget(house.tower)
    running.attend(house)

    def settles_and_dies(tower: Tower, packet_id: str) -> None:
        settle(tower, packet_id)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(review, "settle", settles_and_dies)
        with pytest.raises(Killed):
            review_desk.decide(house, packet.packet_id, "approve", "rita", None)
    once = made(house)

    for _ in range(2):
        house.threads.wake(packet.packet_id, {"kind": "decided"})
        running.attend(house)
    relay = post()
    for _ in range(2):
        relay.deliver(HOUR)

    assert len(once) == 1
    assert made(house) == once
    assert relay.twin.acts == {once[0]: 1}


def test_W18_a_second_interrupt_is_answered_like_the_first(house: House) -> None:
    packet = ask_budget(house.tower)
    running.attend(house)
    for version in (2, 3):
        house.threads.wake(packet.packet_id, {"kind": "revised", "version": version})
    waiting = house.threads.graph.get_state(
        {"configurable": {"thread_id": f"{review.THREAD}{packet.packet_id}"}}
    ).interrupts

    said = review_desk.decide(house, packet.packet_id, "approve", "rita", None)

    assert [one.value["version"] for one in waiting] == [3]
    assert said["accepted"], said
    assert len(made(house)) == 1


def test_W19_a_question_that_nobody_answered_is_closed_in_time_and_never_taken_for_a_yes(
    house: House,
) -> None:
    packet = ask_budget(house.tower)
    running.attend(house)
    expires = standing(house.tower.ledger, packet.packet_id).expires_at
    at(house, expires - HOUR)
    before = running.attend(house), standing(house.tower.ledger, packet.packet_id).state

    at(house, expires)
    closed = running.attend(house)

    late = review_desk.decide(house, packet.packet_id, "approve", "rita", None)
    assert (before, closed) == ((0, "pending"), 1)
    assert standing(house.tower.ledger, packet.packet_id).state == "expired"
    assert not late["accepted"]
    assert made(house) == []
    assert reservations.touch_log(house.tower.ledger).is_empty()
