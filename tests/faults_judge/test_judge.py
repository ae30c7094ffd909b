"""The judge acts as each kind of provider does, and its ledger is the truth whatever dies."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evals.faults.judge import Judge
from evals.faults.judge_ledger import KINDS, JudgeLedger, read_lines
from evals.faults.judged import JudgeDoors, terms_of
from evals.faults.plans import MODES, ProviderKind
from evals.faults.shared import Shared
from tests.connectors.contract import delivery
from tools.connectors.http import HttpProvider
from tools.connectors.protocols import Delivery


def connector(url: str, kind: str) -> HttpProvider:
    return HttpProvider(f"{url}/{kind}", terms_of("email", kind), timeout=0.5)


def row(key: str, **changes: object) -> dict[str, Any]:
    return delivery(key, **changes).model_dump(mode="json")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_provider_with_keys_acts_once_on_each_and_one_without_on_every_call(
    kind: str, tmp_path: Path
) -> None:
    with Judge(tmp_path) as judge:
        here = connector(judge.url, kind)
        answers = [here.deliver([delivery("a")])[0] for _ in range(3)]

        acts = judge.acts()

    assert len(acts) == (1 if KINDS[kind].keys else 3)
    assert len({one.provider_ref for one in answers}) == len(acts)
    assert {act["key"] for act in acts} == {"a"}


def test_a_forgetful_provider_acts_again_when_its_hours_are_over(tmp_path: Path) -> None:
    ledger = JudgeLedger(tmp_path / "judge.jsonl")
    for at in ("2026-03-02T14:00:00Z", "2026-03-03T13:59:00Z", "2026-03-03T14:00:00Z"):
        ledger.deliver("forgetful", {}, [row("a") | {"at": at}])
    ledger.close()

    assert len(read_lines(tmp_path / "judge.jsonl", "act")) == 2


def test_what_was_done_is_on_disk_before_anybody_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    sync = os.fsync

    def keep(file: int) -> None:
        sync(file)
        kept.append((tmp_path / "judge.jsonl").read_text())

    monkeypatch.setattr(os, "fsync", keep)
    ledger = JudgeLedger(tmp_path / "judge.jsonl")
    answer = ledger.deliver("keyed", {}, [row("a")])
    ledger.close()

    assert answer[0]["state"] == "accepted"
    assert '"key": "a"' in kept[-1]


@contextmanager
def process(file: Path) -> Iterator[tuple[str, int]]:
    """A judge started as a command: its URL and process id."""
    command = [sys.executable, "-m", "evals.faults.judge", "--ledger", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        yield json.loads(run.stdout.readline())["url"], run.pid
        run.kill()


def test_a_judge_that_is_killed_knows_after_its_start_what_it_did_before(tmp_path: Path) -> None:
    file = tmp_path / "judge.jsonl"
    with process(file) as (url, pid):
        first = connector(url, "keyed").deliver([delivery("a")])
        os.kill(pid, signal.SIGKILL)
    with process(file) as (url, _):
        again = connector(url, "keyed").deliver([delivery("a"), delivery("b", "C2")])

    assert again[0] == first[0]
    assert [act["key"] for act in read_lines(file, "act")] == ["a", "b"]
    assert [call["call"] for call in read_lines(file, "call")] == [1, 2]


def test_a_line_that_a_death_tore_counts_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "judge.jsonl"
    ledger = JudgeLedger(file)
    ledger.deliver("keyed", {}, [row("a")])
    ledger.close()
    with file.open("a") as out:
        out.write('{"line": "act", "key": "torn')

    after = JudgeLedger(file)
    after.deliver("keyed", {}, [row("b")])
    after.close()

    assert [act["key"] for act in read_lines(file, "act")] == ["a", "b"]


def test_a_forked_judge_serves_and_ends_with_its_context(tmp_path: Path) -> None:
    with Judge(tmp_path, forked=True) as judge:
        judge.plan_now(["error_500"])
        said = [connector(judge.url, "blind").deliver([delivery("a")])[0] for _ in range(2)]
        pid = judge.pid

    assert [one.state for one in said] == ["unknown", "accepted"]
    assert len(judge.acts()) == 2
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


def test_a_budget_somebody_set_in_the_platform_is_what_it_shows(tmp_path: Path) -> None:
    with Judge(tmp_path) as judge:
        judge.set_budget("search", 700)

        assert connector(judge.url, "keyed").budget("search") == 700
    assert judge.acts() == []


def test_a_plan_that_names_no_mode_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected modes out of"):
        Judge(tmp_path, plan=["explode"])


STATES = {
    "drop": ("unknown", 2),
    "error_500": ("unknown", 2),
    "hang": ("unknown", 2),
    "too_many": ("later", 0),
    "refused": ("later", 0),
    "stale": ("accepted", 2),
}


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"partial"}))
def test_the_doors_of_a_fault_run_go_wrong_as_the_plan_says_and_then_no_more(
    mode: str, tmp_path: Path
) -> None:
    kinds: dict[str, ProviderKind] = {"email": "lookup"}
    batch: list[Delivery] = [delivery("a"), delivery("b", "C2")]
    with Judge(tmp_path) as judge:
        doors = JudgeDoors(judge.url, kinds, (mode,), Shared())
        struck = doors.provider("email").deliver(batch)
        acts = len(judge.acts())
        calm = doors.provider("email").deliver([delivery("c", "C3")])

    assert ({one.state for one in struck}, acts) == ({STATES[mode][0]}, STATES[mode][1])
    assert {one.unreachable for one in struck} == {mode == "refused"}
    assert [one.state for one in calm] == ["accepted"]
