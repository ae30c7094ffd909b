"""Solving: prices, best response, exploration, repair, and how far from the bound that is."""

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from graph.arbitration import duals
from graph.arbitration.draft import Draft
from graph.arbitration.duals import minimise
from graph.arbitration.exact import exact, is_small
from graph.arbitration.exploring import explore, propensities
from graph.arbitration.packing import Bools, Floats, Ints, pack
from graph.arbitration.problem import Problem
from graph.arbitration.regrets import regrets
from graph.arbitration.repair import repair
from graph.arbitration.rows import rows_of
from graph.arbitration.worth import charged, shortfalls_of, value_of


@dataclass(frozen=True)
class Plan:
    """An integer choice with its prices and its proof.

    chosen, propensity, price, flip, open, explored: by row of the problem's candidates. price:
    what the shared limits charge the candidate; flip: value it would need more for its contact to
    choose it at these prices (0 where it would); both minor units. open: it may be chosen at all.
    explored: its contact drew by chance. gap: (bound - value) / |bound|, shortfalls charged at
    their ceilings. violations: hard limits that do not hold; then status is `infeasible`.
    """

    chosen: Bools
    propensity: Floats
    price: Floats
    flip: Floats
    open: Bools
    explored: Bools
    dearest: Ints
    """By row: place in `rates` of the resource that charges the candidate most; -1 for none."""
    budgets: dict[str, float]
    prices: dict[str, float]
    rates: dict[str, float]
    """Price of one unit of each resource, all its limits together."""
    value: float
    bound: float
    gap: float
    status: str
    shortfalls: dict[str, float]
    violations: tuple[str, ...]
    passes: int
    seconds: dict[str, float] = field(default_factory=dict, compare=False)


def solve(problem: Problem, warm: dict[str, float] | None = None) -> Plan:
    """The plan of a problem. `warm`: prices of an earlier run, to start from.

    Small problems are solved exactly, by HiGHS, where that is better than the repaired plan.
    """
    watch = [perf_counter()]
    packed = pack(problem)
    rows = rows_of(problem, packed)
    watch.append(perf_counter())
    start = None if warm is None else np.array([warm.get(name, 0.0) for name in rows.names])
    dual = minimise(packed, rows, start)
    watch.append(perf_counter())
    response = duals.respond(packed, rows, dual.prices)
    drawn = explore(problem.limits.exploration, packed, rows, dual.prices, response.bundles)
    bundles = [own.copy() for own in drawn.bundles]
    draft = repair(packed, rows, dual.prices, response, bundles, drawn.explored)
    bound = dual.bound
    if is_small(packed):
        draft, bound = exact(draft, bound)
    watch.append(perf_counter())
    odds = propensities(problem.limits.exploration, draft, response.bundles, drawn)
    plan = _plan(problem, draft, bound, dual.passes, odds)
    watch.append(perf_counter())
    stages = zip(("pack", "dual", "repair", "account"), np.diff(watch).tolist(), strict=True)
    plan.seconds.update(stages)
    return plan


def respond(problem: Problem, prices: dict[str, float]) -> Plan:
    """What each contact would choose by itself at given prices: no limit but its own binds.

    This is the decision for one contact in real time, and the ghost of a holdout contact.
    """
    packed = pack(problem)
    rows = rows_of(problem, packed)
    given = np.array([prices.get(name, 0.0) for name in rows.names])
    response = duals.respond(packed, rows, given)
    nobody = [np.zeros(block.contacts, dtype=np.bool_) for block in packed.blocks]
    left = rows.left(response.chosen, response.spends)
    draft = Draft(packed, rows, given, list(response.bundles), nobody, response.spends, left)
    bound = response.worth + response.campaign_worth + float(given @ rows.limit)
    return _plan(problem, draft, bound, 1, np.where(response.chosen, 1.0, np.nan))


def _plan(problem: Problem, draft: Draft, bound: float, passes: int, odds: Floats) -> Plan:
    packed, rows, chosen = draft.packed, draft.rows, draft.chosen()
    draft.measure()
    value = value_of(draft)
    broken = tuple(np.array(rows.names)[(draft.left < -draft.slop) & rows.hard].tolist())
    explored = np.zeros(len(chosen), dtype=np.bool_)
    for _, block, _, frozen in draft.blocks():
        explored[block.rows[:, frozen]] = True
    flip, may = regrets(packed, rows.charge(draft.prices), problem.limits.fatigue)
    gap = (bound - (value - charged(draft))) / max(abs(bound), 1e-9)
    return Plan(
        chosen=packed.unpack(chosen),
        propensity=packed.unpack(odds),
        price=packed.unpack(rows.charge(draft.prices)),
        flip=packed.unpack(flip),
        open=packed.unpack(may),
        explored=packed.unpack(explored),
        dearest=packed.unpack(rows.dearest(draft.prices)),
        budgets={
            one.name: float(spend) for one, spend in zip(rows.campaigns, draft.spends, strict=True)
        },
        prices=dict(zip(rows.names, draft.prices.tolist(), strict=True)),
        rates=dict(zip(rows.amounts, rows.rates(draft.prices).tolist(), strict=True)),
        value=value,
        bound=bound,
        gap=float(gap) if np.isfinite(gap) else float("inf"),
        status="infeasible" if broken else "optimal within gap",
        shortfalls=shortfalls_of(draft),
        violations=broken,
        passes=passes,
    )
