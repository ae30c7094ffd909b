"""The bench of receipts: smallest changes of candidates drawn at random, applied and solved again.

What a receipt promises is checked by fresh calls, on a problem made anew: the change turns the
candidate's fate, and 95% of it does not.
"""

import resource
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from graph.arbitration.bracketing import NEARLY
from graph.arbitration.changes import CapChange, LimitChange, ValueChange, changed
from graph.arbitration.compiled import Bools
from graph.arbitration.flipping import Confirmed, Flip, smallest_change
from graph.arbitration.instances import family
from graph.arbitration.problem import Problem
from graph.arbitration.solving import solve
from tools.clock import stopwatch

AMPLY = 1.5
"""Times the smallest change: by how much more its candidate is asked whether it still flips."""
NONE_FOUND, NOT, LESS = "no change was found", "does not turn it", "turns it as well"
OFTEN = 10
"""Receipts between two words of progress."""


def bench_receipts(
    contacts: int, candidates: int, receipts: int, seed: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Figures of receipts drawn at random; keys in docs/commands.md.

    receipts: how many candidates that lost; those there are, where they are fewer.
    """
    began = stopwatch()
    problem = family(contacts, candidates, seed)
    plan = solve(problem)
    numbers = problem.candidates.get_column("candidate").to_numpy()[~plan.chosen]
    drawn = np.random.default_rng(seed).choice(numbers, min(receipts, len(numbers)), replace=False)
    found, seconds = list[Flip](), list[float]()
    for place, number in enumerate(drawn.tolist()):
        if place % OFTEN == 0:
            progress(f"looking for the smallest change, {place} of {len(drawn)} receipts done")
        watch = stopwatch()
        found.append(smallest_change(problem, plan, number))
        seconds.append(stopwatch() - watch)
    searched = stopwatch()
    afresh = family(contacts, candidates, seed)
    before = solve(afresh).chosen
    failed, ample = list[dict[str, Any]](), 0
    turned, turned_by_less = 0, 0
    for place, flip in enumerate(found):
        if place % OFTEN == 0:
            progress(f"applying each and solving again, {place} of {len(found)} receipts done")
        broken = broken_promises(afresh, before, flip)
        failed += [{"candidate": flip.candidate, "why": why} for why in broken]
        turned += not any(why.endswith(NOT) or why == NONE_FOUND for why in broken)
        turned_by_less += any(why.endswith(LESS) for why in broken)
        ample += _holds_amply(afresh, before, flip)
    kinds = Counter(one.smallest.change.kind for one in found if one.smallest is not None)
    return {
        "contacts": contacts,
        "candidates": problem.candidates.height,
        "seed": seed,
        "receipts": len(found),
        "confirmed": len(found) - len({one["candidate"] for one in failed}),
        "flipped": turned,
        "not_at_95_percent": len(found) - turned_by_less,
        "failed": failed,
        "smallest": {kind: kinds.get(kind, 0) for kind in ("value", "cap", "limit")},
        "by_value": sum(one.value is not None for one in found),
        "by_rule": sum(one.rule is not None for one in found),
        "also_at_half_more": ample,
        "solves_per_receipt": float(np.mean([len(one.trail) for one in found])) if found else 0.0,
        "seconds": {
            "search": searched - began,
            "check": stopwatch() - searched,
            "receipt_median": float(np.median(seconds)) if found else 0.0,
            "receipt_max": max(seconds, default=0.0),
        },
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def broken_promises(problem: Problem, before: Bools, flip: Flip) -> list[str]:
    """What of the receipt does not hold when its changes are made and all is solved again.

    before: what is chosen without any change, by row.
    """
    if flip.smallest is None:
        return [NONE_FOUND]
    found = []
    for one in (flip.value, flip.rule):
        if one is None:
            continue
        if not _turns(problem, before, flip, one.change):
            found.append(f"{one.change} {NOT}")
        less = part_of(one, NEARLY)
        if less is not None and _turns(problem, before, flip, less):
            found.append(f"95% of {one.change} {LESS}")
    return found


def part_of(one: Confirmed, share: float) -> ValueChange | LimitChange | None:
    """So much of the change; None where it is one whole touch."""
    if isinstance(one.change, CapChange):
        return None
    return one.change.model_copy(update={"by": share * one.change.by})


def _holds_amply(problem: Problem, before: Bools, flip: Flip) -> bool:
    if flip.smallest is None:
        return False
    more = part_of(flip.smallest, AMPLY)
    return more is None or _turns(problem, before, flip, more)


def _turns(
    problem: Problem, before: Bools, flip: Flip, change: ValueChange | CapChange | LimitChange
) -> bool:
    row = np.flatnonzero(problem.candidates.get_column("candidate") == flip.candidate)[0]
    return bool(solve(changed(problem, change)).chosen[row] != before[row])
