"""Ties: how far each contact is from choosing otherwise, and what that would change.

Over many contacts the dual's second derivative is a density of ties: sum of d d' / 2h over
contacts whose best set beats the runner-up by less than h, where d is the difference of the two
sets' uses (a kernel estimate with a uniform kernel; Silverman, "Density Estimation", 1986, 2.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.compiled import Floats, Ints, Masks, compiled, each, spread
from graph.arbitration.packing import Packed, Units
from graph.arbitration.pairs import is_plain, two_pairs
from graph.arbitration.response import Field
from graph.arbitration.sets import (
    MOST_CANDIDATES,
    NONE,
    ONE,
    Table,
    best_two,
    charges,
    has,
    scratch,
)

NOTHING = np.zeros(0)


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
    return ties_over((part,), rates, (tolls,), [asked])[0]


def ties_over(
    parts: tuple[Packed, ...],
    rates: Floats,
    tolls: tuple[Floats, ...],
    asked: Sequence[Ints | None],
) -> list[Ties]:
    """The same of several partitions at once."""
    pairs = zip(parts, asked, strict=True)
    found = [_room(np.arange(part.contacts) if some is None else some) for part, some in pairs]
    chunks = spread([len(one.contact) for one in found])

    def run(chunk: int) -> None:
        number, low, high = chunks[chunk]
        one, part = found[number], parts[number]
        two_best(
            part.table, part.units, rates, tolls[number], one.contact, low, high,
            one.best, one.second, one.regret, one.size, NOTHING,
        )  # fmt: skip

    each(run, len(chunks))
    return found


def _room(contact: Ints) -> Ties:
    count = len(contact)
    best, second = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64)
    return Ties(contact, best, second, np.empty(count), np.empty(count))


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
    low: int,
    high: int,
    best: Masks,
    second: Masks,
    regret: Floats,
    size: Floats,
    gained: Floats,
) -> None:
    """Fill in the two best sets of contacts asked[low:high], what lies between, and their size.

    gained: worth of the best less its charges, where somebody wants it (else an empty array).
    """
    room = scratch()
    charge, columns = room.charge, (room.reach, room.total, room.worth)
    start, value, clash, closed, most = (
        table.start, table.value, table.clash, table.closed, table.most,
    )  # fmt: skip
    use_start, use_of = table.use_start, table.use_of
    use_group, use_amount = table.use_group, table.use_amount
    tired, plain, caps = table.factor[1], is_plain(table), tolls.shape[1]
    toll_mask = units.mask
    for number in range(low, high):
        i = asked[number]
        first, count = start[i], start[i + 1] - start[i]
        for k in range(count):
            charge[k] = 0.0
        for use in range(use_start[i], use_start[i + 1]):
            charge[use_of[use]] += rates[use_group[use]] * use_amount[use]
        for a in range(caps):
            for k in range(count):
                if (toll_mask[i, a] >> np.uint64(k)) & ONE != NONE:
                    charge[k] += tolls[i, a]
        if plain and 0 < most[i] <= 2:
            mask, worth, other, less = two_pairs(
                value, clash, tired, first, count, closed[i], most[i], charge, columns
            )
        else:
            mask, worth, other, less = best_two(table, i, count, room, True)
        best[number], second[number], regret[number] = mask, other, worth - less
        if len(gained):
            gained[number] = worth
        differ, total, bits = mask ^ other, 0.0, 0
        for k in range(count):
            if (differ >> np.uint64(k)) & ONE != NONE:
                total += abs(value[first + k])
                bits += 1
        size[number] = total / max(bits, 1)


def curvature(field: Field, found: list[Ties], tied: float) -> csr_matrix:
    """Second derivative of the dual by amounts, (U, U), from the `tied` share nearest to a tie."""
    relative = np.concatenate([one.regret / np.maximum(one.size, 1e-12) for one in found])
    finite = relative[np.isfinite(relative)]
    if not len(finite):
        return csr_matrix((len(field.rows.amounts),) * 2)
    wanted = min(max(1, int(tied * len(relative))), len(finite))
    band = max(float(np.partition(finite, wanted - 1)[wanted - 1]), 1e-9)
    rows, groups, amounts, before = [], [], [], 0
    for part, one in zip(field.parts, found, strict=True):
        some = np.flatnonzero(one.regret <= band * one.size)
        width = np.maximum(band * one.size[some], 1e-12)
        row, group, amount = differences(
            part.table, one.contact[some], one.best[some], one.second[some]
        )
        rows.append(row + before)
        groups.append(group)
        amounts.append(amount / np.sqrt(2 * width[row]))
        before += len(some)
    places = (np.concatenate(rows), np.concatenate(groups))
    shape = (before, field.incidence.shape[0])
    moved = csr_matrix((np.concatenate(amounts), places), shape) @ field.incidence
    return csr_matrix(moved.T @ moved)


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
