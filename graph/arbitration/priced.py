"""The judge of large problems: prices prove that rules can't hold together, plans that they can."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl

from domain.errors import DataError
from graph.arbitration.checking import violations
from graph.arbitration.compiled import Floats
from graph.arbitration.grouping import Groups
from graph.arbitration.packing import pack
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.program.altering import given, without
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
from graph.arbitration.program.rules import Rule, RuleKind, rules_of
from graph.arbitration.rays import Ray, Rays
from graph.arbitration.response import Field
from graph.arbitration.rows import LEAST, SHARE, rows_of
from graph.arbitration.solving import solve

SHARED: Final[dict[RuleKind, str]] = {"at_most": "", "at_least": LEAST, "share": SHARE}
"""Kinds of rules that prices weigh, and how rows name them."""
SHORT: Final = 1e-6
"""Slack below nothing, relative to the rules' amounts, from which it is a proof."""
DEARER: Final = 1e3
"""How much dearer, relatively, it is that other rules give way."""
ROUNDS: Final = 12
"""Most further clashes that are looked for when a rule gives way."""
DEAR: Final = 0.01
"""Share of a proof's highest relative price from which a rule counts as part of it."""


class PricedJudge:
    """What prices prove in passes over all contacts, and what plans of the solver show.

    It says None where neither does: rules may hold by halves of touches and not by whole ones.
    """

    def __init__(self, problem: Problem, seconds: float, plan: Plan | None = None) -> None:
        """plan: one of the problem that misses limits."""
        self._problem, self._end, self._plan = problem, perf_counter() + seconds, plan
        self._rules = rules_of(problem)
        self._rows = rows_of(problem.limits)
        place = {name: number for number, name in enumerate(self._rows.names)}
        resources = problem.limits.resources
        self._row = {
            number: place[resources[rule.place].name + SHARED[rule.kind]]
            for number, rule in enumerate(self._rules)
            if rule.kind in SHARED
        }
        self._inside = [
            number
            for number, rule in enumerate(self._rules)
            if rule.kind not in SHARED and rule.kind != "step"
        ]
        self._fields: dict[tuple[int, ...], Rays | None] = {}
        self._held: list[Bools] = []
        self._needed: dict[int, float] = {}
        self._clash: dict[int, Bools] = {}
        self._slowest = 0.0

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self._rules

    def impossible(self, kept: Bools) -> bool:
        """Whether prices prove that the kept rules can't hold together."""
        rays = None if self._known(kept) else self._rays(kept)
        if rays is None or not self._going():
            return False
        return self._ray(rays, kept).slack < -SHORT

    def holds(self, kept: Bools, remembered: bool = True) -> bool | None:  # noqa: ARG002
        if self._known(kept):
            return True
        if self.impossible(kept):
            return False
        gone = [rule for rule, stays in zip(self._rules, kept, strict=True) if not stays]
        fewer = without(self._problem, gone)
        plan = self._solved(fewer)
        if plan is None or violations(fewer, plan.chosen, plan.budgets):
            return None
        self._held.append(kept.copy())
        return True

    def suspects(self, kept: Bools) -> Bools | None:
        """Shared rules with a price in a proof, the fewest dearest that suffice, and all others."""
        if not kept.all() and self.holds(kept):
            return None
        rays = self._rays(kept)
        if rays is None:
            return None
        ray = self._ray(rays, kept)
        if ray.slack >= -SHORT:
            return None
        prices = self._fewest(rays, ray, kept)
        found = kept.copy()
        for number, row in self._row.items():
            found[number] &= prices[row] > 0
        return found

    def least(self, kept: Bools, number: int) -> Give:
        """What prices prove must be given.

        For the whole problem from what its clash needs, which is asked first. Unknown for kinds
        that prices do not weigh by amount.
        """
        rule, others = self._rules[number], kept.copy()
        others[number] = False
        if most(rule) == 0.0 or self.impossible(others):
            return NEVER
        if kept.all() and number not in self._needed:
            return UNKNOWN
        if rule.kind not in ("at_most", "at_least"):
            return UNKNOWN
        if not kept.all():
            self._needed[number], self._clash[number] = self._needed_of(kept, number), kept
            return Give(self._needed[number], known=False)
        return Give(self._needed_by_all(number), known=False)

    def _needed_by_all(self, number: int) -> float:
        """What the whole problem needs of a rule: its clash, and those that show once it is given.

        Each further clash joins the rules that are asked, until none shows.
        """
        needed, asked = self._needed[number], self._clash[number].copy()
        every = np.ones(len(self._rules), dtype=np.bool_)
        rays, ceilings = self._rays(every), self._ceilings(every)
        more = np.zeros(len(ceilings))
        for _ in range(ROUNDS if rays is not None else 0):
            assert rays is not None
            more[self._row[number]] = needed
            ray = rays.least(ceilings, self._steps(every), -SHORT, self._going, more)
            if ray.slack >= -SHORT:
                break
            dear = ray.prices / np.maximum(ceilings, 1e-300)
            for other, row in self._row.items():
                asked[other] |= dear[row] > DEAR * dear.max()
            asked[self._inside] = True
            needed = max(needed, self._needed_of(asked, number))
        return needed

    def _needed_of(self, kept: Bools, number: int) -> float:
        """The slack that the rule lacks where it is far cheaper than others that it gives way."""
        rule, rays = self._rules[number], self._rays(kept)
        if rays is None:
            return 0.0
        costs = DEARER * self._ceilings(kept) * measure(rule)
        costs[self._row[number]] = 1.0
        ray = rays.least(costs, self._steps(kept), 0.0, self._going)
        return rounded(rule, -ray.slack)

    def joint(self) -> tuple[tuple[Gift, ...], bool]:
        """The minima that a plan misses."""
        return self.eased(()), False

    def eased(self, gifts: Sequence[Gift]) -> tuple[Gift, ...]:
        plan = self._solved(self._given(gifts)) if gifts or self._plan is None else self._plan
        if plan is None:
            return ()
        changes = dict(gifts)
        for rule in self._rules:
            short = plan.shortfalls.get(rule.name + LEAST)
            if rule.kind == "at_least" and short is not None:
                changes[rule] = rounded(rule, changes.get(rule, 0.0) + short)
        found = tuple(changes.items())
        if violations(self._given(found), plan.chosen, plan.budgets):
            return ()
        self._held.append(np.array([rule not in changes for rule in self._rules]))
        return found

    def _given(self, gifts: Sequence[Gift]) -> Problem:
        relaxed = self._problem
        for rule, by in gifts:
            relaxed = given(relaxed, rule, by)
        return relaxed

    def _known(self, kept: Bools) -> bool:
        """Whether a plan was found that holds all of these."""
        return any(not (kept & ~held).any() for held in self._held)

    def _solved(self, problem: Problem) -> Plan | None:
        """The solver's plan; None where a contact gets too many sets, or time will not suffice."""
        began = perf_counter()
        if self._end - began < self._slowest:
            return None
        try:
            return solve(problem)
        except DataError:
            return None
        finally:
            self._slowest = max(self._slowest, perf_counter() - began)

    def _going(self) -> bool:
        return perf_counter() < self._end

    def _steps(self, kept: Bools) -> Bools:
        """By campaign."""
        stays = {
            rule.place: bool(kept[number])
            for number, rule in enumerate(self._rules)
            if rule.kind == "step"
        }
        return np.array([stays[i] for i in range(len(stays))], dtype=np.bool_)

    def _ceilings(self, kept: Bools) -> Floats:
        """One over the amount of each kept rule; nothing for what is left out or may fall short."""
        found = np.zeros(len(self._rows.names))
        for number, row in self._row.items():
            if kept[number]:
                found[row] = 1.0 / measure(self._rules[number])
        return found

    def _ray(self, rays: Rays, kept: Bools) -> Ray:
        return rays.least(self._ceilings(kept), self._steps(kept), -SHORT, self._going)

    def _fewest(self, rays: Rays, ray: Ray, kept: Bools) -> Floats:
        """The ray's prices, without the small ones that the proof does not need."""
        scale = np.where(self._ceilings(kept) > 0, self._ceilings(kept), 1.0)
        order, steps = np.argsort(-ray.prices / scale), self._steps(kept)
        low, high = 1, int((ray.prices > 0).sum())
        while low < high:
            middle = (low + high) // 2
            some = np.zeros_like(ray.prices)
            some[order[:middle]] = ray.prices[order[:middle]]
            low, high = (low, middle) if rays.slack(some, steps) < -SHORT else (middle + 1, high)
        found = np.zeros_like(ray.prices)
        found[order[:high]] = ray.prices[order[:high]]
        return found

    def _rays(self, kept: Bools) -> Rays | None:
        """The search without the rules of contacts and accounts that are left out, packed once."""
        gone = tuple(number for number in self._inside if not kept[number])
        if gone not in self._fields:
            try:
                self._fields[gone] = self._packed([self._rules[number] for number in gone])
            except DataError:  # without these rules a contact may get too many sets
                self._fields[gone] = None
        return self._fields[gone]

    def _packed(self, gone: Sequence[Rule]) -> Rays:
        bare = without(self._problem, gone)
        flat = bare.limits.model_copy(update={"fatigue": (1.0,), "exploration": None})
        bare = replace(
            bare, candidates=bare.candidates.with_columns(value=pl.lit(0.0)), limits=flat
        )
        groups = Groups(self._rows.amounts)
        nothing = np.zeros(0, dtype=np.int64)
        rows = replace(self._rows, campaigns=(), column=nothing)
        whole = Field((pack(bare, groups),), rows, groups)
        return Rays(whole, self._rows.campaigns, self._rows.column)
