"""Repair: from the best response at the final prices to a plan in which every hard limit holds.

Contacts near a tie move first: the loss of a move is what it costs at the prices. Missed limits
are bought free at a rising cost; what still exceeds a maximum is given up; then slack is filled
where it earns.
"""

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.campaigns import funded
from graph.arbitration.compiled import Floats, Ints
from graph.arbitration.draft import Draft
from graph.arbitration.joint import room_for
from graph.arbitration.nearness import Nearness
from graph.arbitration.sweeping import Aim, Weights, sweep, sweep_units

COSTS = (1.05, 1.2, 1.5, 2.0, 3.0, 6.0, 10.0)
"""What missing a limit costs, in its price and a little of its natural price, turn by turn."""
SWEEPS = 6
LITTLE = 1e-6
"""A sweep that adds less than this share of the value is the last one."""
GIVING_UP = 1e6
"""Natural prices that missing a maximum costs when nothing milder has helped."""


def repair(draft: Draft, natural: Floats) -> None:
    """Repair the draft in place. Hard maxima hold exactly; minima as far as they can be served.

    natural: a price of the right size for each limit (newton).
    """
    draft.measure()
    _fund(draft)
    near = Nearness(draft)
    _buy_free(draft, natural, near)
    _give_up(draft, natural, near)
    _fund(draft)
    _improve(draft, natural, near)
    _fund(draft)


def _fund(draft: Draft) -> None:
    """Give the campaigns what the touches leave."""
    if len(draft.spends):
        draft.spends = funded(draft.field.rows, draft.prices, draft.left, draft.spends)
        draft.measure()


def _buy_free(draft: Draft, natural: Floats, near: Nearness) -> None:
    """Move contacts until nothing is missed, at a rising cost of missing a limit."""
    rows = draft.field.rows
    for turn, factor in enumerate(COSTS):
        missed = draft.missed
        if not missed.any():
            return
        # dearer per unit than its ceiling: the business would rather fall short
        cost = np.minimum(factor * 2 * (draft.prices + 0.02 * natural), rows.ceiling)
        aim = Aim(cost, draft.slop, rows.minimum, False, False)
        for number, part in enumerate(draft.field.parts):
            nearest = near.touching(number, missed, turn)
            if part.by_account:
                dearer = np.where(missed, np.maximum(cost, draft.prices), draft.prices)
                wished = draft.field.rates(dearer)
                _sweep_units(draft, number, nearest, wished, aim)
            _sweep(draft, number, nearest, aim)
        draft.measure()


def _give_up(draft: Draft, natural: Floats, near: Nearness) -> None:
    """Leave out what exceeds a maximum; sets drawn by chance last, minima if need be.

    Ends: at last sets only shrink, and nothing chosen exceeds nothing.
    """
    maxima = ~draft.field.rows.minimum
    dear = GIVING_UP * (natural + draft.prices)
    for _ in range(SWEEPS):
        if not draft.exceeded.any() or not _turn(draft, near, dear * maxima, False, False):
            break
    for drawn_too in (False, True):
        while draft.exceeded.any() and _turn(draft, near, dear * draft.exceeded, True, drawn_too):
            pass


def _turn(draft: Draft, near: Nearness, cost: Floats, shrink: bool, drawn_too: bool) -> int:
    """One sweep over all contacts that reach an exceeded maximum; how many moved."""
    aim = Aim(cost, draft.slop, draft.field.rows.minimum, False, shrink)
    moved = 0
    for number in range(len(draft.field.parts)):
        reach = near.touching(number, draft.exceeded)
        moved += _sweep(draft, number, reach, aim, drawn_too)
    draft.measure()
    return moved


def _improve(draft: Draft, natural: Floats, near: Nearness) -> None:
    """Fill what is left where it still earns, contacts nearest to a tie first."""
    rows = draft.field.rows
    # a minimum without a ceiling is worth more than any touch
    cost = np.where(rows.minimum, np.minimum(rows.ceiling, 1e3 * natural), 0.0)
    aim = Aim(cost, draft.slop, rows.minimum & np.isfinite(rows.ceiling), True, False)
    for _ in range(SWEEPS):
        moved, before = 0, draft.value
        for number, part in enumerate(draft.field.parts):
            if part.by_account:
                moved += _sweep_units(draft, number, near.core[number], draft.rates, aim)
            moved += _sweep(draft, number, near.core[number], aim)
        draft.measure()
        little = draft.value - before < LITTLE * abs(draft.value) and not draft.missed.any()
        if little or not moved:
            return


def _sweep(draft: Draft, number: int, order: Ints, aim: Aim, drawn_too: bool = False) -> int:
    part = draft.field.parts[number]
    fixed = np.zeros(part.contacts, dtype=np.bool_) if drawn_too else draft.fixed[number]
    return sweep(
        part.table, part.units, part.unit_of, order, fixed, draft.rates, draft.tolls[number],
        compressed(draft.field.weights), aim, draft.masks[number], draft.taken[number], draft.left,
    )  # fmt: skip


def _sweep_units(draft: Draft, number: int, nearest: Ints, wished: Floats, aim: Aim) -> int:
    """Offer the accounts of these contacts, in their order, what is best at the wished rates."""
    part = draft.field.parts[number]
    owners = part.unit_of[nearest]
    _, first = np.unique(owners, return_index=True)
    order = owners[np.sort(first)]
    widest, states = part.widest
    return sweep_units(
        part.table, part.units, order, draft.fixed[number], draft.rates, wished,
        compressed(draft.field.weights), aim, draft.masks[number], draft.taken[number], draft.left,
        room_for(widest, states, part.units.mask.shape[1]),
    )  # fmt: skip


def compressed(weights: csr_matrix) -> Weights:
    """groups x rows as the sweeps read it."""
    return Weights(weights.indptr.astype(np.int32), weights.indices.astype(np.int32), weights.data)
