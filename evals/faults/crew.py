"""The crew: a few workers that make fault runs side by side, each a fork of the parent.

A worker forks every process of its runs itself and calls no library of tables: see zygote.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.faults import zygote
from evals.faults.checker import Violation
from evals.faults.plans import Plan
from evals.faults.runs import Outcome, World, strike_run

POLL_SECONDS = 0.05
Stop = Callable[[Outcome], bool]


@dataclass(frozen=True)
class Task:
    """Runs that one worker makes one after the other, until one of which `stop` says so."""

    plans: Sequence[Plan]
    bug: str | None = None
    stop: Stop | None = None
    keep: bool = False


def make_runs(world: World, tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    """The outcome of each run as it is made. Raises RuntimeError where a worker died."""
    workers = [_Worker(world, tasks[number::jobs], number) for number in range(jobs)]
    try:
        while workers:
            for worker in list(workers):
                ended = zygote.look(worker.pid)
                yield from worker.outcomes()
                if ended is not None:
                    workers.remove(worker)
                    worker.expect_well(ended)
            time.sleep(POLL_SECONDS)
    finally:
        for worker in workers:
            zygote.kill(worker.pid)


class _Worker:
    def __init__(self, world: World, tasks: Sequence[Task], number: int) -> None:
        self.told = world.scratch / f"outcomes-{number}.jsonl"
        self.log = world.scratch / f"worker-{number}.log"
        self.told.write_text("")
        self._read = 0
        self.pid = zygote.fork(lambda: _work(world, tasks, self.told), self.log)

    def outcomes(self) -> Iterator[Outcome]:
        """Outcomes that were written since we looked; a line that is not whole yet waits."""
        with self.told.open() as file:
            file.seek(self._read)
            lines = file.read()
        whole = lines[: lines.rfind("\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            yield _outcome(json.loads(line))

    def expect_well(self, ended: zygote.Ended) -> None:
        if ended.code != 0 or ended.signal is not None:
            raise RuntimeError(f"A worker of the fault runs died:\n{self.log.read_text()}")


def _work(world: World, tasks: Sequence[Task], told: Path) -> int:
    for task in tasks:
        for plan in task.plans:
            outcome = strike_run(world, plan, task.bug, task.keep)
            with told.open("a") as file:
                file.write(f"{_line(outcome)}\n")
            if task.stop is not None and task.stop(outcome):
                break
    return 0


def _line(outcome: Outcome) -> str:
    return json.dumps({**vars(outcome), "violations": [vars(one) for one in outcome.violations]})


def _outcome(said: dict[str, Any]) -> Outcome:
    return Outcome(**{**said, "violations": [Violation(**one) for one in said["violations"]]})
