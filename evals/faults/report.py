"""What many fault runs came to: counts, coverage, recovery, and each violation with its command."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from evals.faults import points
from evals.faults.checker import Violation
from evals.faults.runs import Outcome


@dataclass
class Report:
    """Adds up outcomes of runs on one engine, without a bug planted."""

    engine: str
    runs: int = 0
    violations: list[dict[str, str]] = field(default_factory=list)
    strikes: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    killed_at: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    recovery: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0
    processes: int = 0
    failed_lives: int = 0
    acts: int = 0

    def add(self, outcome: Outcome) -> None:
        self.runs += 1
        self.cpu_seconds += outcome.cpu_seconds
        self.recovery.append(outcome.recovery_seconds)
        self.processes += outcome.processes
        self.failed_lives += outcome.failed_lives
        self.acts += outcome.acts
        self.passed.update(outcome.passed)
        self.states.update(outcome.states)
        self.modes.update(outcome.modes)
        for said in outcome.struck:
            self.strikes[" ".join(filter(None, (said["struck"], said["what"])))] += 1
            if said["struck"] == "kill":
                self.killed_at[said["point"]] += 1
        for one in outcome.violations:
            told = {"run": outcome.name, "invariant": one.invariant, "sentence": one.sentence}
            self.violations.append({**told, "again": self.again(outcome.name)})

    def again(self, name: str, bug: str | None = None) -> str:
        """The command that makes one run again."""
        planted = f" --bug {bug}" if bug else ""
        return f"python -m evals.faults --engine {self.engine} --only {name}{planted}"

    def uncovered(self) -> list[str]:
        """Fault points of the code at which no process was killed."""
        return [name for name in points.names() if not self.killed_at[name]]

    def by_invariant(self) -> dict[str, int]:
        """Violations by invariant; none is 0."""
        found = Counter(one["invariant"] for one in self.violations)
        return {f"I{number}": found[f"I{number}"] for number in range(1, 11)}

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON; seconds and counts."""
        return {
            "engine": self.engine,
            "runs": self.runs,
            "violations_by_invariant": self.by_invariant(),
            "violations": self.violations,
            "strikes": dict(sorted(self.strikes.items())),
            "provider_modes": dict(sorted(self.modes.items())),
            "points": {
                name: {"passed": self.passed[name], "killed": self.killed_at[name]}
                for name in points.names()
            },
            "points_not_killed_at": self.uncovered(),
            "recovery_seconds": self._recovery(),
            "effects": dict(sorted(self.states.items())),
            "parked": self.states["parked"],
            "acts_outside": self.acts,
            "processes": self.processes,
            "failed_lives": self.failed_lives,
            "cpu_seconds_a_run": round(self.cpu_seconds / max(self.runs, 1), 2),
        }

    def _recovery(self) -> dict[str, float]:
        times = sorted(self.recovery) or [0.0]
        at = times[min(int(len(times) * 0.95), len(times) - 1)]
        return {
            "median": round(median(times), 2),
            "p95": round(at, 2),
            "max": round(times[-1], 2),
        }

    def lines(self) -> Iterable[str]:
        """The report in words."""
        said = self.as_dict()
        each = said["cpu_seconds_a_run"]
        yield f"{self.runs:,} fault runs on {self.engine}, {each} s of CPU each"
        yield f"violations    {_row(said['violations_by_invariant'])}"
        yield f"strikes       {_row(said['strikes'])}"
        yield f"providers     {_row(said['provider_modes'])}"
        yield f"effects       {_row(said['effects'])}; {self.acts:,} acts outside"
        yield f"recovery s    {_row(said['recovery_seconds'])}"
        yield f"processes     {self.processes:,}; errors ended {self.failed_lives:,} of their lives"
        killed = [f"{name} {self.killed_at[name]}/{self.passed[name]}" for name in points.names()]
        yield f"points        killed at / passed: {', '.join(killed)}"
        if self.uncovered():
            yield f"never killed  {', '.join(self.uncovered())}"
        for one in self.violations[:40]:
            yield f"{one['invariant']}: {one['sentence']}  ->  {one['again']}"


def _row(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


CATCHING: Final = tuple(f"I{number}" for number in range(1, 8))
"""Invariants by which a planted bug counts as caught: what was done or written is wrong. That a
run did not come to rest, or left no export, is no proof that anybody looked."""


@dataclass(frozen=True)
class Caught:
    """What became of a planted bug. invariant: the one that its first violation broke; None: it
    was never seen."""

    bug: str
    runs: int
    invariant: str | None
    run: str = ""
    sentence: str = ""


def noticed(outcome: Outcome) -> Violation | None:
    """The violation by which a run noticed its planted bug."""
    return next((one for one in outcome.violations if one.invariant in CATCHING), None)


def caught_of(bug: str, outcomes: Sequence[Outcome]) -> Caught:
    """The first of a bug's runs that noticed it, in their order."""
    for number, one in enumerate(outcomes, 1):
        first = noticed(one)
        if first is not None:
            return Caught(bug, number, first.invariant, one.name, first.sentence)
    return Caught(bug, len(outcomes), None)


def caught_in(outcomes: Iterable[Outcome]) -> list[Caught]:
    """By bug, in the order of the bugs' names."""
    by_bug: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        if one.bug is not None:
            by_bug[one.bug].append(one)
    return [caught_of(bug, runs) for bug, runs in sorted(by_bug.items())]
