"""The clash certificate: which rules can't hold together, and what would have to give way.

Every statement is checked by solving: that a set can't hold, that it can without any one of its
rules, that a relaxation suffices. What the time did not allow to check is said to be unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.arbitration.certificate import (
    Certificate,
    Clash,
    Relaxation,
    amounts,
    left_out,
    member,
)
from graph.arbitration.plan import Plan
from graph.arbitration.priced import PricedJudge
from graph.arbitration.problem import Problem
from graph.arbitration.program.feasibility import LARGE
from graph.arbitration.program.judging import Bools, Ints, Judge, measure, minimal
from graph.arbitration.program.relaxing import ExactJudge
from graph.arbitration.program.rules import Rule, RuleKind, together

LAST: Final[tuple[RuleKind, ...]] = ("cap", "remaining", "step", "share", "at_most", "at_least")
"""Left out last, so that a set names shared limits rather than rules of one contact."""


@dataclass(frozen=True)
class NoClash:
    """Some plan holds every rule."""


@dataclass(frozen=True)
class Undecided:
    """Neither a clash nor a plan was found in these seconds."""

    seconds: float


def find_clashes(
    problem: Problem, seconds: float = 60.0, plan: Plan | None = None
) -> Certificate | NoClash | Undecided:
    """The certificate of an infeasible problem.

    Up to 3,000 candidates by an integer program, which settles every clash. Above by prices, which
    prove clashes that hold for mixtures of contacts' sets as well; others stay undecided. plan: one
    that misses limits, if there is one.
    """
    large = problem.candidates.height > LARGE
    judge: Judge = PricedJudge(problem, seconds, plan) if large else ExactJudge(problem, seconds)
    return certified(judge, seconds)


def certified(judge: Judge, seconds: float) -> Certificate | NoClash | Undecided:
    """The certificate by this judge's word: clashes until what is left can hold."""
    order = _order(judge.rules)
    left = np.ones(len(judge.rules), dtype=np.bool_)
    sets: list[Bools] = []
    while True:
        start = judge.suspects(left)
        holds = judge.holds(left) if start is None else False
        if holds is not False:
            break
        sets.append(minimal(judge, left if start is None else start, order))
        left = left & ~sets[-1]
    if not sets:
        return Undecided(seconds) if holds is None else NoClash()
    clashes = tuple(_clash(judge, own) for own in sets)
    head = "" if len(sets) == 1 else f"{len(sets)} clashes that share no rule. "
    return Certificate(
        clashes=clashes,
        all_found=holds,
        relaxations=_relaxations(judge, sets),
        sentence=head + " ".join(clash.sentence for clash in clashes),
    )


def _order(rules: Sequence[Rule]) -> Ints:
    def rank(number: int) -> int:
        kind = rules[number].kind
        return 1 + LAST.index(kind) if kind in LAST else 0

    return np.array(sorted(range(len(rules)), key=rank), dtype=np.int64)


def _clash(judge: Judge, own: Bools) -> Clash:
    """The record of a set, each statement checked afresh."""
    numbers = np.flatnonzero(own).tolist()
    impossible = judge.holds(own, remembered=False) is False
    members = tuple(
        member(
            judge.rules[number],
            judge.holds(_without(own, [number]), remembered=False),
            judge.least(own, number),
        )
        for number in numbers
    )
    return Clash(
        members=members,
        impossible=impossible,
        minimal=impossible and all(one.others_hold for one in members),
        sentence=together([judge.rules[number] for number in numbers]),
    )


def _without(kept: Bools, numbers: Sequence[int]) -> Bools:
    others = kept.copy()
    others[list(numbers)] = False
    return others


def _relaxations(judge: Judge, sets: Sequence[Bools]) -> tuple[Relaxation, ...]:
    """Those shown to suffice, the cheapest first; where none has amounts, also what to omit."""
    gifts, least = judge.joint()
    found = [amounts(gifts, least)] if gifts else []
    if len(sets) == 1:
        found += _alone(judge, np.flatnonzero(sets[0]).tolist())
    if not any(one.cost is not None for one in found):
        found.append(left_out([judge.rules[number] for number in _omitted(judge, sets)]))
    once: dict[tuple[Rule, ...], Relaxation] = {}
    for one in sorted(found, key=_cost):
        once.setdefault(tuple(change.rule for change in one.changes), one)
    return tuple(once.values())


def _cost(one: Relaxation) -> tuple[float, int]:
    return np.inf if one.cost is None else one.cost, len(one.changes)


def _alone(judge: Judge, numbers: Sequence[int]) -> Iterator[Relaxation]:
    """What it takes of each rule by itself, or little besides, for the whole problem to hold."""
    every = np.ones(len(judge.rules), dtype=np.bool_)
    for number in numbers:
        rule, give = judge.rules[number], judge.least(every, number)
        gifts = () if give.by is None else judge.eased([(rule, give.by)])
        if gifts:
            yield amounts(gifts, give.known and len(gifts) == 1)
        elif judge.holds(_without(every, [number])):
            yield left_out([rule])


def _omitted(judge: Judge, sets: Sequence[Bools]) -> list[int]:
    """Rules of the clashes without which the problem holds, none of them idle."""
    inside = np.flatnonzero(np.any(sets, axis=0))
    every = np.ones(len(judge.rules), dtype=np.bool_)
    out = set(inside.tolist())
    for number in sorted(out, key=lambda one: -measure(judge.rules[one])):
        if judge.holds(_without(every, sorted(out - {number}))):
            out.discard(number)
    return sorted(out)
