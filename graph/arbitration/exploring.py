"""Exploration: some contacts draw their bundle by chance, so that every choice has known odds."""

from dataclasses import dataclass

import numpy as np

from graph.arbitration.draft import Draft
from graph.arbitration.draws import draws_of
from graph.arbitration.packing import NEVER, Block, Bools, Floats, Ints, Packed
from graph.arbitration.problem import Exploration
from graph.arbitration.rows import Rows

EXPLORES, BUNDLE = 1, 2
"""Streams of the draws: who explores, and what."""


@dataclass(frozen=True)
class Drawn:
    """Every contact's bundle, block by block, and who drew it by chance."""

    bundles: list[Ints]
    explored: list[Bools]


def explore(
    rule: Exploration | None, packed: Packed, rows: Rows, prices: Floats, best: tuple[Ints, ...]
) -> Drawn:
    """Let explorers draw from the softmax at these prices in place of their best response."""
    drawn = Drawn([], [])
    charge = rows.charge(prices)
    for block, own in zip(packed.blocks, best, strict=True):
        bundles, explores = own.copy(), np.zeros(block.contacts, dtype=np.bool_)
        if rule is not None and rule.share > 0:
            contacts = packed.contact[block.rows[0]]
            explores = draws_of(contacts, rule.seed, EXPLORES) < rule.share
            some = Block(block.rows[:, explores], block.bundles, block.values[:, explores])
            odds = softmax(some, charge, rule)
            number = draws_of(contacts[explores], rule.seed, BUNDLE)
            # where the odds round to a sum below the draw: the empty bundle, always open
            bundles[explores] = (np.cumsum(odds, axis=0) > number).argmax(axis=0)
        drawn.bundles.append(bundles)
        drawn.explored.append(explores)
    return drawn


def softmax(block: Block, charge: Floats, rule: Exploration) -> Floats:
    """Probability of each bundle, (B, n), at these charges and this temperature."""
    worth = block.reduced(charge) / rule.temperature
    top = worth.max(axis=0, keepdims=True)
    weight = np.where(worth > NEVER, np.exp(np.maximum(worth - top, -700.0)), 0.0)
    return np.asarray(weight / weight.sum(axis=0, keepdims=True), dtype=np.float64)


def propensities(
    rule: Exploration | None, draft: Draft, best: tuple[Ints, ...], drawn: Drawn
) -> Floats:
    """Probability of each chosen candidate's bundle under the mixture of exploring and not.

    By packed position. NaN where nothing was chosen, and where the repair moved the contact: that
    probability would take a simulation of the repair.
    """
    found = np.full(len(draft.packed.order), np.nan)
    charge = draft.rows.charge(draft.prices)
    share = 0.0 if rule is None else rule.share
    for number, block, final, _ in draft.blocks():
        chance = (1 - share) * (final == best[number])
        if rule is not None and share > 0:
            odds = softmax(block, charge, rule)
            chance = chance + share * np.take_along_axis(odds, final[None, :], axis=0)[0]
        chance = np.where(final == drawn.bundles[number], chance, np.nan)
        inside = block.members[final]
        found[block.rows.T[inside]] = np.broadcast_to(chance[:, None], inside.shape)[inside]
    return found
