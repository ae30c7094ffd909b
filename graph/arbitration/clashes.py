"""The clash certificate: which rules can't hold together, and what would have to give way.

Every statement is checked by solving: that a set can't hold, that it can without any one of its
rules, that a relaxation suffices. What the time did not allow to check is said to be unknown.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.arbitration.certificate import Certificate, Clash, Member
from graph.arbitration.problem import Problem
from graph.arbitration.program.constraints import constraints_of
from graph.arbitration.program.feasibility import Feasibility, minimal
from graph.arbitration.program.relaxing import NEVER, UNKNOWN, least_give
from graph.arbitration.program.rules import RuleKind, together
from graph.arbitration.program.sampling import sampled
from graph.arbitration.relief import Case, Solver, alone, feasibility_of, joint, relaxation

Bools = npt.NDArray[np.bool_]

SAMPLE: Final = 4_000
"""Accounts or contacts from which a large problem's clash is guessed first."""
DEMANDS: Final = (1.0, 1.1)
LAST: Final[tuple[RuleKind, ...]] = ("cap", "remaining", "step", "share", "at_most", "at_least")
"""Left out last, so that a set names shared limits rather than rules of one contact."""


@dataclass(frozen=True)
class NoClash:
    """Some plan holds every rule: by row of the candidates, and what campaigns spend."""

    chosen: Bools
    budgets: dict[str, float]


@dataclass(frozen=True)
class Undecided:
    """Neither a clash nor a plan was found in these seconds."""

    seconds: float


def find_clashes(
    problem: Problem, seconds: float = 60.0, solver: Solver | None = None
) -> Certificate | NoClash | Undecided:
    """The certificate of an infeasible problem.

    Up to 1,500 candidates it also finds rules that clash by whole touches only. Above, a clash that
    already holds for halves of touches is found, others may stay undecided. solver: finds plans of
    large problems quickly; none of its plans is believed unchecked.
    """
    feasibility = feasibility_of(problem, seconds, solver)
    rules = feasibility.constraints.rules
    order = np.array(sorted(range(len(rules)), key=lambda i: _rank(rules[i].kind)), dtype=np.int64)
    left = np.ones(len(rules), dtype=np.bool_)
    sets: list[Bools] = []
    while True:
        start = _suspects(problem, feasibility, left)
        holds = feasibility.holds(left) if start is None else None
        if start is None and holds is not False:
            break
        sets.append(minimal(feasibility, left if start is None else start, order))
        left &= ~sets[-1]
    if not sets:
        return Undecided(seconds) if holds is None else _plan(problem, feasibility)
    case = Case(problem, feasibility, solver)
    return _certificate(case, sets, holds)


def _rank(kind: RuleKind) -> int:
    return 1 + LAST.index(kind) if kind in LAST else 0


def _suspects(problem: Problem, feasibility: Feasibility, left: Bools) -> Bools | None:
    """An infeasible set of rules; guessed from a sample first where the problem is large."""
    if problem.candidates.get_column("contact").n_unique() > 2 * SAMPLE:
        place = {(one.kind, one.place): i for i, one in enumerate(feasibility.constraints.rules)}
        for demand in DEMANDS:
            constraints = constraints_of(sampled(problem, SAMPLE, demand))
            known = np.array([place[one.kind, one.place] for one in constraints.rules], dtype=int)
            guess = Feasibility(constraints, feasibility.left()).suspects(left[known])
            if guess is not None:
                whole = np.zeros_like(left)
                whole[known] = guess
                if feasibility.holds(whole) is False:
                    return whole
    return feasibility.suspects(left)


def _plan(problem: Problem, feasibility: Feasibility) -> NoClash:
    plan, count = feasibility.plans[-1], feasibility.constraints.candidates
    spends = plan[count : count + feasibility.constraints.campaigns]
    budgets = {
        one.name: float(np.clip(spend, one.least, one.most))
        for one, spend in zip(problem.limits.campaigns, spends, strict=True)
    }
    return NoClash(plan[:count] > 0.5, budgets)


def _certificate(case: Case, sets: list[Bools], all_found: bool | None) -> Certificate:
    clashes = tuple(_clash(case, own, len(sets), all_found) for own in sets)
    relaxations = [one for clash in clashes for one in clash.relaxations if one.by is not None]
    changes, least = joint(case, [clash.relaxations for clash in clashes])
    head = "One clash" if len(sets) == 1 else f"{len(sets)} clashes that share no rule"
    return Certificate(
        clashes=clashes,
        all_found=all_found,
        cheapest=min(relaxations, key=lambda one: one.relative or 0.0, default=None),
        joint=changes,
        joint_least=least,
        sentence=f"{head}. " + " ".join(clash.sentence for clash in clashes),
    )


def _clash(case: Case, own: Bools, count: int, all_found: bool | None) -> Clash:
    """The record of a set, each statement checked afresh. count: of all clashes.

    Where another clash remains nothing suffices alone; where it is unknown whether one does, asking
    what suffices is idle.
    """
    numbers = np.flatnonzero(own).tolist()
    feasibility = case.feasibility
    impossible = feasibility.holds(own, remembered=False) is False
    members = []
    for number in numbers:
        others = own.copy()
        others[number] = False
        holds = feasibility.holds(others, remembered=False)
        members.append(Member(rule=case.rules[number], others_hold=holds))
    relaxations = []
    for number in numbers:
        within = least_give(case.problem, feasibility, own, number)
        if count == 1 and all_found:
            relaxations.append(alone(case, number, within))
        elif count > 1:
            relaxations.append(relaxation(case.rules[number], within, False, NEVER))
        else:
            relaxations.append(relaxation(case.rules[number], within, None, UNKNOWN))
    return Clash(
        members=tuple(members),
        impossible=impossible,
        minimal=all(member.others_hold for member in members),
        sentence=together([case.rules[number] for number in numbers]),
        relaxations=tuple(relaxations),
    )
