"""Flipping: the smallest change that turns one candidate's fate, confirmed by solving again.

Prices say about how much value a candidate lacks, and which limits price it out; what is promised
is found by solving again: with the change its fate turns, with 95% of it it does not. Each attempt
is kept, so that the confirmation is a recorded fact.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from domain.errors import DataError, UsageError
from domain.record import Record
from graph.arbitration.bracketing import GROPING, smallest
from graph.arbitration.changes import (
    CapChange,
    Change,
    RuleChange,
    ValueChange,
    changed,
)
from graph.arbitration.hindering import (
    Place,
    Widening,
    bundle_rows,
    caps_in_the_way,
    limits_in_the_way,
    margin,
    place_of,
)
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.sets import has, worth_of
from graph.arbitration.solving import solve

Case = Literal["lost", "closed", "chosen", "explored"]
Solve = Callable[[Problem], Plan]

MOST_LIMITS = 3
"""Shared limits that are tried, dearest first, until one suffices."""
FARTHEST = 1000.0
"""Times what a candidate, or what it lacks, is worth: beyond, no value is asked for."""
A_LITTLE = 1.02
"""Times what the prices say it lacks: prices move a little when it joins."""


class Trial(Record):
    """A change that was made, and whether the candidate's fate turned when all was solved again."""

    change: Change
    flipped: bool


class Confirmed(Record):
    """A change that turns the candidate's fate, 95% of which does not.

    worth: what the change is worth at the plan's prices, minor units. tied: it is at most a hair:
    two were as good as equal. A cap's change is one touch, and has no less.
    """

    change: Change
    worth: float
    tied: bool


class Flip(Record):
    """What would turn one candidate's fate.

    case: `lost`; `closed`: no set of its contact may hold it; `chosen`: it would have to lose;
    `explored`: its contact drew by chance, and no change is asked for. favourite: its contact
    would choose it at the prices, were there no draws and no whole touches to fit. bundle: others
    that are chosen with it or not at all. value, rule: the smallest of each kind, null where none
    was found.
    """

    candidate: int
    case: Case
    favourite: bool
    bundle: tuple[int, ...]
    value: Confirmed | None
    rule: Confirmed | None
    trail: tuple[Trial, ...]

    @property
    def smallest(self) -> Confirmed | None:
        """Of the two, what is worth less."""
        found = [one for one in (self.value, self.rule) if one is not None]
        return min(found, key=lambda one: one.worth, default=None)


def smallest_change(
    problem: Problem, plan: Plan, candidate: int, solve_again: Solve = solve
) -> Flip:
    """The smallest change of value, and of one rule, that turns the candidate's fate.

    plan: what `solve_again` gives for the problem itself. Everything is found by solving changed
    problems from the start, as anyone can repeat. Raises UsageError for an unknown candidate.
    """
    problem = without_replays(problem)
    number = problem.candidates.get_column("candidate").cast(pl.Int64)
    rows = np.flatnonzero(number == candidate)
    if not len(rows):
        raise UsageError(f"There is no candidate {candidate}.")
    asked = _Asked(problem, plan, place_of(plan, int(rows[0])), candidate, solve_again)
    match asked.case:
        case "explored":
            value, rule = None, None
        case "chosen":
            value, rule = asked.less_value(), None
        case "closed":
            value, rule = None, asked.more_room()
        case "lost":
            value, rule = asked.more_value(), asked.more_room()
    whole = number.filter(pl.Series(bundle_rows(problem, asked.place.row))).to_list()
    return Flip(
        candidate=candidate,
        case=asked.case,
        favourite=asked.favourite,
        bundle=tuple(one for one in whole if one != candidate),
        value=value,
        rule=rule,
        trail=tuple(
            Trial(change=change, flipped=flipped) for change, flipped in asked.answers.items()
        ),
    )


def without_replays(problem: Problem) -> Problem:
    """The same draws and choice; replays only estimate odds, and take their time."""
    rule = problem.limits.exploration
    if rule is None or rule.replays == 0:
        return problem
    limits = problem.limits.model_copy(
        update={"exploration": rule.model_copy(update={"replays": 0})}
    )
    return Problem(problem.candidates, problem.uses, problem.remaining, limits)


@dataclass
class _Asked:
    """One candidate's question, with every attempt so far."""

    problem: Problem
    plan: Plan
    place: Place
    candidate: int
    solve_again: Solve
    answers: dict[ValueChange | RuleChange, bool] = field(default_factory=dict)
    """Whether each change turned its fate, in the order in which they were tried."""

    @property
    def case(self) -> Case:
        row = self.place.row
        if self.plan.explored[row]:
            return "explored"
        if self.plan.chosen[row]:
            return "chosen"
        return "lost" if self.plan.open[row] else "closed"

    @property
    def favourite(self) -> bool:
        best = self.plan.solution.best[0]
        return bool(has(best[self.place.contact], self.place.bit))

    def more_value(self) -> Confirmed | None:
        lacks = float(self.plan.flip[self.place.row]) * A_LITTLE
        return self._by_value(lacks, 1.0)

    def less_value(self) -> Confirmed | None:
        return self._by_value(margin(self.plan, self.place), -1.0)

    def _by_value(self, guess: float, sign: float) -> Confirmed | None:
        own = abs(float(self.problem.candidates.item(self.place.row, "value")))
        start = guess if np.isfinite(guess) and guess > 0 else max(0.01 * own, 1.0)
        most = FARTHEST * max(start, own, 1.0)

        def by(amount: float) -> ValueChange:
            return ValueChange(candidate=self.candidate, by=sign * amount)

        found = smallest(lambda amount: self.flips(by(amount)), start, most)
        if found is None:
            return None
        return Confirmed(change=by(found.amount), worth=found.amount, tied=found.tied)

    def more_room(self) -> Confirmed | None:
        """One more of a cap in its way, else more of the dearest shared limit that suffices."""
        for cap in caps_in_the_way(self.problem, self.plan, self.place):
            found = self._by_cap(cap)
            if found is not None:
                return found
        if self.case == "closed":
            return None
        for one in limits_in_the_way(self.problem, self.plan, self.place)[:MOST_LIMITS]:
            found = self._by_limit(one)
            if found is not None:
                return found
        return None

    def _by_limit(self, limit: Widening) -> Confirmed | None:
        if not self.flips(limit.by(limit.most)):
            return None
        found = smallest(lambda by: self.flips(limit.by(by)), limit.unit, limit.most, GROPING)
        if found is None:
            return None
        change = limit.by(found.amount)
        return Confirmed(change=change, worth=found.amount * limit.price, tied=found.tied)

    def _by_cap(self, cap: CapChange) -> Confirmed | None:
        try:
            after = self._solved(cap)
        except DataError:
            return None  # one more would give the holder more sets than can be told apart
        if not self._turned(after):
            return None
        return Confirmed(change=cap, worth=self._worth_of_room(cap, after), tied=False)

    def _worth_of_room(self, cap: CapChange, after: Plan) -> float:
        """What the contact's set is worth more at the prices; for an account, the cap's price."""
        priced = self.plan.rates.get(f"{cap.cap}:{cap.holder}")
        if priced is not None:
            return priced
        return max(0.0, self._net(after) - self._net(self.plan))

    def _net(self, plan: Plan) -> float:
        """Worth of the contact's set in a plan, less what this plan's prices charge for it."""
        part, own = plan.part, self.problem.candidates.get_column("contact")
        i = int(np.flatnonzero(part.contact == own[self.place.row])[0])
        rows = plan.chosen & (own == own[self.place.row]).to_numpy()
        worth = worth_of(part.table, i, plan.solution.draft.masks[0][i])
        return float(worth - self.plan.price[rows].sum())

    def flips(self, change: ValueChange | RuleChange) -> bool:
        if change not in self.answers:
            self._solved(change)
        return self.answers[change]

    def _solved(self, change: ValueChange | RuleChange) -> Plan:
        after = self.solve_again(changed(self.problem, change))
        self.answers[change] = self._turned(after)
        return after

    def _turned(self, after: Plan) -> bool:
        return bool(after.chosen[self.place.row] != self.plan.chosen[self.place.row])
