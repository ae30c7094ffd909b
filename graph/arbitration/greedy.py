"""Greedy: what a product without prices would choose, to compare with.

Candidates are taken by value, or by value per share of the limits they use, as long as they fit;
greedy never looks back, and minimum exposures are met by luck alone.
"""

from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.campaigns import funded
from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled
from graph.arbitration.draft import Draft, summed
from graph.arbitration.packing import Units
from graph.arbitration.problem import Problem
from graph.arbitration.repair import compressed
from graph.arbitration.response import Field
from graph.arbitration.rows import Rows
from graph.arbitration.sets import NONE, ONE, Table, complete, count_bits, has
from graph.arbitration.solving import field_of
from graph.arbitration.sweeping import Weights

Order = Literal["value", "density"]


def greedy(problem: Problem, order: Order) -> tuple[Bools, dict[str, float], float]:
    """Chosen by row of the candidates, spend by campaign, and value; shortfalls are not charged."""
    whole = field_of(problem)
    draft = greedy_draft(whole, order)
    part = whole.parts[0]
    budgets = {
        one.name: float(s) for one, s in zip(whole.rows.campaigns, draft.spends, strict=True)
    }
    return part.unpack(part.chosen(draft.masks[0])), budgets, draft.value


def greedy_draft(whole: Field, order: Order) -> Draft:
    """The same over a packed field of one part."""
    rows, part = whole.rows, whole.parts[0]
    free = np.zeros(len(rows.limit))
    draft = Draft(
        whole,
        free,
        (np.zeros((part.contacts, part.units.mask.shape[1])),),
        (np.zeros(part.contacts, dtype=np.uint64),),
        (np.zeros(part.contacts, dtype=np.bool_),),
        np.array([one.least for one in rows.campaigns], dtype=np.float64),
    )
    draft.measure()
    score = part.table.value.copy()
    if order == "density":
        score /= np.maximum(_shares(whole), 1e-12)
    positions = np.argsort(-score, kind="stable")
    # a share of what is chosen allows nothing at the start: a first go tells how much there will be
    _take_all(draft, positions, whole.weights, np.where(_maxima(rows), draft.left, np.inf))
    top = _share_tops(draft)
    if np.isfinite(top).any():
        draft.masks[0][:] = 0
        draft.measure()
        room = np.where(np.isfinite(top), top, np.where(_maxima(rows), draft.left, np.inf))
        _take_all(draft, positions, csr_matrix(whole.weights.maximum(0)), room)
    if len(draft.spends):
        draft.spends = funded(rows, free, draft.left, draft.spends)
        draft.measure()
    return draft


def _maxima(rows: Rows) -> Bools:
    """Limits that hold from the start: no minima, and no shares."""
    return np.asarray(~rows.minimum & (rows.limit > 0))


def _take_all(draft: Draft, positions: Ints, weights: csr_matrix, left: Floats) -> None:
    part = draft.field.parts[0]
    take(
        part.table,
        part.units,
        part.unit_of,
        part.owner,
        positions,
        compressed(weights),
        left,
        draft.masks[0],
        draft.taken[0],
    )
    draft.measure()


def _share_tops(draft: Draft) -> Floats:
    """By limit, a share of what was chosen as a plain maximum; infinite for other limits."""
    rows, weights = draft.field.rows, draft.field.weights
    used = np.zeros(weights.shape[0])
    part = draft.field.parts[0]
    summed(part.table, draft.masks[0], 0, part.contacts, used)
    shares = ~rows.minimum & (rows.limit == 0)
    allowed = -np.asarray(weights.minimum(0).T @ used).ravel()
    return np.where(shares & (allowed > 0), allowed, np.inf)


def _shares(whole: Field) -> Floats:
    """What each candidate uses of the maxima, as a sum of shares of each."""
    rows, table = whole.rows, whole.parts[0].table
    room = np.where(rows.minimum | (rows.limit <= 0), np.inf, rows.limit)
    rates = np.asarray(whole.weights @ (1.0 / room)).ravel()
    found = np.zeros(len(table.value))
    used_share(table, rates, found)
    return found


@compiled
def used_share(table: Table, rates: Floats, found: Floats) -> None:
    for i in range(len(table.start) - 1):
        for use in range(table.use_start[i], table.use_start[i + 1]):
            position = table.start[i] + table.use_of[use]
            found[position] += rates[table.use_group[use]] * table.use_amount[use]


@compiled
def take(
    table: Table,
    units: Units,
    unit_of: Ints,
    owner: Ints,
    positions: Ints,
    weights: Weights,
    left: Floats,
    masks: Masks,
    taken: Ints,
) -> None:
    """Take each candidate in turn that is worth something and fits."""
    for position in positions:
        i = owner[position]
        k, mask = position - table.start[i], masks[i]
        wider = mask | (ONE << np.uint64(k))
        if table.value[position] <= 0 or has(table.closed[i], k):
            continue
        if table.clash[position] & mask != NONE or count_bits(wider) > table.most[i]:
            continue
        if not _has_room(table, i, mask, k):
            continue
        if table.entwined and not complete(table, i, wider):
            continue
        if not _under_caps(units, unit_of, taken, i, k) or not _affordable(
            table, weights, left, i, k
        ):
            continue
        masks[i] = wider
        for a in range(units.mask.shape[1]):
            taken[unit_of[i], a] += has(units.mask[i, a], k)


@compiled
def _has_room(table: Table, i: int, mask: np.uint64, k: int) -> bool:
    for c in range(table.cap_mask.shape[1]):
        counted = table.cap_mask[i, c]
        if has(counted, k) and count_bits(mask & counted) >= table.cap_left[i, c]:
            return False
    return True


@compiled
def _under_caps(units: Units, unit_of: Ints, taken: Ints, i: int, k: int) -> bool:
    for a in range(units.mask.shape[1]):
        if has(units.mask[i, a], k) and taken[unit_of[i], a] >= units.left[unit_of[i], a]:
            return False
    return True


@compiled
def _affordable(table: Table, weights: Weights, left: Floats, i: int, k: int) -> bool:
    """Whether every limit has room for candidate k; takes it from them where it has."""
    for tried in range(2):
        for use in range(table.use_start[i], table.use_start[i + 1]):
            if table.use_of[use] != k:
                continue
            group, amount = table.use_group[use], table.use_amount[use]
            for at in range(weights.start[group], weights.start[group + 1]):
                more = weights.amount[at] * amount
                if tried == 1:
                    left[weights.row[at]] -= more
                elif more > 0 and more > left[weights.row[at]] + 1e-9:
                    return False
    return True
