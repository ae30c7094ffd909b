"""Repair: from the best response at the final prices to a plan in which every hard limit holds.

First touches are taken from exceeded limits, least loss per unit first; then campaigns are funded
from what is left; then minimum exposures are served; then slack is filled where it still earns.
"""

from dataclasses import dataclass

import numpy as np

from graph.arbitration.duals import Response, Rows, best_spend, slack
from graph.arbitration.packing import NEVER, Block, Bools, Floats, Ints, Packed

TOLERANCE = 1e-7
ROUNDS = 40


@dataclass
class Draft:
    """A plan being repaired: the bundle of every contact, block by block."""

    packed: Packed
    rows: Rows
    prices: Floats
    bundles: list[Ints]
    frozen: list[Bools]
    """Contacts whose bundle was drawn by exploration; only a hard limit may change it."""
    spends: Floats

    def chosen(self) -> Bools:
        chosen = np.zeros(self.packed.candidates, dtype=np.bool_)
        for block, bundles in zip(self.packed.blocks, self.bundles, strict=True):
            chosen[block.rows[block.members[bundles]]] = True
        return chosen

    def slack(self) -> Floats:
        return slack(self.rows, self.chosen(), self.spends)


def repair(
    packed: Packed, rows: Rows, prices: Floats, response: Response, frozen: list[Bools]
) -> Draft:
    """The repaired plan. Hard maxima hold exactly; minima as far as they can be served."""
    draft = Draft(packed, rows, prices, list(response.bundles), frozen, response.spends)
    _relieve(draft, frozen_too=False)
    _relieve(draft, frozen_too=True)
    _fund(draft)
    _serve_minima(draft)
    _improve(draft)
    _fund(draft)
    return draft


def _relieve(draft: Draft, frozen_too: bool) -> None:
    """Take the least valuable bundles' members away until no maximum is exceeded."""
    for _ in range(ROUNDS):
        left = draft.slack()
        exceeded = np.flatnonzero((left < -TOLERANCE) & ~draft.rows.minimum)
        if not len(exceeded):
            return
        for row in exceeded:
            _relieve_row(draft, int(row), frozen_too)


def _relieve_row(draft: Draft, row: int, frozen_too: bool) -> None:
    """Of all ways to use less of the row by leaving something out, the cheapest per unit."""
    excess = -float(draft.slack()[row])
    if excess <= TOLERANCE:
        return
    use = draft.rows.matrix[:, [row]].toarray().ravel()
    moves = [
        _smaller(draft, number, block, use, frozen_too)
        for number, block in enumerate(draft.packed.blocks)
    ]
    table = np.concatenate(moves) if moves else np.zeros((0, 5))
    order = np.lexsort((table[:, 1], table[:, 0], table[:, 3] / table[:, 4]))
    freed = np.cumsum(table[order, 4])
    needed = int(np.searchsorted(freed, excess - TOLERANCE)) + 1
    for block, contact, bundle, _, _ in table[order[:needed]]:
        draft.bundles[int(block)][int(contact)] = int(bundle)


def _smaller(draft: Draft, number: int, block: Block, use: Floats, frozen_too: bool) -> Floats:
    """Each user's best bundle without part of it: block, contact, bundle, loss, freed."""
    current = draft.bundles[number]
    mine = use[block.rows]
    using = (mine * block.members[current]).sum(axis=1) > TOLERANCE
    if not frozen_too:
        using &= ~draft.frozen[number]
    who = np.flatnonzero(using)
    if not len(who):
        return np.zeros((0, 5))
    price = np.asarray(draft.rows.matrix @ draft.prices).ravel()[block.rows[who]]
    members = block.members.astype(np.float64)
    reduced = block.values[who] - price @ members.T
    uses = mine[who] @ members.T
    have = current[who]
    part = (block.members[None, :, :] <= block.members[have][:, None, :]).all(axis=2)
    here = np.arange(len(who))
    freed = uses[here, have][:, None] - uses
    fits = part & (freed > TOLERANCE) & (block.values[who] > NEVER)
    loss = np.where(fits, reduced[here, have][:, None] - reduced, np.inf)
    rate = np.where(fits, np.maximum(loss, 0) / np.where(fits, freed, 1.0), np.inf)
    best = rate.argmin(axis=1)
    return np.column_stack(
        (np.full(len(who), number), who, best, np.maximum(loss[here, best], 0), freed[here, best])
    )


def _fund(draft: Draft) -> None:
    """Spend what the touches leave on the campaigns, at one price per resource."""
    for row in sorted({row for _, row in draft.rows.campaigns}):
        places = [i for i, (_, own) in enumerate(draft.rows.campaigns) if own == row]
        without = draft.spends.copy()
        without[places] = 0.0
        room = float(slack(draft.rows, draft.chosen(), without)[row])
        draft.spends[places] = _water(draft, places, room)


def _water(draft: Draft, places: list[int], room: float) -> Floats:
    """Spends at the lowest price at which they fit: best_spend falls as the price rises."""
    campaigns = [draft.rows.campaigns[i][0] for i in places]

    def spends(price: float) -> Floats:
        return np.array([best_spend(one, price) for one in campaigns])

    if spends(0.0).sum() <= room:
        return spends(0.0)
    low, high = 0.0, 1.0
    while spends(high).sum() > room and high < 1e9:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if spends(middle).sum() <= room else (middle, high)
    return spends(high)


def _serve_minima(draft: Draft) -> None:
    """Give short minima the contacts that lose least by it, within every maximum."""
    for row in np.flatnonzero(draft.rows.minimum):
        short = -float(draft.slack()[row])
        if short <= TOLERANCE:
            continue
        weight = np.zeros(len(draft.prices))
        ceiling = float(draft.rows.ceiling[row])
        weight[row] = ceiling if np.isfinite(ceiling) else 1e12
        _apply(draft, draft.prices * ~draft.rows.minimum + weight, stop_at=int(row))


def _improve(draft: Draft) -> None:
    """Fill what is left where it still earns, until nothing fits any more."""
    for _ in range(ROUNDS):
        if not _apply(draft, np.where(draft.rows.minimum, draft.prices, 0.0), stop_at=None):
            return


def _apply(draft: Draft, prices: Floats, stop_at: int | None) -> bool:
    """One sweep of moves that gain at these prices, largest gain first, each only if it fits.

    The loop runs over the contacts that would move, not over all. True where any moved.
    """
    left = draft.slack()
    moves = [
        _gaining(draft, number, block, prices, left)
        for number, block in enumerate(draft.packed.blocks)
    ]
    table = np.concatenate(moves) if moves else np.zeros((0, 4))
    moved = False
    dense = draft.rows.matrix
    order = np.lexsort((table[:, 1], table[:, 0], -table[:, 3]))
    for block_number, contact, bundle, _ in table[order]:
        if stop_at is not None and left[stop_at] >= -TOLERANCE:
            break
        block, number, who = draft.packed.blocks[int(block_number)], int(block_number), int(contact)
        before = block.rows[who][block.members[draft.bundles[number][who]]]
        after = block.rows[who][block.members[int(bundle)]]
        change = np.asarray(dense[after].sum(axis=0) - dense[before].sum(axis=0)).ravel()
        fits = (left - change >= -TOLERANCE) | (change <= TOLERANCE)
        if fits.all():
            draft.bundles[number][who] = int(bundle)
            left = left - change
            moved = True
    return moved


def _gaining(draft: Draft, number: int, block: Block, prices: Floats, left: Floats) -> Floats:
    """Each contact's best other bundle that fits by itself: block, contact, bundle, gain."""
    price = np.asarray(draft.rows.matrix @ prices).ravel()[block.rows]
    tight = np.flatnonzero(~draft.rows.minimum & (left <= TOLERANCE))
    members = block.members.astype(np.float64)
    reduced = block.values - price @ members.T
    have = draft.bundles[number]
    here = np.arange(block.contacts)
    for row in tight:
        use = draft.rows.matrix[:, [int(row)]].toarray().ravel()[block.rows] @ members.T
        reduced = np.where(use > use[here, have][:, None] + TOLERANCE, NEVER, reduced)
    best = reduced.argmax(axis=1)
    gain = reduced[here, best] - (block.values - price @ members.T)[here, have]
    who = np.flatnonzero((gain > 1e-9) & ~draft.frozen[number])
    return np.column_stack((np.full(len(who), number), who, best[who], gain[who]))
