"""Polishing: what an integer program finds beyond the repair, where contacts are few.

Very few contacts are solved exactly. Where there are some thousands, the sets nearest to a tie
choose anew together while everything else stays: the repair moves one contact at a time, and a
rep whose minutes are full needs two moves at once.
"""

import numpy as np

from graph.arbitration.compiled import Ints
from graph.arbitration.draft import Draft
from graph.arbitration.exact import MOST_COLUMNS, Columns, columns_of, improve
from graph.arbitration.ties import ties_of

FEW_CONTACTS = 20_000
"""Above, prices leave less than an integer program would find."""
NEAR_LEAST, NEAR_MOST = 3_000, 12_000
"""Sets near a tie that choose anew together: about one more than one a contact."""
NEAR_GAP, NEAR_NODES = 1e-3, 20
CLOSE = 1e-4
"""A gap below this is not worth an integer program."""
FEW_ENOUGH, WIDE = 300, 2e-3
"""So few contacts are polished unasked where the gap is wider. Mostly that takes tenths of a
second; where each has many sets, longer: 5 s for 120 contacts of five candidates of the benchmark's
family, 33 s for 120 of eight (November 2026, one core)."""


def is_small(draft: Draft) -> bool:
    """Whether the contacts' feasible sets are few enough to solve them exactly."""
    field = draft.field
    if len(field.parts) != 1 or field.contacts > MOST_COLUMNS:
        return False
    everybody = np.arange(field.contacts)
    return len(columns_of(draft, everybody, MOST_COLUMNS).mask) <= MOST_COLUMNS


def polish(draft: Draft, bound: float, near: bool) -> float:
    """Improve the draft; the lower of the bound and what was proven.

    near: also where contacts are too many to be solved exactly, up to 20,000; takes seconds. Up to
    300 it needs no asking. Drawn sets stay as they are; a bound under that condition is none for
    the whole problem.
    """
    free = [np.flatnonzero(~fixed) for fixed in draft.fixed]
    if sum(len(some) for some in free) == 0:
        return bound
    if is_small(draft):
        proven = improve(draft, columns_of(draft, free[0], MOST_COLUMNS))
        if len(free[0]) == draft.field.contacts:
            bound = min(bound, proven)
        return max(bound, draft.value - draft.charged)
    if _worth_it(draft, bound, near):
        improve(draft, _near(draft, free[0]), NEAR_GAP, NEAR_NODES)
    return bound


def _worth_it(draft: Draft, bound: float, near: bool) -> bool:
    if len(draft.field.parts) != 1:
        return False
    gap = (bound - (draft.value - draft.charged)) / max(abs(bound), 1e-9)
    most, close = (FEW_CONTACTS, CLOSE) if near else (FEW_ENOUGH, WIDE)
    return draft.field.contacts <= most and not gap < close


def _near(draft: Draft, free: Ints) -> Columns:
    """Sets of the contacts nearest to a tie, those that cost least; always the set they have."""
    found = ties_of(draft.field.parts[0], draft.rates, draft.tolls[0], free)
    order = np.argsort(found.regret / np.maximum(found.size, 1e-12), kind="stable")
    wanted = int(np.clip(1.2 * draft.field.contacts, NEAR_LEAST, NEAR_MOST))
    who = np.sort(free[order[:wanted]])
    every = columns_of(draft, who, 40 * wanted)
    have = draft.masks[0][every.contact] == every.mask
    rank = np.where(have, -1.0, every.regret)
    near = np.zeros(len(rank), dtype=np.bool_)
    near[np.argsort(rank, kind="stable")[: wanted + len(who)]] = True
    some = every.where(near | have)
    _, place, count = np.unique(some.contact, return_inverse=True, return_counts=True)
    return some.where(count[place] > 1)
