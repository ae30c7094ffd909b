"""`python -m evals.faults`: make fault runs and say what they came to; see docs/faults.md.

Progress and a report go to standard error, with --json the report goes to standard output. Exit
code 1 where an invariant was violated, a sweep left a point out, or a planted bug was not caught.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from evals.faults import bugs
from evals.faults.crew import Task, make_runs
from evals.faults.leanings import named
from evals.faults.plans import COURSES, STRUCK, strike_at, sweep
from evals.faults.report import Caught, Report, caught_in, noticed
from evals.faults.runs import Outcome, World
from evals.faults.stage import set_stage

TOLD_EVERY = 5.0
"""Seconds between two lines of progress."""
LONGEST_COURSE = 2000


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _wanted(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the stage is cleared all the same
    os.environ["POLARS_MAX_THREADS"] = "1"  # tables of a dozen rows, and workers side by side
    report, caught = Report(wanted.engine), []
    with set_stage(wanted.engine) as world:
        if wanted.only:
            for outcome in _only(world, wanted):
                report.add(outcome)
        else:
            _make_all(world, wanted, report)
            caught = [] if wanted.bugs is None else _bugs(world, wanted, report)
    for line in (*report.lines(), *_caught_lines(caught)):
        _say(line)
    if wanted.json:
        told = {**report.as_dict(), "bugs": [vars(one) for one in caught]}
        sys.stdout.write(f"{json.dumps(told, indent=1)}\n")
    missed = any(one.invariant is None for one in caught)
    return int(bool(report.violations) or missed or (wanted.sweep and bool(report.uncovered())))


def _wanted(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.faults", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--runs", type=int, default=0, help="seeded fault runs")
    parser.add_argument("--seed", type=int, default=1, help="the first run's seed")
    parser.add_argument("--sweep", action="store_true", help="kill at every point in turn")
    parser.add_argument(
        "--bugs", nargs="*", choices=sorted(bugs.BUGS), help="see that planted bugs are caught"
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs made side by side")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--only", help="one run by its name, whose folder is kept")
    parser.add_argument("--bug", choices=sorted(bugs.BUGS), help="with --only, plant this bug")
    return parser.parse_args(arguments)


def _make_all(world: World, wanted: argparse.Namespace, report: Report) -> None:
    seeds = range(wanted.seed, wanted.seed + wanted.runs)
    _gather(world, [Task([named(str(seed))]) for seed in seeds], wanted, report, "seeded runs")
    if wanted.sweep:
        _gather(world, [*_sweep(wanted.jobs)], wanted, report, "sweep")
        left = [Task([strike_at(course, name)]) for name in report.uncovered() for course in STRUCK]
        _gather(world, left, wanted, report, "points that only trouble leads to")


def _sweep(jobs: int) -> Iterator[Task]:
    """Each course with the kill at every point in turn, until a run in which none struck."""
    for course in COURSES:
        for first in range(1, jobs + 1):
            plans = [sweep(course, at) for at in range(first, LONGEST_COURSE, jobs)]
            yield Task(plans, stop=lambda outcome: not outcome.struck)


def _gather(
    world: World, tasks: Sequence[Task], wanted: argparse.Namespace, report: Report, words: str
) -> None:
    if tasks:
        for outcome in _told(make_runs(world, tasks, wanted.jobs), words):
            report.add(outcome)


def _told(outcomes: Iterable[Outcome], words: str) -> Iterator[Outcome]:
    """The outcomes, with a line on standard error now and then."""
    began = told = time.monotonic()
    made = violated = 0
    for outcome in outcomes:
        made, violated = made + 1, violated + len(outcome.violations)
        for one in outcome.violations if outcome.bug is None else ():
            _say(f"{outcome.name}: {one.invariant}: {one.sentence}")
        now = time.monotonic()
        if now - told > TOLD_EVERY:
            told, pace = now, made / (now - began)
            _say(f"{words}: {made:,} made, {pace:.1f} a second, {violated} violations")
        yield outcome


def _only(world: World, wanted: argparse.Namespace) -> Iterator[Outcome]:
    """One run, told in full."""
    plan = named(wanted.only)
    _say(str(plan))
    for outcome in make_runs(world, [Task([plan], wanted.bug, keep=True)], 1):
        _say(json.dumps(outcome.struck, indent=1))
        _say(f"what is left: {world.scratch}")
        yield outcome


def _bugs(world: World, wanted: argparse.Namespace, report: Report) -> list[Caught]:
    """What became of each planted bug; its runs are made without it too, and then violate
    nothing."""
    planted = {name: bugs.BUGS[name] for name in wanted.bugs or sorted(bugs.BUGS)}
    names = dict.fromkeys(run for bug in planted.values() for run in bug.runs)
    tasks = [Task([named(name)]) for name in names]
    _gather(world, tasks, wanted, report, "runs without their bug")
    tasks = [
        Task([named(run) for run in bug.runs], bug=name, stop=lambda one: noticed(one) is not None)
        for name, bug in planted.items()
    ]
    return caught_in(_told(make_runs(world, tasks, wanted.jobs), "planted bugs"))


def _caught_lines(caught: Sequence[Caught]) -> Iterator[str]:
    for one in caught:
        if one.invariant is None:
            yield f"bug {one.bug}: NOT caught in {one.runs} runs"
        else:
            where = f"{one.runs} runs, {one.run}"
            yield f"bug {one.bug}: {one.invariant} ({where}): {one.sentence}"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
