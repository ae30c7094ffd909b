"""The bench of receipts: smallest changes of candidates drawn at random, applied and solved again.

What a receipt promises is checked by fresh calls, on a problem made anew: the change turns the
candidate's fate, and 95% of it does not.
"""

import os
import resource
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from graph.arbitration.bracketing import NEARLY
from graph.arbitration.changes import CapChange, LimitChange, ValueChange, changed
from graph.arbitration.compiled import Bools
from graph.arbitration.flipping import Confirmed, Flip, smallest_change
from graph.arbitration.instances import family
from graph.arbitration.problem import Problem
from graph.arbitration.solving import solve
from tools.clock import stopwatch

Asked = TypeVar("Asked")
Done = TypeVar("Done")

NONE_FOUND, NOT, LESS = "no change was found", "does not turn it", "turns it as well"
OFTEN = 10
"""Receipts between two words of progress."""


def bench_receipts(
    contacts: int, candidates: int, receipts: int, seed: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Figures of receipts drawn at random; keys in docs/commands.md.

    receipts: how many candidates that lost; those there are, where they are fewer. As many are
    worked on at a time as there are cores.
    """
    began = stopwatch()
    problem = family(contacts, candidates, seed)
    plan = solve(problem)
    numbers = problem.candidates.get_column("candidate").to_numpy()[~plan.chosen]
    drawn = np.random.default_rng(seed).choice(numbers, min(receipts, len(numbers)), replace=False)

    def search(number: int) -> tuple[Flip, float]:
        watch = stopwatch()
        return smallest_change(problem, plan, number), stopwatch() - watch

    looked = _at_once(search, drawn.tolist(), "looking for the smallest change", progress)
    found = [flip for flip, _ in looked]
    searched = stopwatch()
    afresh = family(contacts, candidates, seed)
    before = solve(afresh).chosen

    def check(flip: Flip) -> list[str]:
        return broken_promises(afresh, before, flip)

    broken = _at_once(check, found, "applying each and solving again", progress)
    return {
        "contacts": contacts,
        "candidates": problem.candidates.height,
        "seed": seed,
        "receipts": len(found),
        **_held(found, broken),
        **_kinds(found),
        "seconds": {
            "search": searched - began,
            "check": stopwatch() - searched,
            "receipt_median": float(np.median([seconds for _, seconds in looked] or [0.0])),
            "receipt_max": max((seconds for _, seconds in looked), default=0.0),
        },
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _at_once(
    work: Callable[[Asked], Done], asked: list[Asked], what: str, progress: Callable[[str], None]
) -> list[Done]:
    """work(one) for each, as many at a time as there are cores; the kernels free the lock."""
    done = list[Done]()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for place, one in enumerate(pool.map(work, asked)):
            if place % OFTEN == 0:
                progress(f"{what}, {place} of {len(asked)} receipts done")
            done.append(one)
    return done


def _held(found: list[Flip], broken: list[list[str]]) -> dict[str, Any]:
    """How many receipts hold what they promise, and what the others do not."""
    stays = [any(NOT in why or why == NONE_FOUND for why in one) for one in broken]
    eager = [any(LESS in why for why in one) for one in broken]
    return {
        "confirmed": sum(not one for one in broken),
        "flipped": stays.count(False),
        "not_at_95_percent": eager.count(False),
        "failed": [
            {"candidate": flip.candidate, "why": why}
            for flip, one in zip(found, broken, strict=True)
            for why in one
        ],
    }


def _kinds(found: list[Flip]) -> dict[str, Any]:
    """What kinds of change suffice, and how often all was solved for it."""
    kinds = Counter(one.smallest.change.kind for one in found if one.smallest is not None)
    return {
        "smallest": {kind: kinds.get(kind, 0) for kind in ("value", "cap", "limit")},
        "by_value": sum(one.value is not None for one in found),
        "by_rule": sum(one.rule is not None for one in found),
        "tied": sum(one.smallest is not None and one.smallest.tied for one in found),
        "solves_per_receipt": float(np.mean([len(one.trail) for one in found] or [0])),
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


def _turns(
    problem: Problem, before: Bools, flip: Flip, change: ValueChange | CapChange | LimitChange
) -> bool:
    row = np.flatnonzero(problem.candidates.get_column("candidate") == flip.candidate)[0]
    return bool(solve(changed(problem, change)).chosen[row] != before[row])
