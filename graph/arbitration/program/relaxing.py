"""Relaxing: by how much a rule must give way for others to hold; the problem with that given."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.problem import Problem
from graph.arbitration.program.altering import given
from graph.arbitration.program.constraints import constraints_of
from graph.arbitration.program.contact_rules import apart, pairs_of
from graph.arbitration.program.feasibility import Feasibility, with_gifts
from graph.arbitration.program.highs import Floats, Model
from graph.arbitration.program.rules import Rule

Bools = npt.NDArray[np.bool_]

LINEAR: Final = ("cap", "remaining", "at_most", "at_least", "step")
ROUNDS: Final = 12
"""Most steps of Dinkelbach's method; it took at most five."""


@dataclass(frozen=True)
class Give:
    """By how much a rule gives way; None where that alone does not suffice.

    known: that this is the least (of a large problem within a thousandth), or that none suffices.
    """

    by: float | None
    known: bool = True


UNKNOWN: Final = Give(None, known=False)
NEVER: Final = Give(None)


def least_give(problem: Problem, feasibility: Feasibility, kept: Bools, number: int) -> Give:
    """The least amount by which this rule must give way for the kept rules to hold with it.

    In the unit of the rule's amount. A rule without an amount gives way in no part.
    """
    rule = feasibility.constraints.rules[number]
    others = kept.copy()
    others[number] = False
    free = feasibility.holds(others)
    if free is not True:
        return NEVER if free is False else UNKNOWN
    if rule.kind in LINEAR:
        return _of_amount(feasibility, kept, number)
    if rule.kind == "share":
        return _of_share(problem, feasibility, kept, number)
    if rule.kind == "spacing":
        return _of_spacing(problem, feasibility, kept, rule)
    return NEVER


def measure(rule: Rule) -> float:
    """The amount that a rule's giving way is measured against: its own, and at least one unit.

    For shares and steps at least one percent. What remains of a cap is measured against one touch.
    """
    least = 0.01 if rule.kind in ("share", "step") else 1.0
    return max(rule.amount or 0.0, least)


def most(rule: Rule) -> float:
    """How far a rule can give way at all."""
    match rule.kind:
        case "at_least" | "spacing":
            return rule.amount or 0.0
        case "share" | "step":
            return 1.0 - (rule.amount or 0.0)
        case _:
            return np.inf


def gifts_for(feasibility: Feasibility, kept: Bools, numbers: list[int]) -> Model:
    """The kept rules' rows, with a gift for each of these rules, at its relative cost."""
    constraints = feasibility.constraints
    own = constraints.of(kept)
    rule, unit = constraints.rule[own], constraints.unit[own]
    place = np.full(len(constraints.rules) + 1, -1)
    place[numbers] = np.arange(len(numbers))
    gift = place[np.maximum(rule, -1)]
    rows = np.flatnonzero(gift >= 0)
    rules = [constraints.rules[number] for number in numbers]
    costs = np.array([1.0 / measure(one) for one in rules])
    model = with_gifts(feasibility.model(own), rows, gift[rows], unit[rows], costs)
    count = len(numbers)
    model.high[-count:] = [most(one) for one in rules]
    model.whole[-count:] = [one.kind in ("cap", "remaining") for one in rules]
    return model


def rounded(by: float) -> float:
    """Up to whole millionths, a hair of rounding forgiven."""
    return float(np.ceil(by * 1e6 - 0.01) / 1e6)


def _of_amount(feasibility: Feasibility, kept: Bools, number: int) -> Give:
    rule = feasibility.constraints.rules[number]
    solution = feasibility.searched(gifts_for(feasibility, kept, [number]))
    if solution.fate == "infeasible":
        return NEVER
    if solution.columns is None:
        return UNKNOWN
    by = min(rounded(float(solution.columns[-1])), most(rule))
    return Give(by, known=solution.fate == "optimal")


def _of_share(problem: Problem, feasibility: Feasibility, kept: Bools, number: int) -> Give:
    """The least share that some plan reaches: a ratio of sums (Dinkelbach 1967)."""
    constraints = feasibility.constraints
    share = problem.limits.resources[constraints.rules[number].place].at_most_share
    assert share is not None
    row = constraints.matrix[[int(np.flatnonzero(constraints.rule == number)[0])]].toarray().ravel()
    first = constraints.candidates + constraints.campaigns
    used, of = row.copy(), np.zeros_like(row)
    used[first:], of[first:] = 0.0, row[first:] != 0
    others = kept.copy()
    others[number] = False
    model = feasibility.model(constraints.of(others))
    ratio = 1.0
    for _ in range(ROUNDS):
        solution = feasibility.searched(replace(model, gain=ratio * of - used))
        if solution.fate != "optimal" or solution.columns is None:
            return UNKNOWN
        if solution.value < -1e-7:
            return NEVER
        total = float(of @ solution.columns)
        better = float(used @ solution.columns) / total if total > 0 else 0.0
        if better >= ratio - 1e-9:
            return Give(min(rounded(max(0.0, ratio - share.share)), 1.0 - share.share))
        ratio = better
    return UNKNOWN


def _of_spacing(problem: Problem, feasibility: Feasibility, kept: Bools, rule: Rule) -> Give:
    """The longest spacing that lets the kept rules hold, among the distances that occur."""
    slot = problem.candidates.select("slot").with_row_index("row")
    first, second = pairs_of(problem, rule)
    both = pl.DataFrame({"slot": slot["slot"][first], "slot_other": slot["slot"][second]})
    hours: Floats = both.select(apart()).to_series().unique().sort().to_numpy()
    low, high = 0, len(hours) - 1
    while low < high:
        middle = (low + high + 1) // 2
        shorter = given(problem, rule, (rule.amount or 0.0) - float(hours[middle]))
        holds = Feasibility(constraints_of(shorter), feasibility.left()).holds(kept)
        if holds is None:
            return UNKNOWN
        low, high = (middle, high) if holds else (low, middle - 1)
    return Give((rule.amount or 0.0) - float(hours[low]))
