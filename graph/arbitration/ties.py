"""Ties: how far each contact is from choosing otherwise, and what that would change.

Over many contacts the dual's second derivative is a density of ties: sum of d d' / 2h over
contacts whose best set beats the runner-up by less than h, where d is the difference of the two
sets' uses (a kernel estimate with a uniform kernel; Silverman, "Density Estimation", 1986, 2.4).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.compiled import Floats, Ints, Masks, compiled, each, spans
from graph.arbitration.packing import Packed, Units
from graph.arbitration.response import EVERYBODY, Field
from graph.arbitration.sets import MOST_CANDIDATES, NONE, Table, best_two, charges, has, scratch


@dataclass(frozen=True)
class Ties:
    """One part's contacts with their best set and the runner-up at some prices.

    contact: place in the part. regret: worth of the best less worth of the runner-up, minor
    units (infinite where there is no runner-up). size: mean absolute value of what differs.
    """

    contact: Ints
    best: Masks
    second: Masks
    regret: Floats
    size: Floats


def ties_of(part: Packed, rates: Floats, tolls: Floats, asked: Ints | None) -> Ties:
    """The two best sets of each of these contacts (None: of all)."""
    count = part.contacts if asked is None else len(asked)
    found = Ties(
        np.arange(part.contacts) if asked is None else asked,
        np.zeros(count, dtype=np.uint64),
        np.zeros(count, dtype=np.uint64),
        np.empty(count),
        np.empty(count),
    )
    chunks = spans(count)

    def run(number: int) -> None:
        low, high = chunks[number]
        two_best(
            part.table, part.units, rates, tolls, EVERYBODY if asked is None else asked,
            asked is None, low, high, found.best, found.second, found.regret, found.size,
        )  # fmt: skip

    each(run, len(chunks))
    return found


@compiled
def tolled(table: Table, units: Units, rates: Floats, tolls: Floats, i: int, charge: Floats) -> int:
    """`charges`, with what the contact's account charges for a touch."""
    count = charges(table, rates, i, charge)
    for a in range(units.mask.shape[1]):
        if tolls[i, a] != 0.0:
            for k in range(count):
                if has(units.mask[i, a], k):
                    charge[k] += tolls[i, a]
    return count


@compiled
def charged_by_position(table: Table, units: Units, rates: Floats, tolls: Floats) -> Floats:
    """What the shared limits and its account charge each candidate."""
    found, charge = np.empty(len(table.value)), np.empty(MOST_CANDIDATES)
    for i in range(len(table.start) - 1):
        for k in range(tolled(table, units, rates, tolls, i, charge)):
            found[table.start[i] + k] = charge[k]
    return found


@compiled
def two_best(
    table: Table,
    units: Units,
    rates: Floats,
    tolls: Floats,
    asked: Ints,
    everybody: bool,
    low: int,
    high: int,
    best: Masks,
    second: Masks,
    regret: Floats,
    size: Floats,
) -> None:
    room = scratch()
    for number in range(low, high):
        i = number if everybody else asked[number]
        count = tolled(table, units, rates, tolls, i, room.charge)
        mask, worth, other, less = best_two(table, i, count, room, True)
        best[number], second[number], regret[number] = mask, other, worth - less
        total, bits = 0.0, 0
        for k in range(count):
            if has(mask ^ other, k):
                total += abs(table.value[table.start[i] + k])
                bits += 1
        size[number] = total / max(bits, 1)


def curvature(field: Field, found: list[Ties], tied: float) -> csr_matrix:
    """Second derivative of the dual by amounts, (U, U), from the `tied` share nearest to a tie."""
    relative = np.concatenate([one.regret / np.maximum(one.size, 1e-12) for one in found])
    finite = np.isfinite(relative)
    wanted = max(1, int(tied * len(relative)))
    if not finite.any():
        return csr_matrix((len(field.rows.amounts),) * 2)
    near = (
        np.sort(relative[finite])[: wanted + 1]
        if len(relative) < 4096
        else np.partition(relative[finite], min(wanted, finite.sum() - 1))
    )
    band = max(float(near[min(wanted, finite.sum()) - 1]), 1e-9)
    total = csr_matrix((len(field.rows.amounts),) * 2)
    for part, one in zip(field.parts, found, strict=True):
        some = np.flatnonzero(one.regret <= band * one.size)
        width = np.maximum(band * one.size[some], 1e-12)
        row, group, amount = differences(
            part.table, one.contact[some], one.best[some], one.second[some]
        )
        scaled = amount / np.sqrt(2 * width[row])
        uses = csr_matrix((scaled, (row, group)), (len(some), field.incidence.shape[0]))
        moved = uses @ field.incidence
        total = total + moved.T @ moved
    return csr_matrix(total)


@compiled
def differences(
    table: Table, contact: Ints, best: Masks, second: Masks
) -> tuple[Ints, Ints, Floats]:
    """What the best set uses of each group beyond the runner-up: row, group, amount."""
    room = 0
    for i in contact:
        room += table.use_start[i + 1] - table.use_start[i]
    row, group, amount = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    at = 0
    for number in range(len(contact)):
        i = contact[number]
        gone, come = best[number] & ~second[number], second[number] & ~best[number]
        if gone | come == NONE:
            continue
        for use in range(table.use_start[i], table.use_start[i + 1]):
            sign = 0.0
            if has(gone, table.use_of[use]):
                sign = 1.0
            elif has(come, table.use_of[use]):
                sign = -1.0
            if sign != 0.0:
                row[at], group[at] = number, table.use_group[use]
                amount[at] = sign * table.use_amount[use]
                at += 1
    return row[:at], group[:at], amount[:at]


@compiled
def worth_by_group(table: Table, contact: Ints, sums: Floats) -> None:
    """Add up amount x value, and amount squared, of all candidates by group; sums: (2, groups)."""
    for i in contact:
        for use in range(table.use_start[i], table.use_start[i + 1]):
            amount, group = table.use_amount[use], table.use_group[use]
            sums[0, group] += amount * abs(table.value[table.start[i] + table.use_of[use]])
            sums[1, group] += amount * amount
