"""F42 in the house: what a damaged thread was about is read from the ledger."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from app import review_desk, running
from app.compose import House
from evals.faults.world import START, Ledgers, make_world, open_at
from tests.app.worlds import copy_of
from tools.clock import FrozenClock
from tools.ledger import audit, effects, packets, reviews, runs
from tools.ledger.models import AuditRow


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ready`: a run that died just before its commit; `done`: the same, finished and asked."""
    folder = tmp_path_factory.mktemp("worlds")
    make_world(folder, Ledgers())
    copy_of(folder / "ready").rename(folder / "done")
    house = open_at(folder / "done", FrozenClock(START))
    finish(house)
    house.tower.ledger.engine.dispose()
    return folder


def finish(house: House) -> None:
    for run_id in runs.unfinished(house.tower.ledger):
        running.decide(house, run_id, lambda _: None)
    running.attend(house)


@pytest.fixture
def ready(worlds: Path) -> Iterator[House]:
    yield from opened(worlds / "ready")


@pytest.fixture
def done(worlds: Path) -> Iterator[House]:
    yield from opened(worlds / "done")


def opened(world: Path) -> Iterator[House]:
    house = open_at(copy_of(world), FrozenClock(START))
    yield house
    house.tower.ledger.engine.dispose()


def harm(house: House, thread: str = "%") -> None:
    """A bit of every checkpoint of the threads so called."""
    with sqlite3.connect(house.tower.workspace.checkpoint_file) as file:
        file.create_function("harmed", 1, lambda body: bytes([body[0] ^ 1]) + body[1:])
        sql = "UPDATE checkpoints SET checkpoint = harmed(checkpoint) WHERE thread_id LIKE ?"
        assert file.execute(sql, (thread,)).rowcount > 0
    file.close()


def told(house: House) -> list[str]:
    with house.tower.ledger.read() as session:
        assert audit.verify_chain(session) == []
        wanted = select(AuditRow.subject).where(AuditRow.kind == "checkpoints_quarantined")
        return list(session.exec(wanted.order_by(AuditRow.subject)))


def test_F42_a_run_not_committed_is_decided_again_from_its_pins(ready: House, done: House) -> None:
    (run_id,) = runs.unfinished(ready.tower.ledger)
    harm(ready)

    finish(ready)

    assert told(ready) == [run_id]
    assert runs.read(ready.tower.ledger, run_id).state == "done"
    for name in ("candidates", "choices", "decisions"):
        mine = ready.tower.folder(run_id).read(name)
        assert mine.equals(done.tower.folder(run_id).read(name)), name
    intents = [effects.in_states(one.tower.ledger, ("intent",)) for one in (ready, done)]
    assert intents[0].height > 0
    assert set(intents[0]["effect_id"]) == set(intents[1]["effect_id"])


def test_F42_a_committed_run_needs_nothing_of_its_thread(done: House) -> None:
    harm(done, "run-%")
    latest = runs.latest(done.tower.ledger)
    assert latest is not None
    assert running.decide(done, latest.run_id, lambda _: None) == {}
    assert told(done) == []


def test_F42_a_review_that_was_decided_is_settled_by_the_ledger_not_the_thread(
    done: House,
) -> None:
    one, two, *_ = packets.waiting(done.tower.ledger)
    harm(done, "review-%")

    for (packet, _), verdict in ((one, "reject"), (two, "reject")):
        said = review_desk.decide(done, packet.packet_id, verdict, "rita", None)
        assert said["accepted"], said
        found = reviews.find(done.tower.ledger, packet.packet_id)
        assert found is not None
        assert (found.state, found.settled) == ("rejected", True)
    ids = sorted(f"review-{packet.packet_id}" for packet, _ in (one, two))
    assert told(done) == ids


def test_F42_a_review_that_waits_is_opened_anew_and_asks_the_same(done: House) -> None:
    packet, _ = packets.waiting(done.tower.ledger)[0]
    key = packet.packet_id
    harm(done, f"review-{key}")

    done.threads.open(key)  # whoever looks at it next
    running.attend(done)

    assert told(done) == [f"review-{key}"]
    assert reviews.unopened(done.tower.ledger) == []
    found = reviews.find(done.tower.ledger, key)
    assert found is not None
    assert (found.state, found.version, found.settled) == ("pending", packet.version, False)
    state = done.threads.graph.get_state({"configurable": {"thread_id": f"review-{key}"}})
    assert state.interrupts[0].value == {"packet_id": key, "version": packet.version}


def test_F42_with_the_whole_file_gone_every_waiting_review_is_opened_anew(done: House) -> None:
    waiting = [packet.packet_id for packet, _ in packets.waiting(done.tower.ledger)]
    file = done.tower.workspace.checkpoint_file
    file.write_bytes(b"this was a database once" * 400)
    file.with_name(f"{file.name}-wal").unlink(missing_ok=True)

    review_desk.decide(done, waiting[0], "reject", "rita", None)
    running.attend(done)

    assert told(done) == ["every thread"]
    assert reviews.unopened(done.tower.ledger) == []
    assert reviews.unsettled(done.tower.ledger) == []
    ids = {packet.packet_id for packet, _ in packets.waiting(done.tower.ledger)}
    assert ids == set(waiting[1:])
