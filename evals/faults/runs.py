"""One fault run: copy the world, strike while it lives, let it recover, and have it checked."""

import json
import os
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from evals.faults import checker, postgres, zygote
from evals.faults.checker import Violation
from evals.faults.company import people
from evals.faults.hearing import Ear
from evals.faults.living import IDLE, Place, hear, live, recover
from evals.faults.outside import fill_from_judge, judged
from evals.faults.plans import Plan
from evals.faults.record import read_export
from evals.faults.shared import ARMED, MODE, REACHED, Shared, SharedClock
from evals.faults.watching import Watch, Watched
from evals.faults.world import SCHEDULE, SLOT, START, Ledgers
from tools.ledger import runs

LIVES: Final = 6
"""Times a process is started anew while strikes go on."""
LONGEST: Final = 40.0
"""Seconds after which a recovery counts as hanging, and is ended."""
IDLE_WITHIN: Final = 10.0
"""Seconds within which the house must be idle again once the strikes are over."""


@dataclass
class Outcome:
    """What came of one run."""

    name: str
    bug: str | None = None
    violations: list[Violation] = field(default_factory=list)
    struck: list[dict[str, str]] = field(default_factory=list)
    modes: Counter[str] = field(default_factory=Counter)
    """Of the providers, how often each was met with."""
    passed: Counter[str] = field(default_factory=Counter)
    recovery_seconds: float = 0.0
    cpu_seconds: float = 0.0
    reached: int = 0
    processes: int = 1
    failed_lives: int = 0
    acts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """Of the effects, in the end; `parked` are those of the unknown that wait for a person."""


@dataclass(frozen=True)
class World:
    """The folders, and on Postgres the databases, that every run is copied from."""

    folder: Path
    scratch: Path
    ledgers: Ledgers

    def place(self, plan: Plan) -> Place:
        """A copy for one run."""
        kind = "fresh" if plan.whole_cycle else "ready"
        folder = self.scratch / f"run-{os.getpid()}-{plan.name.replace('/', '-')}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / kind, folder / "workspace")
        ledger = getattr(self.ledgers, kind)
        return Place(folder, postgres.copy_of(ledger) if ledger else None)

    @cached_property
    def decisions_sha(self) -> str:
        return (self.folder / "decisions.sha256").read_text()


def strike_run(world: World, plan: Plan, bug: str | None = None, keep: bool = False) -> Outcome:
    """Run the plan and check what is left. What is left stays where a violation was found and no
    bug was planted, or where it is asked for."""
    place = world.place(plan)
    shared = Shared()
    SharedClock(shared).start(START + timedelta(hours=plan.off_hours))
    outcome = Outcome(plan.name, bug, processes=plan.processes)
    shared.put(ARMED, 1)
    _live_through(place, plan, shared, bug, outcome)
    outcome.reached = shared.get(REACHED)
    outcome.modes.update(plan.modes[: shared.get(MODE)])
    _check(world, place, plan, outcome)
    if place.url is not None:
        postgres.drop(place.url)
    if not keep and (bug is not None or not outcome.violations):
        shutil.rmtree(place.folder, ignore_errors=True)
    return outcome


def _live_through(
    place: Place, plan: Plan, shared: Shared, bug: str | None, outcome: Outcome
) -> None:
    """Under fire, then in peace; with an ear where the plan has webhooks that go wrong. What the
    judge tells at last comes before the house is looked at, and after it acted once more."""
    ear = Ear(place.log(50)) if plan.webhooks else None
    webhook = None if ear is None else ear.webhook(plan)
    with judged(place, webhook, SharedClock(shared)) as there:
        if ear is not None:
            ear.open(lambda listener: hear(there, plan, shared, bug, listener))
        _under_fire(there, plan, shared, bug, outcome, ear)
        shared.put(ARMED, 0)
        _afterwards(there, plan, shared, bug, outcome)
        if ear is not None:
            if not ear.drain(there.judge):
                outcome.violations.append(Violation("I9", "Events were told in vain."))
            outcome.cpu_seconds += ear.close()
            _afterwards(there, plan, shared, bug, outcome)


def _under_fire(
    place: Place,
    plan: Plan,
    shared: Shared,
    bug: str | None,
    outcome: Outcome,
    ear: Ear | None,
) -> None:
    """All processes at once, each started anew when it dies, until each has come to rest."""
    lives = dict.fromkeys(range(plan.processes), 0)
    alive = {_start(place, plan, shared, one, bug): one for one in lives}
    stopped: dict[int, float] = {}
    watch = Watch(shared)
    while alive:
        for pid in list(alive):
            ended = zygote.look(pid)
            if ended is None:
                continue
            if ended.stopped:
                stopped[pid] = time.perf_counter()
                continue
            process = alive.pop(pid)
            stopped.pop(pid, None)
            outcome.cpu_seconds += ended.cpu_seconds
            if ended.signal is None and ended.code == zygote.FAILED:
                outcome.failed_lives += 1
            lives[process] += 1
            if ended.code != IDLE and lives[process] < LIVES:
                alive[_start(place, plan, shared, process, bug)] = process
        _go_on(alive, stopped, plan.stopped_seconds)
        if ear is not None:
            outcome.cpu_seconds += ear.keep()
        if trouble := watch.trouble(sum(lives.values())):
            outcome.violations.append(Violation("I9", trouble))
            for pid in alive:
                zygote.end_telling(pid)
            return
        time.sleep(0.003)


def _start(place: Place, plan: Plan, shared: Shared, process: int, bug: str | None) -> int:
    return zygote.fork(lambda: live(place, plan, shared, process, bug), place.log(process))


def _go_on(alive: dict[int, int], stopped: dict[int, float], seconds: float) -> None:
    """A stopped process goes on when the others have ended, or beyond its lease."""
    for pid, since in list(stopped.items()):
        if len(alive) == len(stopped) or time.perf_counter() - since > seconds:
            os.kill(pid, signal.SIGCONT)
            del stopped[pid]


def _afterwards(
    place: Place, plan: Plan, shared: Shared, bug: str | None, outcome: Outcome
) -> None:
    """A restart without faults: how long until idle, by a stopwatch."""
    watched = Watched()
    pid = zygote.fork(lambda: recover(place, plan, shared, bug), place.log(99))
    ended = zygote.look(pid)
    while ended is None and watched.look() < LONGEST:
        time.sleep(0.003)
        ended = zygote.look(pid)
    seconds = watched.look()
    outcome.recovery_seconds = max(outcome.recovery_seconds, seconds)
    if ended is None:
        zygote.end_telling(pid)
        outcome.violations.append(Violation("I9", "The house never came to rest."))
        return
    outcome.cpu_seconds += ended.cpu_seconds
    if ended.code != IDLE or seconds > IDLE_WITHIN:
        said = place.log(99).read_text().strip().splitlines()[-1:] or ["no word"]
        sentence = f"Recovery ended with {ended.code} after {seconds:.1f} s"
        outcome.violations.append(Violation("I9", f"{sentence}: {said[0]}"))


def _check(world: World, place: Place, plan: Plan, outcome: Outcome) -> None:
    for line in place.journal.read_text().splitlines() if place.journal.exists() else []:
        said: dict[str, Any] = json.loads(line)
        if "passed" in said:
            outcome.passed[said["passed"]] += 1
        else:
            outcome.struck.append(said)
    if not (place.exported / "limits.json").exists():
        outcome.violations.append(Violation("I9", "There is no export."))
        return
    found = read_export(place.exported)
    fill_from_judge(found, place.folder)
    outcome.acts = len(found.acts)
    outcome.states = Counter(
        "parked" if row["parked"] else row["state"] for row in found.rows("effect")
    )
    outcome.violations += checker.check(found)
    if _same_inputs(plan, outcome):
        outcome.violations += _same_bytes(world, found)
    outcome.violations += checker.leaks(_scanned(place), secrets())


def _same_inputs(plan: Plan, outcome: Outcome) -> bool:
    """Whether the run saw what the world's own run saw: nobody acted and no clock jumped before it
    had planned, as may be where the whole cycle is under fire."""
    return not plan.whole_cycle or not any(
        said["struck"] in ("act", "jump") for said in outcome.struck
    )


def _same_bytes(world: World, found: Any) -> list[Violation]:
    """I8: the same seed and inputs gave the same decision bytes."""
    return [
        Violation("I8", f"Run {row['run_id']} decided other bytes than its like.")
        for row in found.rows("run_table")
        if row["name"] == "decisions"
        and row["run_id"] == runs.id_of(SCHEDULE, SLOT)
        and row["sha256"] != world.decisions_sha
    ]


def _scanned(place: Place) -> list[Path]:
    """Logs, journals and checkpoints: where no address and no secret may stand."""
    checkpoints = sorted(place.workspace.glob("checkpoints.sqlite*"))
    return [*sorted(place.folder.glob("*.log")), place.journal, *checkpoints]


def secrets() -> list[str]:
    """What may stand nowhere but in the warehouse."""
    return [one[name] for one in people(START) for name in ("name", "email", "phone")]
