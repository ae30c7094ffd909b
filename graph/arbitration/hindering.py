"""Hindering: which rules stand between a candidate and being chosen, as far as prices tell."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from graph.arbitration.changes import CapChange, LimitChange, room_of
from graph.arbitration.compiled import Bools, Floats
from graph.arbitration.plan import Plan
from graph.arbitration.problem import TOUCHES, Problem, left_of
from graph.arbitration.regrets import lacking
from graph.arbitration.rows import LEAST, SHARE
from graph.arbitration.sets import MOST_SETS, has, list_sets, scratch
from graph.arbitration.ties import tolled


@dataclass(frozen=True)
class Place:
    """Where a plan keeps one candidate: row of the problem, contact's place, bit in its masks."""

    row: int
    contact: int
    bit: int
    position: int


@dataclass(frozen=True)
class Widening:
    """A shared limit that might let the candidate in.

    unit: one more of it, as the candidate uses it. most: how far it is worth asking. price: value
    of one unit at the plan's prices.
    """

    limit: str
    unit: float
    most: float
    price: float

    def by(self, amount: float) -> LimitChange:
        return LimitChange(limit=self.limit, by=amount)


def place_of(plan: Plan, row: int) -> Place:
    part = plan.part
    position = int(np.flatnonzero(part.order == row)[0])
    contact = int(part.owner[position])
    return Place(row, contact, position - int(part.table.start[contact]), position)


def caps_in_the_way(problem: Problem, plan: Plan, place: Place) -> list[CapChange]:
    """One more of each cap that has no room left for the candidate, with its bundle."""
    frame = problem.candidates
    chosen = pl.Series(plan.chosen)
    whole = pl.Series(bundle_rows(problem, place.row))
    found = []
    for cap in problem.limits.caps:
        counted = problem.counted(cap)
        holder = frame.item(place.row, cap.per)
        if holder is None or not counted[place.row]:
            continue
        left = int(left_of(problem, cap, np.array([holder], dtype=np.int64))[0])
        taken = int((chosen & counted & (frame.get_column(cap.per) == holder) & ~whole).sum())
        if left < taken + int((counted & whole).sum()):
            found.append(CapChange(cap=cap.name, holder=int(holder)))
    return found


def bundle_rows(problem: Problem, row: int) -> Bools:
    """Rows that are chosen with this one or not at all; itself among them."""
    frame = problem.candidates
    alone: Bools = np.arange(frame.height) == row
    if "bundle" not in frame.columns or frame.item(row, "bundle") is None:
        return alone
    same = (frame.get_column("bundle") == frame.item(row, "bundle")) & (
        frame.get_column("contact") == frame.item(row, "contact")
    )
    return np.asarray(same.fill_null(False).to_numpy(), dtype=np.bool_)


def limits_in_the_way(problem: Problem, plan: Plan, place: Place) -> list[Widening]:
    """Shared limits of which any one, were it free, would let the candidate in; dearest first."""
    draft = plan.solution.draft
    rows = draft.field.rows
    uses = uses_by_limit(plan, place)
    found = []
    for r in sorted(_touched(plan, place)):
        price, left, use = float(draft.prices[r]), float(draft.left[r]), float(uses[r])
        full = use > 0 and left < use
        if (price > 0 or full) and _lacking_without(plan, place, r) <= 0:
            widening = _widening(problem, plan, rows.names[r], use, price)
            if widening is not None:
                found.append((-price * use, widening.limit, widening))
    return [widening for _, _, widening in sorted(found, key=lambda one: one[:2])]


def _widening(
    problem: Problem, plan: Plan, limit: str, use: float, price: float
) -> Widening | None:
    room = room_of(problem.limits, limit)
    if room is None:
        return None
    if limit.endswith(SHARE):
        most = min(1.0 - room, max(room, 0.01))
        return Widening(limit, 0.02 * most, most, price * _whole_of(problem, plan, limit))
    if limit.endswith(LEAST):
        return Widening(limit, min(1.0, room), room, price) if room > 0 else None
    unit = use if use > 0 else 1.0
    return Widening(limit, unit, max(room, 10 * unit), price)


def _whole_of(problem: Problem, plan: Plan, limit: str) -> float:
    """The sum of which a share limit is a share."""
    share = next(
        one.at_most_share
        for one in problem.limits.resources
        if one.name + SHARE == limit and one.at_most_share is not None
    )
    if share.of == TOUCHES:
        return float(plan.chosen.sum())
    taken = problem.candidates.filter(pl.Series(plan.chosen)).select(
        pl.col("candidate").cast(pl.Int64)
    )
    used = problem.uses.filter(pl.col("resource") == share.of).join(
        taken, on="candidate", how="semi"
    )
    spent = sum(
        plan.budgets[one.name] for one in problem.limits.campaigns if one.resource == share.of
    )
    return float(used.get_column("amount").sum()) + spent


def _touched(plan: Plan, place: Place) -> set[int]:
    """Numbers of the limits that any candidate of the contact uses, or serves."""
    table, weights = plan.part.table, plan.solution.draft.field.weights
    own = slice(table.use_start[place.contact], table.use_start[place.contact + 1])
    return {int(r) for group in np.unique(table.use_group[own]) for r in weights[group].indices}


def uses_by_limit(plan: Plan, place: Place) -> Floats:
    """What choosing the candidate adds to the use of each limit; less than nothing for a minimum
    that it serves."""
    table, weights = plan.part.table, plan.solution.draft.field.weights
    found = np.zeros(weights.shape[1])
    for use in range(table.use_start[place.contact], table.use_start[place.contact + 1]):
        if table.use_of[use] == place.bit:
            group = weights[table.use_group[use]]
            np.add.at(found, group.indices, group.data * table.use_amount[use])
    return found


def _lacking_without(plan: Plan, place: Place, limit: int) -> float:
    """Value the candidate would lack at the plan's prices were this limit's price nothing."""
    draft, part = plan.solution.draft, plan.part
    prices = draft.prices.copy()
    prices[limit] = 0.0
    found = np.full(len(part.order), np.inf)
    i = place.contact
    lacking(part.table, part.units, draft.field.rates(prices), draft.tolls[0], i, i + 1, found)
    return float(found[place.position])


def margin(plan: Plan, place: Place) -> float:
    """How much more the contact's best set with the candidate is worth at the prices than its best
    without; infinite where it can't go without."""
    with_it, without = -np.inf, -np.inf
    for mask, worth in net_sets(plan, place.contact):
        if has(mask, place.bit):
            with_it = max(with_it, worth)
        else:
            without = max(without, worth)
    return with_it - without


def net_sets(plan: Plan, contact: int) -> Iterator[tuple[np.uint64, float]]:
    """Every set the contact may get, with its worth less charges."""
    draft, part, room = plan.solution.draft, plan.part, scratch()
    masks, worth = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2)
    count = tolled(part.table, part.units, draft.rates, draft.tolls[0], contact, room.charge)
    for n in range(list_sets(part.table, contact, masks, worth, room)):
        charged = sum(room.charge[k] for k in range(count) if has(masks[n], k))
        yield masks[n], float(worth[n] - charged)
