"""Regrets: how far each candidate is from being chosen by its contact at given prices."""

import numpy as np

from graph.arbitration.compiled import Bools, Floats, Ints, compiled, each, spans
from graph.arbitration.packing import Packed, Units
from graph.arbitration.sets import MOST_SETS, Table, has, list_sets, scratch
from graph.arbitration.ties import tolled


def regrets(part: Packed, rates: Floats, tolls: Floats) -> tuple[Floats, Bools]:
    """By position: value each candidate would need more, and whether it may be chosen.

    The contact's best worth less the best worth of a set that holds the candidate, over the share
    of a further unit of value that fatigue leaves there. Without fatigue this is the least that
    suffices; with it, it suffices (raised enough, a candidate tires less). Infinite where no set
    may hold it.
    """
    found = np.full(len(part.order), np.inf)
    chunks = spans(part.contacts)

    def run(number: int) -> None:
        lacking(part.table, part.units, rates, tolls, *chunks[number], found)

    each(run, len(chunks))
    return found, np.isfinite(found)


@compiled
def lacking(
    table: Table, units: Units, rates: Floats, tolls: Floats, low: int, high: int, found: Floats
) -> None:
    masks, worth, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), scratch()
    for i in range(low, high):
        count = tolled(table, units, rates, tolls, i, room.charge)
        sets = list_sets(table, i, masks, worth, room)
        best = 0.0
        for n in range(sets):
            for k in range(count):
                if has(masks[n], k):
                    worth[n] -= room.charge[k]
            best = max(best, worth[n])
        for n in range(1, sets):
            place, size = table.factor[0], 0
            for k in range(count):
                if has(masks[n], k):
                    place = min(place, table.factor[size])
                    size += 1
            missing = best - worth[n]
            needed = missing / place if place > 0 else (np.inf if missing > 0 else 0.0)
            for k in range(count):
                if has(masks[n], k):
                    position = table.start[i] + k
                    found[position] = min(found[position], needed)


@compiled
def dearest(
    table: Table, start: Ints, amount: Ints, rates: Floats, found: Ints, most: Floats
) -> None:
    """By position, the amount that charges most, and how much; `found` stays where nothing does.

    start, amount: the amounts of each group; rates: price of a unit of each amount.
    """
    for i in range(len(table.start) - 1):
        for use in range(table.use_start[i], table.use_start[i + 1]):
            position, group = table.start[i] + table.use_of[use], table.use_group[use]
            for at in range(start[group], start[group + 1]):
                charge = rates[amount[at]] * table.use_amount[use]
                if charge > most[position] or (
                    charge == most[position] and charge > 0 and amount[at] < found[position]
                ):
                    most[position], found[position] = charge, amount[at]
