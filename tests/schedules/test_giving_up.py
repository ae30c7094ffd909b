"""A run that was left unfinished is given up by a person, and later ones wait for it no more."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app import running
from app.cli import acting
from app.cli.root import cli
from app.compose import House
from app.giving_up import give_up
from app.reading import status
from app.story.run_report import show_status
from app.turns import turn_of
from domain.errors import BusyError, RefusedError
from evals.faults.world import SCHEDULE, SLOT
from graph import seeing
from graph.opening import open_run
from tests.schedules.conftest import lines_of, rows_of
from tools.ledger import runs

Process = Callable[[str], House]
LATER = "2026-09-02T06:00:00+00:00"


def fails(house: House, slot: str) -> None:
    """A run that fails at predicting, as it would at every try."""

    def predict(*_: object) -> None:
        raise OSError("no memory")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeing, "predict", predict)
        with pytest.raises(OSError, match="no memory"):
            running.run(house, SCHEDULE, slot, lambda _: None)


def left_unfinished(house: House) -> str:
    fails(house, SLOT)
    (run_id,) = runs.unfinished(house.tower.ledger)
    return run_id


def shown(house: House) -> str:
    out = Console(file=StringIO(), width=400)
    show_status(out, status(house, None))
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


def test_a_later_run_waits_for_the_unfinished_one_until_that_is_given_up(process: Process) -> None:
    house = process("ann")
    run_id = left_unfinished(house)
    fails(house, LATER)
    assert [one.run_id for one in rows_of(house)] == [run_id]

    told = give_up(house, run_id, "olivia", "the import was wrong")

    assert told["accepted"]
    assert runs.unfinished(house.tower.ledger) == []
    assert runs.read(house.tower.ledger, run_id).reason == (
        "Given up by olivia: the import was wrong"
    )
    assert running.run(house, SCHEDULE, LATER, lambda _: None).run_id != run_id


def test_who_gave_a_run_up_and_why_stands_in_the_audit(process: Process) -> None:
    house = process("ann")
    run_id = left_unfinished(house)

    give_up(house, run_id, "olivia", "the import was wrong")

    (line,) = lines_of(house, "run_expired")
    assert (line.actor, line.subject) == ("olivia", run_id)
    assert json.loads(line.payload)["reason"] == "Given up by olivia: the import was wrong"


def test_a_finished_run_is_not_given_up(process: Process) -> None:
    house = process("ann")
    run_id = running.run(house, SCHEDULE, SLOT, lambda _: None).run_id

    told = give_up(house, run_id, "olivia", "too late")

    assert not told["accepted"]
    assert runs.read(house.tower.ledger, run_id).state == "done"


def test_nobody_gives_up_a_run_that_a_process_is_at(process: Process) -> None:
    first, second = process("ann"), process("bob")
    run_id = left_unfinished(first)

    with turn_of(first), pytest.raises(BusyError):
        give_up(second, run_id, "olivia", "it takes long")

    assert runs.unfinished(first.tower.ledger) == [run_id]


def test_a_run_that_nobody_opened_is_refused(process: Process) -> None:
    with pytest.raises(RefusedError):
        give_up(process("ann"), "run-unknown", "olivia", "why not")


def test_status_names_what_is_unfinished(process: Process) -> None:
    house = process("ann")
    running.run(house, SCHEDULE, SLOT, lambda _: None)
    fails(house, LATER)

    (one,) = status(house, None)["unfinished"]

    assert one["run_id"] == runs.unfinished(house.tower.ledger)[0]
    assert (one["schedule"], one["slot"]) == (SCHEDULE, LATER)
    assert not one["going"]
    assert f"clearance give-up {one['run_id']} --reason" in shown(house)


def test_status_tells_nobody_to_close_a_run_that_a_process_is_at(process: Process) -> None:
    house = process("ann")
    running.run(house, SCHEDULE, SLOT, lambda _: None)
    fails(house, LATER)

    with turn_of(process("bob")):
        (one,) = status(house, None)["unfinished"]
        said = shown(house)

    assert one["going"]
    assert "is going since" in said
    assert "give-up" not in said


def test_the_reason_that_was_given_is_shown_as_it_was_written(process: Process) -> None:
    house = process("ann")
    running.run(house, SCHEDULE, SLOT, lambda _: None)
    fails(house, LATER)
    (run_id,) = runs.unfinished(house.tower.ledger)

    give_up(house, run_id, "olivia", "see [ticket 7] and [/yes]")

    assert "Given up by olivia: see [ticket 7] and [/yes]" in shown(house)


def test_where_no_run_has_finished_the_unfinished_one_is_named(process: Process) -> None:
    house = process("ann")
    run_id = left_unfinished(house)

    with pytest.raises(RefusedError, match=f"{run_id} is unfinished") as told:
        status(house, None)

    assert f"clearance give-up {run_id} --reason" in told.value.hint


def test_the_command_says_what_it_did_and_fails_where_there_is_nothing_to_give_up(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = process("ann")
    run_id = left_unfinished(house)
    monkeypatch.setattr(acting, "open_house", lambda _: house)
    words = ["give-up", run_id, "--reason", "broken", "--as", "olivia", "--json"]

    first, second = (CliRunner().invoke(cli, words) for _ in range(2))

    assert (first.exit_code, json.loads(first.stdout)["accepted"]) == (0, True)
    assert (second.exit_code, json.loads(second.stdout)["accepted"]) == (1, False)
    assert "is expired" in json.loads(second.stdout)["sentence"]


def test_of_several_unfinished_runs_only_the_oldest_is_the_one_a_process_is_at(
    process: Process,
) -> None:
    house, other = process("ann"), process("bob")
    running.run(house, SCHEDULE, "2026-08-31T06:00:00+00:00", lambda _: None)
    for slot in (SLOT, LATER):
        open_run(house.tower, SCHEDULE, slot)

    with turn_of(house):
        told = status(other, None)["unfinished"]

    assert {one["slot"]: one["going"] for one in told} == {SLOT: True, LATER: False}
