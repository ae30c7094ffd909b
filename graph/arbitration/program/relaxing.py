"""Relaxing: by how much rules must give way, exactly, for problems that HiGHS settles."""

from collections.abc import Sequence
from time import perf_counter
from typing import Final

import numpy as np

from graph.arbitration.problem import Problem
from graph.arbitration.program.altering import given
from graph.arbitration.program.constraints import constraints_of
from graph.arbitration.program.feasibility import Feasibility, with_gifts
from graph.arbitration.program.highs import Model
from graph.arbitration.program.judging import (
    NEVER,
    UNKNOWN,
    Bools,
    Gift,
    Give,
    measure,
    most,
    rounded,
)
from graph.arbitration.program.rules import Rule

LINEAR: Final = ("cap", "remaining", "at_most", "at_least", "step")
"""Kinds whose amount moves the top of their rows, so that a program finds the least."""
HALVINGS: Final = 36


class ExactJudge:
    """What HiGHS proves about one problem's rules."""

    def __init__(self, problem: Problem, seconds: float) -> None:
        self._problem = problem
        self._end = perf_counter() + seconds
        self._feasibility = Feasibility(constraints_of(problem), seconds)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self._feasibility.constraints.rules

    def holds(self, kept: Bools, remembered: bool = True) -> bool | None:
        return self._feasibility.holds(kept, remembered)

    def impossible(self, kept: Bools) -> bool:
        return self.holds(kept) is False

    def suspects(self, kept: Bools) -> Bools | None:
        return self._feasibility.suspects(kept)

    def eased(self, gifts: Sequence[Gift]) -> tuple[Gift, ...]:
        every = np.ones(len(self.rules), dtype=np.bool_)
        return tuple(gifts) if self._holds_given(gifts, every) else ()

    def least(self, kept: Bools, number: int) -> Give:
        others = kept.copy()
        others[number] = False
        free = self.holds(others)
        if free is not True:
            return NEVER if free is False else UNKNOWN
        rule = self.rules[number]
        if rule.kind in LINEAR:
            return self._of_amount(kept, number)
        if rule.kind in ("share", "spacing"):
            return self._by_halves(kept, rule)
        return NEVER

    def joint(self) -> tuple[tuple[Gift, ...], bool]:
        """Of the kinds whose amounts are linear; the least sum of amounts, each over its rule's."""
        numbers = [i for i, rule in enumerate(self.rules) if rule.kind in LINEAR]
        every = np.ones(len(self.rules), dtype=np.bool_)
        solution = self._feasibility.searched(self._gifts(every, numbers))
        if solution.columns is None:
            return (), False
        amounts = solution.columns[-len(numbers) :].tolist() if numbers else []
        gifts = tuple(
            (self.rules[number], rounded(self.rules[number], by))
            for number, by in zip(numbers, amounts, strict=True)
            if by > 1e-7
        )
        return self.eased(gifts), solution.fate == "optimal"

    def _holds_given(self, gifts: Sequence[Gift], kept: Bools) -> bool | None:
        relaxed = self._problem
        for rule, by in gifts:
            relaxed = given(relaxed, rule, by)
        left = max(0.0, self._end - perf_counter())
        return Feasibility(constraints_of(relaxed), left).holds(kept)

    def _of_amount(self, kept: Bools, number: int) -> Give:
        solution = self._feasibility.searched(self._gifts(kept, [number]))
        if solution.fate == "infeasible":
            return NEVER
        if solution.columns is None:
            return UNKNOWN
        by = rounded(self.rules[number], float(solution.columns[-1]))
        return Give(by, known=solution.fate == "optimal")

    def _by_halves(self, kept: Bools, rule: Rule) -> Give:
        """The least amount to far less than a millionth, by halving what lies between."""
        low, high = 0.0, most(rule)
        holds = self._holds_given([(rule, high)], kept)
        if holds is not True:
            return NEVER if holds is False else UNKNOWN
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            holds = self._holds_given([(rule, middle)], kept)
            if holds is None:
                return Give(high, known=False)
            low, high = (low, middle) if holds else (middle, high)
        return Give(rounded(rule, high))

    def _gifts(self, kept: Bools, numbers: list[int]) -> Model:
        """The kept rules' rows, with a gift for each of these rules, at its relative cost."""
        constraints = self._feasibility.constraints
        own = constraints.of(kept)
        place = np.full(len(self.rules) + 1, -1)
        place[numbers] = np.arange(len(numbers))
        gift = place[np.maximum(constraints.rule[own], -1)]
        rows = np.flatnonzero(gift >= 0)
        rules = [self.rules[number] for number in numbers]
        costs = np.array([1.0 / measure(one) for one in rules])
        units = constraints.unit[own][rows]
        model = with_gifts(self._feasibility.model(own), rows, gift[rows], units, costs)
        first = len(model.gain) - len(numbers)
        model.high[first:] = [most(one) for one in rules]
        model.whole[first:] = [one.kind in ("cap", "remaining") for one in rules]
        return model
