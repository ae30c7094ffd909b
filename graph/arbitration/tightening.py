"""Tightening: a limit on whole touches means the nearest sum that whole touches can reach.

A rep's 25 minutes hold no more than 24 where calls take 15 and tasks 6. No integer plan is lost by
it, and the bound comes down to what whole touches allow.
"""

from dataclasses import replace

import numpy as np

from graph.arbitration.compiled import Floats, Ints, compiled
from graph.arbitration.response import Field
from graph.arbitration.sets import Table

FEW = 6
"""Different amounts of one resource that are told apart."""
LONGEST = 20_000
"""Units of the smallest step up to which sums are listed."""


def tightened(whole: Field) -> Field:
    """The same field with maxima and minima of one resource moved to reachable sums.

    Only where the resource comes in few different whole amounts, and no campaign spends of it.
    """
    rows, groups = whole.rows, whole.incidence.shape[0]
    amounts, counts = np.zeros((groups, FEW)), np.zeros(groups, dtype=np.int64)
    for part in whole.parts:
        distinct(part.table, amounts, counts)
    weights, spent = rows.weights.tocsc(), set(rows.column.tolist())
    by_amount = whole.incidence.tocsc()
    limit = rows.limit.copy()
    for row in range(len(limit)):
        entries = slice(weights.indptr[row], weights.indptr[row + 1])
        if entries.stop - entries.start != 1 or abs(weights.data[entries.start]) != 1.0:
            continue
        column = weights.indices[entries.start]
        if column in spent:
            continue
        mine = by_amount.indices[by_amount.indptr[column] : by_amount.indptr[column + 1]]
        if (counts[mine] > FEW).any():
            continue
        steps = np.unique([a for g in mine for a in amounts[g, : counts[g]].tolist()])
        limit[row] = _reachable(float(limit[row]), steps)
    return replace(whole, rows=replace(rows, limit=limit))


def _reachable(limit: float, steps: Floats) -> float:
    """The highest sum at most `limit`; for a minimum (negative), the lowest at least its size."""
    whole = np.round(steps)
    if not len(steps) or len(steps) > FEW or (np.abs(steps - whole) > 1e-9).any() or whole[0] < 1:
        return limit
    top = abs(limit) + (0.0 if limit >= 0 else float(whole[-1]))
    divisor = int(np.gcd.reduce(whole.astype(np.int64)))
    if top / divisor > LONGEST:
        # far above the largest step every multiple of the divisor can be reached
        units = np.floor(limit / divisor + 1e-9)
        return float(units * divisor)
    sums = reached(int(np.floor(top / divisor + 1e-9)), (whole / divisor).astype(np.int64))
    reach = np.flatnonzero(sums) * float(divisor)
    if limit >= 0:
        return float(reach[reach <= limit + 1e-9].max())
    enough = reach[reach >= -limit - 1e-9]
    return -float(enough.min()) if len(enough) else limit


@compiled
def reached(top: int, steps: Ints) -> np.ndarray:
    """Which whole numbers up to `top` are sums of the steps."""
    found = np.zeros(top + 1, dtype=np.bool_)
    found[0] = True
    for total in range(1, top + 1):
        for step in steps:
            if step <= total and found[total - step]:
                found[total] = True
                break
    return found


@compiled
def distinct(table: Table, amounts: Floats, counts: Ints) -> None:
    """Collect the different amounts of each group, up to their number; one more means too many."""
    most = amounts.shape[1]
    for use in range(len(table.use_group)):
        group, amount = table.use_group[use], table.use_amount[use]
        if counts[group] > most:
            continue
        known = False
        for place in range(counts[group]):
            if amounts[group, place] == amount:
                known = True
                break
        if not known:
            if counts[group] < most:
                amounts[group, counts[group]] = amount
            counts[group] += 1
