"""A life that hangs is noticed and tells where; one that is only slow is let live."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.faults import runs
from evals.faults.living import IDLE, Place
from evals.faults.plans import Plan
from evals.faults.runs import Outcome
from evals.faults.shared import REACHED, Shared
from evals.faults.watching import Watch, Watched

SILENT = 3.0


def _slow(shared: Shared) -> int:
    """Comes to a point now and then, for much longer than a silence may be."""
    for _ in range(10):
        shared.count(REACHED)
        time.sleep(SILENT / 6)
    return IDLE


def _hanging(shared: Shared) -> int:
    shared.count(REACHED)
    time.sleep(60)
    return IDLE


def _circling(shared: Shared) -> int:
    while True:
        shared.count(REACHED)
        time.sleep(SILENT / 300)


def _under_fire(
    life: Callable[[Shared], int], folder: Path, patch: pytest.MonkeyPatch, longest: float = 60.0
) -> Outcome:
    """What comes of three processes that live so, with patience measured in parts of a second."""
    patch.setattr(runs, "Watch", lambda shared: Watch(shared, SILENT, longest))
    patch.setattr(runs, "live", lambda place, plan, shared, *_: life(shared))
    plan, outcome = Plan("three", (), processes=3), Outcome("three")
    runs._under_fire(Place(folder), plan, Shared(), None, outcome, None)
    return outcome


def test_processes_that_are_only_slow_are_let_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _under_fire(_slow, tmp_path, monkeypatch).violations == []


def test_a_process_that_comes_to_nothing_more_hangs_and_tells_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = _under_fire(_hanging, tmp_path, monkeypatch).violations

    assert (one.invariant, one.sentence) == ("I9", "A process hung under fire.")
    assert "in _hanging" in Place(tmp_path).log(0).read_text()


def test_processes_that_never_come_to_rest_are_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = _under_fire(_circling, tmp_path, monkeypatch, longest=1.0).violations

    assert (one.invariant, one.sentence) == ("I9", "Processes went on and on under fire.")


def test_while_the_machine_stands_still_nobody_grows_older() -> None:
    instants = iter([0.0, 0.5, 30.5, 31.0])
    watched = Watched(lambda: next(instants))

    assert [watched.look() for _ in range(4)] == [0.0, 0.5, 1.5, 2.0]
