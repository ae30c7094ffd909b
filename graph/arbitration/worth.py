"""Worth: what a draft brings, and what its shortfalls are charged."""

import numpy as np

from graph.arbitration.campaigns import campaign_term
from graph.arbitration.draft import Draft


def value_of(draft: Draft) -> float:
    """Worth of the bundles after fatigue plus the campaigns' terms, minor units."""
    touches = sum(
        float(np.take_along_axis(block.values, bundles[None, :], axis=0).sum())
        for _, block, bundles, _ in draft.blocks()
    )
    pairs = zip(draft.rows.campaigns, draft.spends, strict=True)
    return touches + sum(campaign_term(one, float(spend)) for one, spend in pairs)


def shortfalls_of(draft: Draft) -> dict[str, float]:
    """Minima that are not reached, by the amount that lacks."""
    rows = zip(draft.rows.names, draft.left, draft.short, strict=True)
    return {name: float(-left) for name, left, short in rows if short}


def charged(draft: Draft) -> float:
    """What the shortfalls cost at their ceilings; infinite for a minimum without one."""
    short = draft.short
    return float((-draft.left[short] * draft.rows.ceiling[short]).sum())
