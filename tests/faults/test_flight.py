"""A relay killed in flight, small: each effect happens once, or is parked where nobody can know;
and a life that hangs ends the flight instead of being waited for without end."""

import os
import random
import re
import time
from pathlib import Path

import pytest

from evals.faults import flight
from evals.faults.flight import Flight
from evals.faults.shared import Shared
from tests.faults.fresh import said
from tools.connectors.protocols import Doors


def test_each_effect_of_a_crowd_happens_once_though_the_relay_is_killed() -> None:
    found = said(
        "evals.faults.measured",
        "flight",
        "--engine",
        "sqlite",
        "--people",
        "900",
        "--provider",
        "lookup",
        "--kills",
        "2",
        "--json",
    )[0]

    assert found["kills"] == 2
    assert found["acts"] == {"1": 900}
    assert (found["lost"], found["unlike"], found["parked"]) == (0, 0, 0)


def _hanging(*_: object) -> int:
    """Comes to no fault point; much longer than the wait, and not without end."""
    time.sleep(60)
    return flight.DONE


def _process_of(error: BaseException) -> int:
    found = re.search(r"process (\d+)", str(error))
    assert found is not None
    return int(found.group(1))


def _no_doors() -> Doors:
    raise AssertionError("Nobody delivers here.")


def test_a_life_that_hangs_before_its_fault_point_is_killed_and_fails_the_flight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight, "_work", _hanging)
    to = Flight("keyed", "sqlite", 1, kills=1)

    with pytest.raises(RuntimeError, match="to die at fault point") as told:
        flight._live_and_die(
            tmp_path / "workspace", _no_doors, None, Shared(), random.Random(1), to, longest=0.5
        )

    assert "found it running still; it was killed" in str(told.value)
    assert "in _hanging" in str(told.value)
    assert to.kills == 1
    with pytest.raises(ProcessLookupError):
        os.kill(_process_of(told.value), 0)


def test_a_process_that_hangs_at_its_work_is_killed_and_fails_the_flight(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="to finish its work within") as told:
        flight._must(_hanging, tmp_path / "log", longest=0.5)

    assert "in _hanging" in str(told.value)


def test_a_process_that_ends_within_the_wait_is_left_to_end(tmp_path: Path) -> None:
    flight._must(lambda: flight.DONE, tmp_path / "log")
