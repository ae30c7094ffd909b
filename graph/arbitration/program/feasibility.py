"""Feasibility: whether some plan holds a set of rules, and which rules can be in the way."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from graph.arbitration.program.child import solve_in_child
from graph.arbitration.program.constraints import Constraints
from graph.arbitration.program.highs import Model, Solution, solve
from graph.arbitration.program.sheet import DEFINITION

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SLACK: Final = 1e-7
"""Share of a limit that a plan found earlier may take to be reused; the checker forgives more."""
LARGE: Final = 1_500
"""Candidates above which a search runs in a process that can be killed; below it ends in time."""
GAP: Final = 1e-3
FEW: Final = 20
"""Rules up to which a relaxation is tried before the planner: it soon shows what can't hold."""
CHECKS: Final = 6
"""One search gets at most this part of the seconds."""


Planner = Callable[[Bools], tuple[Bools, Floats] | None]
"""A quick way to a plan that holds kept rules: the chosen and the campaigns' spends, or None."""


@dataclass
class Feasibility:
    """Answers about one problem's constraints for `seconds`; remembers the plans it found.

    planner: asked before a search in whole numbers; what it says is checked row by row.
    """

    constraints: Constraints
    seconds: float
    planner: Planner | None = None
    plans: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.end = perf_counter() + self.seconds

    def holds(self, kept: Bools, remembered: bool = True) -> bool | None:
        """Whether some plan holds the kept rules (by place in the rules); None where time ran out.

        remembered: an earlier plan that holds them all is answer enough.
        """
        own = self.constraints.of(kept)
        if remembered and any(self._still(plan, own) for plan in self.plans):
            return True
        model = self.model(own)
        if self.large:
            many = int(kept.sum()) > FEW
            if many and self._planned(kept, own):
                return True
            halves = self.relaxed(model)
            if halves.fate != "optimal":
                return False if halves.fate == "infeasible" else None
            if self._learned(halves, own) or (not many and self._planned(kept, own)):
                return True
        solution = self.searched(model)
        if solution.columns is not None:
            self.remember(solution.columns)
            return True
        return False if solution.fate == "infeasible" else None

    def remember(self, columns: Floats) -> None:
        """Keep a plan, in whole candidates."""
        plan = columns.copy()
        plan[: self.constraints.candidates] = np.round(plan[: self.constraints.candidates])
        self.plans.append(plan)

    def suspects(self, kept: Bools) -> Bools | None:
        """Rules that can't hold together even by halves of candidates; None where they can.

        The least shortfall of what is demanded is a linear program, and the rules with a price in
        it are infeasible together (Farkas 1902; Gleeson and Ryan 1990). Often more than a minimal
        set. None as well where time ran out.
        """
        own = self.constraints.of(kept)
        model = self.model(own)
        demanded = np.flatnonzero(model.row_top < 0)
        if not len(demanded):
            return None
        each = np.arange(len(demanded))
        costs = 1.0 / np.maximum(1.0, -model.row_top[demanded])
        short = with_gifts(model, demanded, each, np.ones(len(demanded)), costs)
        solution = solve(replace(short, whole=np.zeros_like(short.whole)), self.left())
        if solution.fate != "optimal" or -solution.value <= 1e-7:
            return None
        rules = self.constraints.rule[own]
        found = np.zeros(len(self.constraints.rules), dtype=np.bool_)
        found[rules[(np.abs(solution.duals) > 1e-9) & (rules >= 0)]] = True
        return found

    def left(self) -> float:
        """Seconds until the time is up."""
        return max(0.0, self.end - perf_counter())

    def model(self, rows: Bools) -> Model:
        """A program of these rows that any plan satisfies."""
        constraints = self.constraints
        width = constraints.matrix.shape[1]
        whole = np.arange(width) < constraints.candidates
        return Model(
            gain=np.zeros(width),
            low=np.zeros(width),
            high=np.where(whole, 1.0, np.inf),
            whole=whole,
            matrix=csr_array(constraints.matrix[np.flatnonzero(rows)]),
            row_low=constraints.low[rows],
            row_top=constraints.top[rows],
        )

    def relaxed(self, model: Model) -> Solution:
        """The model solved without whole numbers, in its part of the time that is left."""
        parts = replace(model, whole=np.zeros_like(model.whole))
        return solve(parts, min(self.left(), self.seconds / CHECKS))

    def searched(self, model: Model) -> Solution:
        """The model solved in whole numbers, in its part of the time that is left.

        A large one to within GAP of its objective.
        """
        seconds = min(self.left(), self.seconds / CHECKS)
        if self.large:
            return solve_in_child(model, seconds, gap=GAP)
        return solve(model, seconds)

    @property
    def large(self) -> bool:
        return self.constraints.candidates > LARGE

    def columns_of(self, chosen: Bools, spends: Floats) -> Floats:
        """A plan as columns, with the totals that its shares are taken of."""
        constraints = self.constraints
        plan = np.concatenate((chosen.astype(np.float64), spends))
        defined = np.flatnonzero(constraints.rule == DEFINITION)
        totals = constraints.matrix[defined][:, : len(plan)] @ plan
        return np.concatenate((plan, -totals))

    def _planned(self, kept: Bools, rows: Bools) -> bool:
        """Whether the planner has a plan, and it holds; then it is remembered."""
        found = None if self.planner is None else self.planner(kept)
        if found is None:
            return False
        columns = self.columns_of(*found)
        if not self._still(columns, rows):
            return False
        self.remember(columns)
        return True

    def _learned(self, halves: Solution, rows: Bools) -> bool:
        """Whether the relaxation's solution is whole, or holds when rounded."""
        assert halves.columns is not None
        first = self.constraints.candidates
        spends = halves.columns[first : first + self.constraints.campaigns]
        columns = self.columns_of(halves.columns[:first] > 0.5, spends)
        if not self._still(columns, rows):
            return False
        self.remember(columns)
        return True

    def _still(self, plan: Floats, rows: Bools) -> bool:
        constraints = self.constraints
        used = constraints.matrix[np.flatnonzero(rows)] @ plan
        low, top = constraints.low[rows], constraints.top[rows]
        forgiven = SLACK * np.maximum(1.0, np.abs(top))
        return bool((used <= top + forgiven).all() and (used >= low - forgiven).all())


def with_gifts(model: Model, rows: Ints, gifts: Ints, units: Floats, costs: Floats) -> Model:
    """The model with G further columns, gifts: each widens its rows' tops, at a cost.

    rows, gifts, units: by entry, the row, its gift and by how much one of it widens the row.
    costs: by gift.
    """
    count = len(costs)
    wider = csr_array((-units, (rows, gifts)), shape=(len(model.row_top), count))
    return replace(
        model,
        gain=np.concatenate((model.gain, -costs)),
        low=np.concatenate((model.low, np.zeros(count))),
        high=np.concatenate((model.high, np.full(count, np.inf))),
        whole=np.concatenate((model.whole, np.zeros(count, dtype=np.bool_))),
        matrix=csr_array(hstack([model.matrix, wider], format="csr")),
    )


def minimal(feasibility: Feasibility, start: Bools, order: Ints) -> Bools:
    """A set within `start`, which must be infeasible, of which no rule can be left out.

    Deletion filter (Chinneck and Dravnieks 1991) over whole numbers, in halves: what is left stays
    infeasible after each step. order: rules to leave out first. Where time runs out rules stay
    that need not.
    """
    left = start.copy()
    halves = [order[left[order]]]
    while halves:
        part = halves.pop()
        if not len(part):
            continue
        left[part] = False
        if feasibility.holds(left) is False:
            continue
        left[part] = True
        if len(part) > 1:
            middle = len(part) // 2
            halves += [part[middle:], part[:middle]]
    return left
