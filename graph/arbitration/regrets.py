"""Regrets: how far each candidate is from being chosen by its contact at given prices."""

import numpy as np

from graph.arbitration.packing import Block, Bools, Floats, Packed


def regrets(packed: Packed, charge: Floats, fatigue: tuple[float, ...]) -> tuple[Floats, Bools]:
    """By packed position: value each candidate would need more, and whether it may be chosen.

    The contact's best worth less the best worth of a bundle that holds the candidate, over the
    share of a further unit of value that fatigue leaves there. Without fatigue this is the least
    that suffices; with it, it suffices (raised enough, a candidate tires less). Infinite where no
    bundle may hold it.
    """
    found = np.full(len(packed.order), np.inf)
    for block in packed.blocks:
        found[block.rows] = _regret(block, charge, fatigue)
    return found, np.isfinite(found)


def _regret(block: Block, charge: Floats, fatigue: tuple[float, ...]) -> Floats:
    """(K, n)."""
    worth = block.reduced(charge)
    lost = worth.max(axis=0) - worth
    least = np.full(block.rows.shape, np.inf)
    for bundle, missing in zip(block.bundles, lost, strict=True):
        place = min(fatigue[: max(1, len(bundle))])
        needed = missing / place if place > 0 else np.where(missing > 0, np.inf, 0.0)
        for k in bundle:
            np.minimum(least[k], needed, out=least[k])
    return least
