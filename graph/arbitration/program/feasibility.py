"""Feasibility: whether some plan holds a set of rules, and which rules can be in the way."""

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from graph.arbitration.program.child import solve_in_child
from graph.arbitration.program.constraints import Constraints
from graph.arbitration.program.highs import Model, Solution, solve

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SLACK: Final = 1e-7
"""Share of a limit that a plan found earlier may take to be reused; the checker forgives more."""
LARGE: Final = 3_000
"""Candidates above which a search runs in a process that can be killed; below it ends in time."""
CHECKS: Final = 6
"""One search gets at most this part of the seconds."""


@dataclass
class Feasibility:
    """Answers about one problem's constraints for `seconds`; remembers the plans it found."""

    constraints: Constraints
    seconds: float
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
        solution = self.searched(self.model(own))
        if solution.columns is not None:
            plan = solution.columns.copy()
            chosen = slice(0, self.constraints.candidates)
            plan[chosen] = np.round(plan[chosen])
            self.plans.append(plan)
            return True
        return False if solution.fate == "infeasible" else None

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
        parts = replace(short, whole=np.zeros_like(short.whole))
        solution = solve(parts, self.end - perf_counter())
        if solution.fate != "optimal" or -solution.value <= 1e-7:
            return None
        rules = self.constraints.rule[own]
        found = np.zeros(len(self.constraints.rules), dtype=np.bool_)
        found[rules[(np.abs(solution.duals) > 1e-9) & (rules >= 0)]] = True
        return found

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

    def searched(self, model: Model) -> Solution:
        """The model solved in whole numbers, in its part of the time that is left."""
        seconds = min(self.end - perf_counter(), self.seconds / CHECKS)
        if self.constraints.candidates > LARGE:
            return solve_in_child(model, seconds)
        return solve(model, seconds)

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
