"""The core: the contacts nearest to a tie, moved one by one against everything that is left.

One contact's move changes many limits at once, and shares couple all of them; the core is small
enough to weigh each bundle of each contact against all limits as they stand at its turn.
"""

from dataclasses import dataclass

import numpy as np

from graph.arbitration.draft import Draft
from graph.arbitration.packing import Block, Bools, Floats, Ints

CELLS = 12_000_000
"""Contacts x candidates x limits held at once."""


@dataclass(frozen=True)
class Core:
    """Contacts in order of how little a move costs them: block and place within it."""

    block: Ints
    contact: Ints


def core_of(draft: Draft, wanted: int, touching: Bools | None = None) -> Core:
    """The `wanted` contacts with the least regret of their second-best bundle.

    touching: only contacts with a candidate that uses one of these limits. Drawn bundles stay.
    """
    charge = draft.rows.charge(draft.prices)
    reach = None
    if touching is not None:
        reach = draft.rows.charge(touching.astype(np.float64) * np.where(draft.rows.minimum, -1, 1))
    blocks, contacts, regrets = [], [], []
    for number, block, bundles, frozen in draft.blocks():
        worth = block.reduced(charge)
        own = np.take_along_axis(worth, bundles[None, :], axis=0)[0]
        np.put_along_axis(worth, bundles[None, :], -np.inf, axis=0)
        regret = own - worth.max(axis=0)
        may = np.isfinite(regret) & ~frozen
        if reach is not None:
            may &= (np.abs(reach[block.rows]) > 0).any(axis=0)
        who = np.flatnonzero(may)
        if len(who) > wanted:
            who = np.sort(who[np.argsort(regret[who], kind="stable")[:wanted]])
        blocks.append(np.full(len(who), number))
        contacts.append(who)
        regrets.append(regret[who])
    if not blocks:
        return Core(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    numbers, contact = np.concatenate(blocks), np.concatenate(contacts)
    order = np.argsort(np.concatenate(regrets), kind="stable")[:wanted]
    return Core(numbers[order], contact[order])


def sweep(draft: Draft, core: Core, weight: Floats, strict: bool) -> int:
    """Move each contact of the core to its best bundle as things stand; how many moved.

    weight: cost per unit by which a limit is missed. strict: a move may miss nothing further, and
    its worth is its value; otherwise worth is at the draft's prices, so that moves undo nothing
    that the prices had right.
    """
    charge = np.zeros(len(draft.packed.order)) if strict else draft.rows.charge(draft.prices)
    moved = 0
    step = max(1, CELLS // max(1, len(draft.left)) // 16)
    for first in range(0, len(core.block), step):
        some = slice(first, first + step)
        uses = _uses(draft, core, some)
        pairs = zip(core.block[some].tolist(), core.contact[some].tolist(), uses, strict=True)
        for number, contact, use in pairs:
            block = draft.packed.blocks[number]
            moved += _settle(draft, block, number, contact, use, charge, weight, strict)
    return moved


def _settle(
    draft: Draft,
    block: Block,
    number: int,
    contact: int,
    use: Floats,
    charge: Floats,
    weight: Floats,
    strict: bool,
) -> int:
    """Give one contact its best bundle; 1 where that is another. use: (K, R)."""
    members = block.members
    have = int(draft.bundles[number][contact])
    open_ones = np.flatnonzero(np.isfinite(block.values[:, contact]))
    inside = members[open_ones].astype(np.float64)
    worth = block.values[open_ones, contact] - inside @ charge[block.rows[:, contact]]
    change = (inside - members[have]) @ use
    before, after = np.minimum(draft.left, 0.0), np.minimum(draft.left - change, 0.0)
    score = worth + after @ weight
    if strict:
        missed = (after < before - draft.slop).any(axis=1)
        score[missed] = -np.inf
    mine = int(np.flatnonzero(open_ones == have)[0])
    best = int(np.argmax(score))
    if score[best] <= score[mine] + 1e-9:
        return 0
    draft.bundles[number][contact] = open_ones[best]
    draft.left = draft.left - change[best]
    return 1


def _uses(draft: Draft, core: Core, some: slice) -> list[Floats]:
    """What each candidate of each contact uses of every limit, (K, R) a contact."""
    rows = [
        draft.packed.blocks[number].rows[:, contact]
        for number, contact in zip(core.block[some], core.contact[some], strict=True)
    ]
    if not rows:
        return []
    table = (draft.rows.uses[np.concatenate(rows)] @ draft.rows.weights).toarray()
    return np.split(table, np.cumsum([len(own) for own in rows])[:-1])
