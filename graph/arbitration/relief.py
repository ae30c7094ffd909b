"""Relief: what would have to give way for an infeasible problem to hold, one rule or several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.arbitration.certificate import Change, Relaxation, relaxation_text, turned
from graph.arbitration.problem import Problem
from graph.arbitration.program.altering import given, without
from graph.arbitration.program.constraints import constraints_of
from graph.arbitration.program.feasibility import Feasibility, Floats, Planner
from graph.arbitration.program.optimum import exact_plan
from graph.arbitration.program.relaxing import (
    LINEAR,
    NEVER,
    UNKNOWN,
    Give,
    gifts_for,
    least_give,
    measure,
    most,
    rounded,
)
from graph.arbitration.program.rules import Rule

Bools = npt.NDArray[np.bool_]
Solver = Callable[[Problem], tuple[Bools, dict[str, float]] | None]
"""Something that finds plans: by row of the candidates the chosen, and the campaigns' spends."""

WORTH: Final = 500
"""Candidates up to which each relaxed problem is also solved, to say what it is worth."""
STRETCHES: Final = (1.0, 1.1, 1.5, 2.0)
"""How many times what its clash asks a rule of a large problem is let give way, until it holds."""


@dataclass(frozen=True)
class Case:
    """A problem that can't hold, what answers questions about it, whom to ask for plans."""

    problem: Problem
    feasibility: Feasibility
    solver: Solver | None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.feasibility.constraints.rules

    @property
    def every(self) -> Bools:
        return np.ones(len(self.rules), dtype=np.bool_)

    def eased(self, gifts: Sequence[tuple[Rule, float]]) -> Feasibility:
        """The problem set up anew with these rules giving way by so much."""
        relaxed = self.problem
        for rule, by in gifts:
            relaxed = given(relaxed, rule, by)
        return feasibility_of(relaxed, self.feasibility.left(), self.solver)


def feasibility_of(problem: Problem, seconds: float, solver: Solver | None) -> Feasibility:
    """What answers whether the problem's rules can hold."""
    constraints = constraints_of(problem)
    planner = None if solver is None else _planner(problem, constraints.rules, solver)
    return Feasibility(constraints, seconds, planner)


def _planner(problem: Problem, rules: tuple[Rule, ...], solver: Solver) -> Planner:
    """The solver's plan for the problem without the rules that are not kept."""

    def planned(kept: Bools) -> tuple[Bools, Floats] | None:
        gone = [rule for rule, stays in zip(rules, kept, strict=True) if not stays]
        found = solver(without(problem, gone))
        if found is None:
            return None
        chosen, budgets = found
        return chosen, np.array([budgets[one.name] for one in problem.limits.campaigns])

    return planned


def alone(case: Case, number: int, within: Give) -> Relaxation:
    """What it takes of one rule for the whole problem to hold. within: for its own clash to."""
    others = case.every
    others[number] = False
    suffices = case.feasibility.holds(others)
    whole = NEVER if suffices is False else UNKNOWN
    if suffices and within.by is not None:
        whole = _least(case, number, within)
    elif suffices and within.known:
        whole = NEVER
    value = None
    if whole.by is not None and case.problem.candidates.height <= WORTH:
        relaxed = given(case.problem, case.rules[number], whole.by)
        plan = exact_plan(relaxed, 1e-4, case.feasibility.left())
        value = None if plan.chosen is None else plan.value - plan.charges
    return relaxation(case.rules[number], within, suffices, whole, value)


def relaxation(
    rule: Rule, within: Give, suffices: bool | None, whole: Give, value: float | None = None
) -> Relaxation:
    by = whole.by
    becomes = None if by is None else turned(rule, by)
    return Relaxation(
        rule=rule,
        by=by,
        becomes=becomes,
        within=within.by,
        relative=None if by is None else by / measure(rule),
        suffices=suffices,
        value=value,
        known=suffices is not None and within.known and whole.known,
        sentence=relaxation_text(rule, by, becomes, suffices),
    )


def joint(case: Case, clashes: Sequence[Sequence[Relaxation]]) -> tuple[tuple[Change, ...], bool]:
    """Rules that give way together for the problem to hold, and whether no others give less in sum.

    None where none was found in time. A large problem gets what each clash asks of the rule that
    gives way least, or somewhat more, if that holds.
    """
    numbers = [i for i, rule in enumerate(case.rules) if rule.kind in LINEAR]
    if case.feasibility.large:
        gifts = _least_of_each(clashes)
        for more in STRETCHES if gifts else ():
            wider = [(rule, _stretched(rule, by, more)) for rule, by in gifts]
            if case.eased(wider).holds(case.every):
                return _changes(wider), False
    solution = case.feasibility.searched(gifts_for(case.feasibility, case.every, numbers))
    if solution.columns is None:
        return (), False
    amounts = zip(numbers, solution.columns[-len(numbers) :].tolist(), strict=True)
    gifts = [(case.rules[number], rounded(gift)) for number, gift in amounts]
    gifts = [(rule, by) for rule, by in gifts if by > 1e-6]
    again = case.eased(gifts)
    again.remember(solution.columns[: -len(numbers)])
    if not again.holds(case.every):
        return (), False
    return _changes(gifts), solution.fate == "optimal"


def _least(case: Case, number: int, within: Give) -> Give:
    """The least amount for the whole problem: what its clash asks, if that is enough."""
    rule = case.rules[number]
    if case.feasibility.large:
        for more in STRETCHES:
            by = _stretched(rule, within.by or 0.0, more)
            if case.eased([(rule, by)]).holds(case.every):
                return Give(by, known=within.known and more == 1.0)
        return UNKNOWN
    if case.eased([(rule, within.by or 0.0)]).holds(case.every):
        return within
    whole = least_give(case.problem, case.feasibility, case.every, number)
    if whole.by is None or case.eased([(rule, whole.by)]).holds(case.every):
        return whole
    return UNKNOWN


def _stretched(rule: Rule, by: float, more: float) -> float:
    """A rule's giving way, so many times; whole for touches, and no more than it can."""
    wider = by * more
    if rule.kind in ("cap", "remaining"):
        wider = float(np.ceil(wider - 1e-9))
    return min(wider, most(rule))


def _least_of_each(clashes: Sequence[Sequence[Relaxation]]) -> list[tuple[Rule, float]]:
    """Of each clash the rule that gives way least, relatively, by what the clash asks of it."""
    gifts = []
    for clash in clashes:
        able = [(one.within / measure(one.rule), one) for one in clash if one.within is not None]
        if not able:
            return []
        best = min(able, key=lambda pair: pair[0])[1]
        gifts.append((best.rule, best.within or 0.0))
    return gifts


def _changes(gifts: Sequence[tuple[Rule, float]]) -> tuple[Change, ...]:
    return tuple(
        Change(
            rule=rule,
            by=by,
            becomes=turned(rule, by),
            relative=by / measure(rule),
            sentence=relaxation_text(rule, by, turned(rule, by), None),
        )
        for rule, by in gifts
    )
