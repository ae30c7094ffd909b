"""A plan: an integer choice with its prices and its proof, by the problem's own rows."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from graph.arbitration.compiled import Bools, Floats, Ints
from graph.arbitration.draft import Draft
from graph.arbitration.packing import Packed
from graph.arbitration.problem import Problem
from graph.arbitration.regrets import dearest, regrets
from graph.arbitration.replaying import propensities
from graph.arbitration.ties import charged_by_position

if TYPE_CHECKING:
    from graph.arbitration.solving import Solution


@dataclass(frozen=True, eq=False)
class Plan:
    """What was chosen, at which prices, and how far from the bound that is.

    chosen, propensity, simulated, price, flip, open, explored, dearest are by row of the problem's
    candidates; the larger ones are worked out when first asked for. gap: (bound - value) /
    |bound|, shortfalls charged at their ceilings. violations: hard limits that do not hold; then
    status is `infeasible`.
    """

    problem: Problem
    solution: "Solution"
    budgets: dict[str, float]
    prices: dict[str, float]
    """By limit; of account caps, those that charge anything, as `CAP:ACCOUNT`."""
    rates: dict[str, float]
    """Price of one unit of each resource, all its limits together, and of priced account caps."""
    value: float
    bound: float
    gap: float
    status: str
    shortfalls: dict[str, float]
    violations: tuple[str, ...]
    passes: int
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def chosen(self) -> Bools:
        return self.part.unpack(self.part.chosen(self.solution.draft.masks[0]))

    @cached_property
    def explored(self) -> Bools:
        """Its contact drew by chance."""
        return self.part.unpack(self.solution.drawn.explored[0][self.part.owner])

    @cached_property
    def propensity(self) -> Floats:
        """Probability of the chosen candidate's set; NaN where unknown or not chosen."""
        return np.where(self.chosen, self.part.unpack(self._odds[0][self.part.owner]), np.nan)

    @cached_property
    def simulated(self) -> Bools:
        """The propensity was estimated by drawing and repairing again (Exploration.replays)."""
        return self.chosen & self.part.unpack(self._odds[1][self.part.owner])

    @cached_property
    def _odds(self) -> tuple[Floats, Bools]:
        """By contact."""
        found = self.solution
        rule = self.problem.limits.exploration
        return propensities(rule, found.draft, found.best, found.drawn, found.replays)

    @cached_property
    def price(self) -> Floats:
        """What the shared limits charge the candidate, minor units."""
        draft = self.solution.draft
        part = self.part
        return part.unpack(charged_by_position(part.table, part.units, draft.rates, draft.tolls[0]))

    @cached_property
    def flip(self) -> Floats:
        """Value it would need more for its contact to choose it at these prices; minor units."""
        return self.part.unpack(self._regrets[0])

    @cached_property
    def open(self) -> Bools:
        """It may be chosen at all."""
        return self.part.unpack(self._regrets[1])

    @cached_property
    def dearest(self) -> Ints:
        """Place in `rates` of what charges the candidate most; -1 for none."""
        return self.part.unpack(_dearest(self))

    @cached_property
    def _regrets(self) -> tuple[Floats, Bools]:
        draft = self.solution.draft
        return regrets(self.part, draft.rates, draft.tolls[0])

    @property
    def part(self) -> Packed:
        return self.solution.draft.field.parts[0]


def plan_of(problem: Problem, found: "Solution", seconds: dict[str, float]) -> Plan:
    """The plan of a solved problem that is one partition."""
    draft = found.draft
    rows, broken = draft.field.rows, draft.broken
    accounts = _account_prices(draft)
    rates = dict(zip(rows.amounts, rows.rates(draft.prices).tolist(), strict=True))
    names = np.array(rows.names, dtype=object)
    return Plan(
        problem=problem,
        solution=found,
        budgets={
            one.name: float(spend) for one, spend in zip(rows.campaigns, draft.spends, strict=True)
        },
        prices={**dict(zip(rows.names, draft.prices.tolist(), strict=True)), **accounts},
        rates={**rates, **accounts},
        value=draft.value,
        bound=found.bound,
        gap=found.gap,
        status="infeasible" if broken.any() else "optimal within gap",
        shortfalls={
            str(name): float(-left)
            for name, left in zip(names[draft.short], draft.left[draft.short], strict=True)
        },
        violations=tuple(str(name) for name in names[broken]),
        passes=found.dual.passes if found.dual else 1,
        seconds=seconds,
    )


def _account_prices(draft: Draft) -> dict[str, float]:
    found = {}
    for part, tolls in zip(draft.field.parts, draft.tolls, strict=True):
        if part.by_account:
            by_unit = tolls[part.units.start[:-1]]
            for u, a in np.argwhere(by_unit > 0).tolist():
                found[f"{part.caps[a]}:{part.accounts[u]}"] = float(by_unit[u, a])
    return found


def _dearest(plan: Plan) -> Ints:
    """By position."""
    draft, part = plan.solution.draft, plan.part
    incidence = draft.field.incidence
    found = np.full(len(part.order), -1, dtype=np.int64)
    most = np.zeros(len(part.order))
    dearest(
        part.table,
        incidence.indptr.astype(np.int64),
        incidence.indices.astype(np.int64),
        draft.field.rows.rates(draft.prices),
        found,
        most,
    )
    place = {name: number for number, name in enumerate(plan.rates)}
    for a in range(part.units.mask.shape[1]):
        bit = (np.arange(len(part.order)) - part.table.start[part.owner]).astype(np.uint64)
        counted = (part.units.mask[part.owner, a] >> bit) & np.uint64(1) != 0
        toll = np.where(counted, draft.tolls[0][part.owner, a], 0.0)
        labels = np.array(
            [place.get(f"{part.caps[a]}:{account}", -1) for account in part.accounts.tolist()]
        )
        dearer = toll > most
        found = np.where(dearer, labels[part.unit_of][part.owner], found)
        most = np.maximum(most, toll)
    return found
