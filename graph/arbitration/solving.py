"""Solving: prices, best response, exploration, repair, and how far from the bound that is."""

from dataclasses import dataclass

import numpy as np

from graph.arbitration import duals
from graph.arbitration.duals import Response, Rows, campaign_term, minimise, rows_of
from graph.arbitration.exploring import explore, propensities
from graph.arbitration.packing import Block, Bools, Floats, Ints, Packed, pack
from graph.arbitration.problem import Problem
from graph.arbitration.repair import TOLERANCE, Draft, repair


@dataclass(frozen=True)
class Plan:
    """An integer choice with its prices and its proof.

    chosen, propensity, price: by row of the problem's candidates. price: what the shared limits
    charge the candidate, minor units. gap: (bound - value) / |bound|, shortfalls charged at their
    ceilings. explored: candidates of contacts that drew by chance.
    """

    chosen: Bools
    propensity: Floats
    price: Floats
    explored: Bools
    budgets: dict[str, float]
    prices: dict[str, float]
    value: float
    bound: float
    gap: float
    status: str
    shortfalls: dict[str, float]
    passes: int


def solve(problem: Problem, warm: dict[str, float] | None = None) -> Plan:
    """The plan of a problem. `warm`: prices of an earlier run, to start from."""
    packed, rows = pack(problem), rows_of(problem)
    start = None if warm is None else np.array([warm.get(name, 0.0) for name in rows.names])
    dual = minimise(packed, rows, start)
    response = duals.respond(packed, rows, dual.prices)
    best = tuple(bundles.copy() for bundles in response.bundles)
    explored = explore(problem, packed, rows, dual.prices, response)
    draft = repair(packed, rows, dual.prices, response, explored)
    odds = propensities(problem, packed, rows, dual.prices, best, draft.bundles, explored)
    return _plan(draft, dual.bound, dual.passes, odds, explored)


def respond(problem: Problem, prices: dict[str, float]) -> Plan:
    """What each contact would choose by itself at given prices: no limit but its own binds.

    This is the decision for one contact in real time, and the ghost of a holdout contact.
    """
    packed, rows = pack(problem), rows_of(problem)
    given = np.array([prices.get(name, 0.0) for name in rows.names])
    response = duals.respond(packed, rows, given)
    nobody = [np.zeros(block.contacts, dtype=np.bool_) for block in packed.blocks]
    draft = Draft(packed, rows, given, list(response.bundles), nobody, response.spends)
    odds = np.where(draft.chosen(), 1.0, np.nan)
    return _plan(draft, response.worth, 1, odds, nobody)


def _plan(draft: Draft, bound: float, passes: int, odds: Floats, explored: list[Bools]) -> Plan:
    rows, chosen = draft.rows, draft.chosen()
    value = _value(draft.packed, draft.bundles, rows, draft.spends)
    left = draft.slack()
    short = {
        name: float(-gap)
        for name, gap, least in zip(rows.names, left, rows.minimum, strict=True)
        if least and gap < -TOLERANCE
    }
    charged = sum(short[name] * rows.ceiling[rows.names.index(name)] for name in short)
    gap = (bound - (value - charged)) / max(abs(bound), 1e-9)
    return Plan(
        chosen=chosen,
        propensity=odds,
        price=np.asarray(rows.matrix @ draft.prices).ravel(),
        explored=_rows_of(draft.packed, explored),
        budgets={
            one.name: float(spend)
            for (one, _), spend in zip(rows.campaigns, draft.spends, strict=True)
        },
        prices=dict(zip(rows.names, draft.prices.tolist(), strict=True)),
        value=value,
        bound=bound,
        gap=float(gap) if np.isfinite(gap) else float("inf"),
        status=_status(rows, left),
        shortfalls=short,
        passes=passes,
    )


def _status(rows: Rows, left: Floats) -> str:
    hard = ~rows.minimum | np.isinf(rows.ceiling)
    return "infeasible" if (left[hard] < -1e-6).any() else "optimal within gap"


def _value(packed: Packed, bundles: list[Ints], rows: Rows, spends: Floats) -> float:
    touches = sum(_block_value(one, own) for one, own in zip(packed.blocks, bundles, strict=True))
    campaigns = sum(
        campaign_term(one, spend) for (one, _), spend in zip(rows.campaigns, spends, strict=True)
    )
    return float(touches + campaigns)


def _block_value(block: Block, bundles: Ints) -> float:
    return float(np.take_along_axis(block.values, bundles[:, None], axis=1).sum())


def _rows_of(packed: Packed, explored: list[Bools]) -> Bools:
    found = np.zeros(packed.candidates, dtype=np.bool_)
    for block, who in zip(packed.blocks, explored, strict=True):
        found[block.rows[who]] = True
    return found


__all__ = ["Plan", "Response", "respond", "solve"]
