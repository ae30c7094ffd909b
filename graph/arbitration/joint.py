"""Joint: the sets of an account's contacts that are best together, by an exact dynamic program
over what each of its caps has taken.
"""

from typing import NamedTuple

import numpy as np

from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled
from graph.arbitration.packing import Units
from graph.arbitration.pairs import is_plain
from graph.arbitration.sets import (
    MOST_SETS,
    NEVER,
    NONE,
    ONE,
    Scratch,
    Table,
    charges,
    count_bits,
    has,
    list_sets,
    scratch,
    worth_of,
)


class Room(NamedTuple):
    """Room for one account's program: a contact's sets, and the best by state.

    A state counts what each cap has taken, in mixed radix: up to one more than the cap allows, so
    that the price of one more is known.
    """

    masks: Masks
    worth: Floats
    value: Floats
    before: Floats
    choice: Masks
    step: Ints
    offset: Ints
    gain: Floats
    gained: Masks
    radix: Ints
    price: Floats
    search: Scratch


@compiled
def room_for(widest: int, states: int, caps: int) -> Room:
    """Room for accounts of up to `widest` contacts and so many states under so many caps."""
    return Room(
        np.empty(MOST_SETS + 2, np.uint64),
        np.empty(MOST_SETS + 2),
        np.empty(states),
        np.empty(states),
        np.empty((widest, states), np.uint64),
        np.empty((widest, states), np.int64),
        np.empty(states, np.int64),
        np.empty(states),
        np.empty(states, np.uint64),
        np.empty(max(caps, 1), np.int64),
        np.zeros(max(caps, 1)),
        scratch(),
    )


@compiled
def settle_together(
    table: Table, units: Units, rates: Floats, u: int, fixed: Bools, masks: Masks, room: Room
) -> float:
    """Give unit u's contacts the sets that are best together; their worth less charges.

    Fills in masks and room.price, what one more touch under each cap would bring; -inf where what
    is fixed exceeds a cap.
    """
    caps, low, high = units.mask.shape[1], units.start[u], units.start[u + 1]
    states = 1
    for a in range(caps):
        room.radix[a] = units.left[u, a] + 2
        states *= room.radix[a]
    for s in range(states):
        room.value[s] = NEVER
    room.value[0] = 0.0
    for i in range(low, high):
        found = _options(table, units, rates, i, fixed, masks, room)
        for s in range(states):
            room.before[s] = room.value[s]
            room.value[s] = NEVER
        for o in range(found):
            offset, gain = room.offset[o], room.gain[o]
            for s in range(states - offset):
                worth = room.before[s] + gain
                if worth > room.value[s + offset] and _adds(s, offset, room.radix, caps):
                    room.value[s + offset] = worth
                    room.choice[i - low, s + offset] = room.gained[o]
                    room.step[i - low, s + offset] = offset
    best, here = NEVER, -1
    for s in range(states):
        if room.value[s] > best and _allowed(s, room.radix, caps, -1):
            best, here = room.value[s], s
    for a in range(caps):
        more, less = NEVER, NEVER
        for s in range(states):
            if _allowed(s, room.radix, caps, a):
                more = max(more, room.value[s])
            if _allowed(s, room.radix, caps, a + caps):
                less = max(less, room.value[s])
        gained = max(more - best, 0.0)
        lost = best - less
        room.price[a] = (gained + lost) / 2 if lost < np.inf else gained
    if here >= 0:
        for i in range(high - 1, low - 1, -1):
            masks[i] = room.choice[i - low, here]
            here -= room.step[i - low, here]
    return best


@compiled
def _options(
    table: Table,
    units: Units,
    rates: Floats,
    i: int,
    fixed: Bools,
    masks: Masks,
    room: Room,
) -> int:
    """Fill in, for each step in state that contact i can make, its best set; how many there are."""
    caps = units.mask.shape[1]
    count = charges(table, rates, i, room.search.charge)
    stays = len(fixed) > 0 and fixed[i]
    every = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - count)
    simple = caps == 1 and not stays and is_plain(table)
    if simple and table.most[i] <= 2 and units.mask[i, 0] == every:
        return _one_or_two(
                table.value, table.clash, table.factor[1], table.start[i], count,
                table.closed[i], table.most[i], room.search.charge,
                room.offset, room.gain, room.gained,
            )  # fmt: skip
    if stays:
        room.masks[0], room.worth[0] = masks[i], worth_of(table, i, masks[i])
        sets = 1
    else:
        sets = list_sets(table, i, room.masks, room.worth, room.search)
    found = 0
    for n in range(sets):
        mask, worth, offset, scale, fits = room.masks[n], room.worth[n], 0, 1, True
        for k in range(count):
            if has(mask, k):
                worth -= room.search.charge[k]
        for a in range(caps):
            taken = count_bits(mask & units.mask[i, a])
            fits &= taken < room.radix[a]
            offset += taken * scale
            scale *= room.radix[a]
        if not fits:
            continue
        place = 0
        while place < found and room.offset[place] != offset:
            place += 1
        if place == found:
            room.offset[place], room.gain[place], room.gained[place] = offset, worth, mask
            found += 1
        elif worth > room.gain[place]:
            room.gain[place], room.gained[place] = worth, mask
    return found


@compiled
def _one_or_two(
    value: Floats,
    clash: Masks,
    tired: float,
    first: int,
    count: int,
    closed: np.uint64,
    most: int,
    charge: Floats,
    offset: Ints,
    gain: Floats,
    gained: Masks,
) -> int:
    """`_options` where every candidate counts once and only clashes stand between two."""
    offset[0], gain[0], gained[0] = 0, 0.0, NONE
    single, pair, of_one, of_two = 0.0, 0.0, NONE, NONE
    for k in range(count):
        if (closed >> np.uint64(k)) & ONE != NONE:
            continue
        alone, mine = value[first + k] - charge[k], ONE << np.uint64(k)
        if alone > single:
            single, of_one = alone, mine
        if alone > 0.0 and most > 1:
            for other in range(k + 1, count):
                own = value[first + other]
                worth = alone + (own * tired if own > 0.0 else own) - charge[other]
                its = ONE << np.uint64(other)
                if worth > pair and (clash[first + k] | closed) & its == NONE:
                    pair, of_two = worth, mine | its
    found = 1
    if single > 0.0:
        offset[found], gain[found], gained[found] = 1, single, of_one
        found += 1
    if pair > single:
        offset[found], gain[found], gained[found] = 2, pair, of_two
        found += 1
    return found


@compiled
def _adds(state: int, offset: int, radix: Ints, caps: int) -> bool:
    """Whether the step overflows no cap's digit."""
    if caps == 1:
        return True
    for a in range(caps):
        if state % radix[a] + offset % radix[a] >= radix[a]:
            return False
        state //= radix[a]
        offset //= radix[a]
    return True


@compiled
def _allowed(state: int, radix: Ints, caps: int, other: int) -> bool:
    """Whether a state holds all caps, cap `other` one wider, cap `other - caps` one narrower."""
    for a in range(caps):
        top = radix[a] - 2
        if a == other:
            top += 1
        elif a == other - caps:
            top -= 1
        if state % radix[a] > top:
            return False
        state //= radix[a]
    return True
