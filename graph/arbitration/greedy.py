"""Greedy: what a product without prices would choose, to compare with.

Candidates are taken by value, or by value per share of the limits they use, as long as they fit.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from graph.arbitration.campaigns import funded
from graph.arbitration.draft import Draft, Moves
from graph.arbitration.packing import Block, Bools, Floats, Ints, pack
from graph.arbitration.problem import Problem
from graph.arbitration.rows import Rows, rows_of
from graph.arbitration.worth import value_of

Order = Literal["value", "density"]


def greedy(problem: Problem, order: Order) -> tuple[npt.NDArray[np.bool_], dict[str, float], float]:
    """Chosen by row of the candidates, spend by campaign, and value; shortfalls are not charged.

    In rounds: each contact offers its best further candidate, all offers are taken in order as
    long as they fit. Minimum exposures are met by luck alone.
    """
    packed = pack(problem)
    rows = rows_of(problem, packed)
    values = problem.candidates.get_column("value").to_numpy().astype(np.float64)
    score = values[packed.order]
    if order == "density":
        score = score / np.maximum(_shares(rows), 1e-12)
    nothing = [np.zeros(block.contacts, dtype=np.int64) for block in packed.blocks]
    nobody = [np.zeros(block.contacts, dtype=np.bool_) for block in packed.blocks]
    spends = np.array([one.least for one in rows.campaigns], dtype=np.float64)
    free = np.zeros(len(rows.limit))
    draft = Draft(packed, rows, free, nothing, nobody, spends, free)
    draft.measure()
    refused = np.zeros(len(packed.order), dtype=np.bool_)
    # a share of what is chosen allows nothing at the start: greedy can't respect it
    counted = ~rows.minimum & (rows.limit > 0)
    while True:
        offers, added = _offers(draft, score, refused)
        if not len(offers.rank):
            break
        draft.accept(offers, counted)
        taken = draft.chosen()[added]
        refused[added[~taken]] = True  # greedy never looks back
    if len(spends):
        draft.spends = funded(rows, free, draft.left, draft.spends)
        draft.measure()
    budgets = {one.name: float(s) for one, s in zip(rows.campaigns, draft.spends, strict=True)}
    return packed.unpack(draft.chosen()), budgets, value_of(draft)


def _shares(rows: Rows) -> Floats:
    """What a candidate uses of the maxima, as a sum of shares of each."""
    room = np.where(rows.minimum | (rows.limit <= 0), np.inf, rows.limit)
    return rows.charge(1.0 / room)


def _offers(draft: Draft, score: Floats, refused: Bools) -> tuple[Moves, Ints]:
    """Each contact's best-scored candidate that can be added to what it has."""
    parts, added = [], []
    for number, block, bundles, _ in draft.blocks():
        wider = _wider(block)
        best = np.full(block.contacts, -np.inf)
        new, which = bundles.copy(), np.zeros(block.contacts, dtype=np.int64)
        here = np.arange(block.contacts)
        for k in range(len(block.rows)):
            bundle = wider[bundles, k]
            own = score[block.rows[k]]
            better = (bundle >= 0) & ~refused[block.rows[k]] & (own > 0) & (own > best)
            better &= np.isfinite(block.values[bundle, here])
            best, new = np.where(better, own, best), np.where(better, bundle, new)
            which = np.where(better, block.rows[k], which)
        who = np.flatnonzero(np.isfinite(best))
        parts.append(Moves(np.full(len(who), number), who, new[who], -best[who]))
        added.append(which[who])
    return Moves.joined(parts), np.concatenate(added)


def _wider(block: Block) -> Ints:
    """wider[b, k]: the bundle that holds b and candidate k; -1 where there is none."""
    place = {bundle: number for number, bundle in enumerate(block.bundles)}
    found = np.full((len(block.bundles), len(block.rows)), -1, dtype=np.int64)
    for bundle, number in place.items():
        for k in range(len(block.rows)):
            if k not in bundle:
                found[number, k] = place.get(tuple(sorted((*bundle, k))), -1)
    return found
