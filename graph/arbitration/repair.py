"""Repair: from the best response at the final prices to a plan in which every hard limit holds.

Contacts near a tie move first: the loss of a move is what it costs at the prices. Maxima are
relieved and minima served in turn; what still exceeds a maximum is dropped; then slack is filled
where it earns.
"""

import numpy as np

from graph.arbitration.campaigns import funded
from graph.arbitration.core import core_of, sweep
from graph.arbitration.draft import Draft, Moves
from graph.arbitration.duals import Response
from graph.arbitration.packing import NEVER, Bools, Floats, Ints, Packed
from graph.arbitration.rows import Rows
from graph.arbitration.worth import value_of

CORE = 1_500
"""Contacts that are moved one by one; more where limits stay missed."""
TURNS = 8
SWEEPS = 6
GAIN = 1e-9


def repair(
    packed: Packed,
    rows: Rows,
    prices: Floats,
    response: Response,
    bundles: list[Ints],
    frozen: list[Bools],
) -> Draft:
    """The repaired plan. Hard maxima hold exactly; minima as far as they can be served."""
    draft = Draft(packed, rows, prices, bundles, frozen, response.spends, np.zeros(0))
    draft.measure()
    _fund(draft)
    _ease(draft)
    _settle(draft)
    _drop(draft)
    _fund(draft)
    _improve(draft)
    _fund(draft)
    return draft


def _fund(draft: Draft) -> None:
    """Give the campaigns what the touches leave."""
    if len(draft.spends):
        draft.spends = funded(draft.rows, draft.prices, draft.left, draft.spends)
    draft.measure()


def _ease(draft: Draft) -> None:
    """Move contacts so that missed limits are met, least loss per relief first, harming none."""
    everything = np.ones(len(draft.left), dtype=np.bool_)
    for push in (0.05, 0.2, 1.0):
        missed = draft.exceeded | draft.short
        if not missed.any():
            return
        weight = np.minimum(draft.prices + push * natural_prices(draft), draft.rows.ceiling)
        draft.accept(_eased(draft, weight * missed), everything, easing=missed)
    draft.measure()


def _eased(draft: Draft, weight: Floats) -> Moves:
    """For each contact that reaches a weighed limit, its best bundle once that costs more."""
    extra, charge = draft.rows.charge(weight), draft.rows.charge(draft.prices)
    parts = []
    for number, block, bundles, frozen in draft.blocks():
        if not (extra[block.rows] != 0).any():
            continue
        worth, relief = block.reduced(charge), -block.sums(extra)
        new = (worth + relief).argmax(axis=0)
        loss = _at(worth, bundles) - _at(worth, new)
        eased = _at(relief, new) - _at(relief, bundles)
        who = np.flatnonzero((new != bundles) & (eased > 1e-12) & ~frozen)
        rank = np.maximum(loss[who], 0.0) / eased[who]
        parts.append(Moves(np.full(len(who), number), who, new[who], rank))
    return Moves.joined(parts)


def _settle(draft: Draft) -> None:
    """Move contacts near a tie until nothing is missed, at a rising cost of missing a limit."""
    weight = 2 * (draft.prices + 0.02 * natural_prices(draft))
    wanted = CORE
    for _ in range(TURNS):
        missed = draft.exceeded | draft.short
        if not missed.any():
            return
        # dearer per unit than its ceiling: the business would rather fall short
        cost = np.minimum(weight, draft.rows.ceiling)
        sweep(draft, core_of(draft, wanted, missed), cost, strict=False)
        draft.measure()
        weight, wanted = weight * 1.7, wanted * 2


def natural_prices(draft: Draft) -> Floats:
    """All value over what is used of each limit: a price of the right size, minor units."""
    used = np.maximum(np.abs(draft.rows.limit - draft.left), np.abs(draft.rows.limit))
    touches = max(1.0, float(draft.chosen().sum()))
    return abs(value_of(draft)) / np.maximum(used, 0.05 * touches)


def _drop(draft: Draft) -> None:
    """Leave candidates out until no maximum is exceeded; drawn bundles last.

    Ends: every turn leaves some candidate out, and nothing chosen exceeds nothing. Minima may fall
    short by it: a maximum is the harder promise.
    """
    nothing = np.zeros(len(draft.left), dtype=np.bool_)
    for frozen_too in (False, True):
        while draft.exceeded.any():
            moves = _smaller(draft, frozen_too)
            if not draft.accept(moves, nothing, easing=~draft.rows.minimum):
                break
        draft.measure()


def _smaller(draft: Draft, frozen_too: bool) -> Moves:
    """Each contact's cheapest way to use less of exceeded maxima by leaving something out."""
    extra = draft.rows.charge(draft.exceeded / np.maximum(np.abs(draft.rows.limit), 1.0))
    charge = draft.rows.charge(draft.prices)
    parts = []
    for number, block, bundles, frozen in draft.blocks():
        used = block.sums(extra)
        who = np.flatnonzero((_at(used, bundles) > 0) & (frozen_too | ~frozen))
        if not len(who):
            continue
        members, have = block.members, bundles[who]
        part = (members[:, None, :] <= members[have][None, :, :]).all(axis=2)
        eased = _at(used, bundles)[who] - used[:, who]
        worth = block.reduced(charge)[:, who]
        open_ones = part & (eased > 0) & (worth > NEVER)
        loss = np.maximum(_at(worth, have) - worth, 0.0)
        rate = np.where(open_ones, loss / np.where(eased > 0, eased, 1.0), np.inf)
        new = rate.argmin(axis=0)
        rank = _at(rate, new)
        some = np.isfinite(rank)
        parts.append(Moves(np.full(some.sum(), number), who[some], new[some], rank[some]))
    return Moves.joined(parts)


def _improve(draft: Draft) -> None:
    """Fill what is left where it still earns, the best at the prices first."""
    everything = np.ones(len(draft.left), dtype=np.bool_)
    for _ in range(SWEEPS):
        if not draft.accept(_earning(draft), everything):
            break
    # what a shortfall costs; a minimum without a ceiling is worth more than any touch
    most = 1e3 * natural_prices(draft)
    cost = np.where(draft.rows.minimum, np.minimum(draft.rows.ceiling, most), 0.0)
    for _ in range(SWEEPS):
        if not sweep(draft, core_of(draft, CORE), cost, strict=True):
            break
    draft.measure()


def _earning(draft: Draft) -> Moves:
    """Each contact's best other bundle that earns more and uses no more of what is used up."""
    tight = (draft.left <= draft.slop) & (draft.rows.minimum == 0)
    sizes = np.maximum(np.abs(draft.rows.limit), 1.0)
    scarce, charge = draft.rows.charge(tight / sizes), draft.rows.charge(draft.prices)
    parts = []
    for number, block, bundles, frozen in draft.blocks():
        gain = block.values - _at(block.values, bundles)
        used = block.sums(scarce)
        fits = (gain > GAIN) & (used <= _at(used, bundles) + 1e-12)
        worth = np.where(fits, block.reduced(charge), NEVER)
        new = worth.argmax(axis=0)
        better = _at(worth, new)
        who = np.flatnonzero((better > NEVER) & ~frozen)
        regret = _at(block.reduced(charge), bundles)[who] - better[who]
        parts.append(Moves(np.full(len(who), number), who, new[who], regret))
    return Moves.joined(parts)


def _at(table: Floats, bundles: Ints) -> Floats:
    """The entry of each contact's bundle."""
    return np.asarray(np.take_along_axis(table, bundles[None, :], axis=0)[0])
