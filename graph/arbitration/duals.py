"""The dual: prices of the shared limits, the bound they prove, and the best response to them.

D(prices) = sum over contacts of the best bundle's worth less its charges, plus each campaign's
best term, plus prices x limits. It is convex, and an upper bound of the optimum at every price
(Lagrangian duality; Geoffrion, "Lagrangean Relaxation for Integer Programming", 1974). It is
minimised by L-BFGS-B over price bounds (Byrd, Lu, Nocedal and Zhu 1995).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from graph.arbitration.campaigns import best_spends
from graph.arbitration.draws import draws_of
from graph.arbitration.packing import Block, Bools, Floats, Ints, Packed
from graph.arbitration.rows import Rows

PASSES = 120
SAMPLED = 8_000
"""Contacts whose dual is minimised first: its prices are close, and its passes cheap."""
STARTS = 4
ENOUGH = 2e-5
"""A fresh start that lowers the bound by less than this share was the last."""


@dataclass(frozen=True)
class Response:
    """Best bundle of every contact and best spend of every campaign at given prices."""

    bundles: tuple[Ints, ...]
    chosen: Bools
    spends: Floats
    worth: float
    """Worth of contacts' bundles less their charges."""
    campaign_worth: float


@dataclass(frozen=True)
class Dual:
    """The best prices found, and the bound they prove."""

    prices: Floats
    bound: float
    passes: int


def respond(packed: Packed, rows: Rows, prices: Floats) -> Response:
    """One pass: every contact's best bundle and every campaign's best spend at these prices."""
    charge = rows.charge(prices)
    chosen = np.zeros(len(packed.order), dtype=np.bool_)
    bundles, worth = [], 0.0
    for block in packed.blocks:
        best, here = block.best(charge)
        chosen[block.chosen(best)] = True
        bundles.append(best)
        worth += float(here.sum())
    spends, campaign_worth = best_spends(rows, prices)
    return Response(tuple(bundles), chosen, spends, worth, campaign_worth)


def minimise(packed: Packed, rows: Rows, warm: Floats | None = None) -> Dual:
    """Search the prices of the least bound. Every price visited proves one; the least counts.

    Without prices to start from, a sample of the contacts gives them.
    """
    if not rows.names:
        response = respond(packed, rows, np.zeros(0))
        return Dual(np.zeros(0), response.worth + response.campaign_worth, 1)
    start = np.zeros(len(rows.names)) if warm is None else warm
    if warm is None and packed.contacts > 2 * SAMPLED:
        start = _minimise(*_sample(packed, rows), start, SAMPLED / packed.contacts).prices
    return _minimise(packed, rows, start, 1.0)


def _minimise(packed: Packed, rows: Rows, start: Floats, share: float) -> Dual:
    """`share` of the limits and campaigns counts: the share of contacts that are here."""
    scale = _scale(rows)
    best = Dual(start, np.inf, 0)
    passes = 0

    def bound(scaled: Floats) -> tuple[float, Floats]:
        nonlocal best, passes
        prices = scaled / scale
        response = respond(packed, rows, prices)
        passes += 1
        shared = response.campaign_worth + float(prices @ rows.limit)
        value = response.worth + share * shared
        if value < best.bound:
            best = Dual(prices.copy(), value, passes)
        left = rows.left(response.chosen, share * response.spends) - (1 - share) * rows.limit
        return value, left / scale

    bounds = [(0.0, top) for top in rows.ceiling * scale]
    options = {"maxfun": PASSES, "maxiter": PASSES, "maxcor": 10, "ftol": 1e-9, "gtol": 1e-9}
    where = np.clip(start, 0.0, rows.ceiling) * scale
    for _ in range(STARTS):  # a kink stops the line search early; a fresh start goes on
        before = best.bound
        minimize(bound, where, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        where = best.prices * scale
        if before - best.bound < ENOUGH * abs(best.bound):
            break
    return replace(best, passes=passes)


def _sample(packed: Packed, rows: Rows) -> tuple[Packed, Rows]:
    """Some contacts, by a stable hash of their number; positions stay as they are."""
    blocks = []
    for block in packed.blocks:
        draws = draws_of(packed.contact[block.rows[0]], 0, 0)
        some = draws < SAMPLED / packed.contacts
        blocks.append(Block(block.rows[:, some], block.bundles, block.values[:, some]))
    return replace(packed, blocks=tuple(blocks)), rows


def _scale(rows: Rows) -> Floats:
    """Limits of like size: each by the root of its candidates' summed squared uses."""
    squares = np.asarray(rows.uses.multiply(rows.uses).sum(axis=0)).ravel()
    for one, column in zip(rows.campaigns, rows.column, strict=True):
        squares[column] += one.now**2
    sizes = np.asarray(rows.weights.multiply(rows.weights).T @ squares).ravel()
    return np.where(sizes > 0, np.sqrt(sizes), 1.0)
