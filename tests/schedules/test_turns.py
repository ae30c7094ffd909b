"""One process at a time runs the cycle, and one that was paused beyond its lease writes nothing."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import running
from app.compose import House
from app.turns import LEASE, LEASE_SECONDS, turn_of
from domain.errors import BusyError, FencedError
from evals.faults.world import SCHEDULE, SLOT
from tests.schedules.conftest import Hands, lines_of, rows_of
from tests.waiting import until
from tools.ledger import audit, leases
from tools.ledger.database import Ledger
from tools.ledger.leases import Keeper

Process = Callable[[str], House]
OVER = timedelta(seconds=LEASE_SECONDS + 1)


def silent(_: str) -> None:
    return None


def test_F33_a_second_process_finds_the_run_going_and_is_told_who_runs_it(process: Process) -> None:
    first, second = process("ann"), process("bob")
    told: list[BusyError] = []

    def meanwhile(step: str) -> None:
        if step == running.STEPS["arbitrate"]:
            with pytest.raises(BusyError) as busy:
                running.run(second, "manual", None, silent)
            told.append(busy.value)

    running.run(first, SCHEDULE, SLOT, meanwhile)

    assert "process 100 on ann" in told[0].message
    assert f"({SCHEDULE}), since " in told[0].message
    assert [(one.schedule, one.state) for one in rows_of(first)] == [(SCHEDULE, "done")]


def test_F33_a_slot_that_two_schedulers_run_is_decided_once(process: Process) -> None:
    for machine in ("ann", "bob"):
        running.run(process(machine), SCHEDULE, SLOT, silent)

    house = process("eve")
    assert len(rows_of(house)) == 1
    assert len(lines_of(house, "run_committed")) == 1


def test_the_turn_is_given_back_when_a_step_fails(process: Process) -> None:
    first, second = process("ann"), process("bob")

    with pytest.raises(OSError, match="no disk"), turn_of(first):
        raise OSError("no disk")

    with turn_of(second) as turn:
        assert turn.tower.lease is not None


def test_F34_a_run_that_was_paused_beyond_its_lease_writes_nothing(
    process: Process, hands: Hands
) -> None:
    first, second = process("ann"), process("bob")

    def paused_before_the_commit(step: str) -> None:
        if step == running.STEPS["triage"]:
            assert second.run_keeper.take() is None
            hands.pass_(OVER)
            running.run(second, SCHEDULE, SLOT, silent)

    with pytest.raises(FencedError, match="lost the lease run"):
        running.run(first, SCHEDULE, SLOT, paused_before_the_commit)

    assert len(lines_of(first, "run_committed")) == 1
    assert [one.state for one in rows_of(first)] == ["done"]


def test_F34_between_two_steps_a_run_shows_life_or_learns_that_it_lost(
    process: Process, hands: Hands
) -> None:
    first, second = process("ann"), process("bob")
    with turn_of(first) as turn:
        assert second.run_keeper.take() is None
        hands.pass_(OVER / 2)
        turn.renew()
        hands.pass_(OVER / 2)
        assert second.run_keeper.take() is None
        hands.pass_(OVER)
        assert second.run_keeper.take() is not None
        with pytest.raises(FencedError, match="lost the run's lease"):
            turn.renew()


def test_F34_a_lease_taken_again_is_another_one_and_the_old_turn_is_over(
    process: Process, hands: Hands
) -> None:
    """The other came and went meanwhile: what the turn read before may be untrue."""
    first, second = process("ann"), process("bob")
    with turn_of(first) as turn:
        second.run_keeper.take()
        hands.pass_(OVER)
        second.run_keeper.take()
        second.run_keeper.release()
        with pytest.raises(FencedError):
            turn.renew()


def test_F34_a_real_process_that_was_stopped_is_refused_when_it_continues(
    process: Process, tmp_path: Path
) -> None:
    house = process("ann")
    url = str(house.tower.ledger.engine.url)
    child = os.fork()
    if child == 0:
        os._exit(_work_stopped(house, url))
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])

    heir = Keeper(house.tower.ledger, LEASE, seconds=0.2)
    taken = until(heir.take)
    os.kill(child, signal.SIGCONT)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == REFUSED
    assert taken is not None
    assert lines_of(house, "late") == []


REFUSED = 7


def _work_stopped(house: House, url: str) -> int:
    """In the child: take the lease, be stopped, then write."""
    ledger = Ledger(url)
    lease = Keeper(ledger, LEASE, holder=leases.who_am_i()).take()
    tower = replace(house.tower, ledger=ledger, lease=lease)
    os.kill(os.getpid(), signal.SIGSTOP)
    try:
        with tower.write() as session:
            audit.append(session, house.tower.clock.now(), "meta-agent", "late", "x", {})
    except FencedError:
        return REFUSED
    return 0
