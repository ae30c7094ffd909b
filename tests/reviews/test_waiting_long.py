"""F32: an approval outlives the process, its thread's file and the version that asked."""

from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from app import review_desk, running
from app.compose import House
from evals.faults import world
from evals.faults.world import open_at
from graph.review import ReviewThreads
from tests.relay.conftest import Hands
from tests.reviews.worlds import HOUR, ask_budget, say, standing
from tools.ledger import effects


def again(house: House) -> House:
    """The house, opened by a new process."""
    house.tower.ledger.engine.dispose()
    return open_at(house.tower.workspace.folder, house.tower.clock)


def intents(house: House) -> int:
    return effects.in_states(house.tower.ledger, ("intent",)).height


def lose_threads(house: House) -> None:
    file = house.tower.workspace.checkpoint_file
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()


@pytest.mark.parametrize("lost", [False, True])
def test_F32_a_packet_waits_through_a_kill_and_is_settled_by_the_ledger(
    house: House, lost: bool
) -> None:
    ask_budget(house.tower)
    running.attend(house)
    if lost:
        lose_threads(house)
    later = again(house)

    said = review_desk.decide(later, "p1", "approve", "rita", None)

    assert said["accepted"], said
    assert (standing(later.tower.ledger).settled, intents(later)) == (True, 1)


def test_F32_a_process_killed_after_the_word_leaves_it_to_the_next(house: House) -> None:
    packet = ask_budget(house.tower)
    running.attend(house)
    say(house.tower.ledger, packet, "rita", at=world.START)
    later = again(house)

    running.attend(later)
    running.attend(later)

    assert (standing(later.tower.ledger).settled, intents(later)) == (True, 1)


class OldState(TypedDict):
    packet_id: str


def older(saver: Any) -> Any:
    """The review as an older version had it: another node, another state."""

    def wait_for_person(state: OldState) -> None:
        interrupt(state["packet_id"])

    graph = StateGraph(OldState)
    graph.add_node("wait_for_person", wait_for_person)
    graph.add_edge(START, "wait_for_person")
    graph.add_edge("wait_for_person", END)
    return graph.compile(checkpointer=saver)


@pytest.mark.parametrize("answered", [True, False])
def test_F32_a_thread_of_an_older_version_is_settled_or_expires_and_never_dropped(
    house: House, answered: bool
) -> None:
    ask_budget(house.tower)
    config = {"configurable": {"thread_id": "review-p1"}}
    older(house.threads.graph.checkpointer).invoke({"packet_id": "p1"}, config)
    later = again(house)
    running.attend(later)

    if answered:
        assert review_desk.decide(later, "p1", "approve", "rita", None)["accepted"]
    else:
        assert isinstance(later.tower.clock, Hands)
        later.tower.clock.at += 31 * HOUR
        assert running.attend(later) == 1

    found = standing(later.tower.ledger)
    assert (found.state, found.settled) == ("approved" if answered else "expired", True)
    assert intents(later) == int(answered)


def test_F32_a_thread_is_resumed_by_the_id_of_its_interrupt_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_budget(house.tower)
    running.attend(house)
    config: Any = {"configurable": {"thread_id": "review-p1"}}
    (pending,) = house.threads.graph.get_state(config).interrupts
    resumed: list[Any] = []
    invoke = type(house.threads.graph).invoke

    def watched(self: Any, given: Any, *more: Any, **named: Any) -> Any:
        resumed.append(given.resume if isinstance(given, Command) else given)
        return invoke(self, given, *more, **named)

    monkeypatch.setattr(type(house.threads.graph), "invoke", watched)
    threads: ReviewThreads = house.threads
    review_desk.decide(house, "p1", "reject", "rita", None)
    threads.wake("p1", {"kind": "decided"})

    assert resumed == [{pending.id: {"kind": "decided"}}]
