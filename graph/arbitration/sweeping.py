"""Sweeping: contacts moved one by one, each weighed against all limits at its turn."""

from typing import NamedTuple

import numpy as np

from graph.arbitration.accounts import settle
from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled
from graph.arbitration.joint import Room
from graph.arbitration.packing import Units
from graph.arbitration.response import add_uses
from graph.arbitration.sets import (
    MOST_CANDIDATES,
    MOST_SETS,
    NONE,
    Table,
    count_bits,
    has,
    list_sets,
    worth_of,
)
from graph.arbitration.sets import scratch as search_room
from graph.arbitration.ties import tolled

GAIN = 1e-9
"""A move that earns less is not worth its noise."""


class Weights(NamedTuple):
    """groups x rows in compressed rows: what a unit of a group adds to each limit's use."""

    start: np.ndarray[tuple[int], np.dtype[np.int32]]
    row: np.ndarray[tuple[int], np.dtype[np.int32]]
    amount: Floats


class Aim(NamedTuple):
    """What a sweep wants. cost: per unit by which each limit is missed, (R,). strict: limits are
    held, not bought: no move may miss one further than `slop`, and a set counts at its value;
    otherwise it counts at the prices, so that moves undo nothing that these had right. shrink:
    only to a part of the set it has, whatever else that makes worse: for shares of a sum can stand
    in such a way that each touch left out for one makes the others miss as much."""

    cost: Floats
    slop: Floats
    soft: Bools
    strict: bool
    shrink: bool


@compiled
def missing(left: float) -> float:
    return -left if left < 0.0 else 0.0


@compiled
def sweep(
    table: Table,
    units: Units,
    unit_of: Ints,
    order: Ints,
    fixed: Bools,
    rates: Floats,
    tolls: Floats,
    weights: Weights,
    aim: Aim,
    masks: Masks,
    taken: Ints,
    left: Floats,
) -> int:
    """Give each contact of `order` its best set as things stand; how many moved."""
    rows, moved = len(left), 0
    sets, worth, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), search_room()
    place, touched = np.full(rows, -1, dtype=np.int64), np.empty(rows, dtype=np.int64)
    change = np.zeros((MOST_CANDIDATES, rows))
    base, delta = np.empty(rows), np.empty(rows)
    for i in order:
        if fixed[i]:
            continue
        count = tolled(table, units, rates, tolls, i, room.charge)
        found = _changes(table, weights, i, place, touched, change)
        if aim.strict or _any_missed(touched, found, left):
            have = masks[i]
            _summed(have, change, found, count, base)
            own = worth_of(table, i, have)
            if not aim.strict:
                own -= _charged(have, room.charge, count)
            best, gain = have, GAIN * (1.0 + abs(own))
            for n in range(list_sets(table, i, sets, worth, room)):
                mask = sets[n]
                if mask == have or (aim.shrink and mask & ~have != NONE):
                    continue
                if not _fits(units, unit_of, taken, i, have, mask):
                    continue
                score = worth[n] - own
                if not aim.strict:
                    score -= _charged(mask, room.charge, count)
                elif score + _most_saved(touched, found, left, aim) <= gain:
                    continue
                _summed(mask, change, found, count, delta)
                holds = True
                for t in range(found):
                    r, more = touched[t], delta[t] - base[t]
                    if more == 0.0:
                        continue
                    then = left[r] - more
                    if aim.strict and more > 0.0 and then < -aim.slop[r] and not aim.soft[r]:
                        holds = False
                        break
                    if then < 0.0 or left[r] < 0.0:
                        saved = missing(left[r]) - missing(then)
                        if saved > 0.0 or not aim.shrink:
                            score += aim.cost[r] * saved
                if holds and score > gain:
                    best, gain = mask, score
            if best != have:
                _summed(best, change, found, count, delta)
                for t in range(found):
                    left[touched[t]] -= delta[t] - base[t]
                for a in range(units.mask.shape[1]):
                    taken[unit_of[i], a] += count_bits(best & units.mask[i, a])
                    taken[unit_of[i], a] -= count_bits(have & units.mask[i, a])
                masks[i] = best
                moved += 1
        for t in range(found):
            place[touched[t]] = -1
    return moved


@compiled
def _changes(
    table: Table, weights: Weights, i: int, place: Ints, touched: Ints, change: Floats
) -> int:
    """Fill in what each candidate of contact i adds to each limit it touches; how many it does."""
    found, count = 0, table.start[i + 1] - table.start[i]
    for use in range(table.use_start[i], table.use_start[i + 1]):
        group, k, amount = table.use_group[use], table.use_of[use], table.use_amount[use]
        for entry in range(weights.start[group], weights.start[group + 1]):
            row = weights.row[entry]
            if place[row] < 0:
                place[row], touched[found] = found, row
                for other in range(count):
                    change[other, found] = 0.0
                found += 1
            change[k, place[row]] += weights.amount[entry] * amount
    return found


@compiled
def _summed(mask: np.uint64, change: Floats, found: int, count: int, total: Floats) -> None:
    for t in range(found):
        total[t] = 0.0
    for k in range(count):
        if has(mask, k):
            for t in range(found):
                total[t] += change[k, t]


@compiled
def _charged(mask: np.uint64, charge: Floats, count: int) -> float:
    total = 0.0
    for k in range(count):
        if has(mask, k):
            total += charge[k]
    return total


@compiled
def _any_missed(touched: Ints, found: int, left: Floats) -> bool:
    for t in range(found):
        if left[touched[t]] < 0.0:
            return True
    return False


@compiled
def _most_saved(touched: Ints, found: int, left: Floats, aim: Aim) -> float:
    """What meeting every limit that this contact touches and that is missed would save."""
    total = 0.0
    for t in range(found):
        row = touched[t]
        if left[row] < 0.0:
            total -= aim.cost[row] * left[row]
    return total


@compiled
def _fits(
    units: Units, unit_of: Ints, taken: Ints, i: int, have: np.uint64, mask: np.uint64
) -> bool:
    """Whether the contact's account has room for the set in place of the one it has."""
    for a in range(units.mask.shape[1]):
        more = count_bits(mask & units.mask[i, a]) - count_bits(have & units.mask[i, a])
        if more > 0 and taken[unit_of[i], a] + more > units.left[unit_of[i], a]:
            return False
    return True


@compiled
def sweep_units(
    table: Table,
    units: Units,
    order: Ints,
    fixed: Bools,
    rates: Floats,
    wished: Floats,
    weights: Weights,
    aim: Aim,
    masks: Masks,
    taken: Ints,
    left: Floats,
    room: Room,
) -> int:
    """Offer each account the sets that are best together at the `wished` rates; how many took them.

    Judged as in `sweep`; within the account any number of contacts move at once.
    """
    caps, groups, moved = units.mask.shape[1], len(rates), 0
    use, before = np.zeros(groups), np.empty(room.choice.shape[0], np.uint64)
    change, seen = np.zeros(len(left)), np.zeros(len(left), dtype=np.bool_)
    for u in order:
        low, high = units.start[u], units.start[u + 1]
        for i in range(low, high):
            before[i - low] = masks[i]
        settle(table, units, wished, u, fixed, masks, room)
        score, same = 0.0, True
        for i in range(low, high):
            if masks[i] == before[i - low]:
                continue
            same = False
            add_uses(table, i, masks[i], 1.0, use)
            add_uses(table, i, before[i - low], -1.0, use)
            score += worth_of(table, i, masks[i]) - worth_of(table, i, before[i - low])
        if same:
            continue
        holds = True
        for i in range(low, high):
            for entry in range(table.use_start[i], table.use_start[i + 1]):
                group = table.use_group[entry]
                if use[group] != 0.0:
                    if not aim.strict:
                        score -= use[group] * rates[group]
                    for at in range(weights.start[group], weights.start[group + 1]):
                        change[weights.row[at]] += use[group] * weights.amount[at]
                        seen[weights.row[at]] = True
                    use[group] = 0.0
        for r in range(len(left)):
            if seen[r]:
                then = left[r] - change[r]
                if aim.strict and change[r] > 0.0 and then < -aim.slop[r] and not aim.soft[r]:
                    holds = False
                score -= aim.cost[r] * (missing(then) - missing(left[r]))
        accept = holds and score > GAIN
        for r in range(len(left)):
            if accept:
                left[r] -= change[r]
            change[r], seen[r] = 0.0, False
        for i in range(low, high):
            if accept:
                for a in range(caps):
                    taken[u, a] += count_bits(masks[i] & units.mask[i, a])
                    taken[u, a] -= count_bits(before[i - low] & units.mask[i, a])
            else:
                masks[i] = before[i - low]
        moved += accept
    return moved
