"""Sets: what one contact may get at once, and the best of it, in compiled code.

A set is a mask of the contact's candidates, which stand by value, highest first. A set grows by
later candidates only, so its positive values come in the order in which fatigue counts them.
"""

from typing import NamedTuple

import numpy as np

from graph.arbitration.compiled import Floats, Ints, Masks, compiled

MOST_CANDIDATES = 64
MOST_SETS = 20_000
"""Sets of one contact that are ever listed."""
NEVER = -np.inf
NONE = np.uint64(0)
ONE = np.uint64(1)


class Table(NamedTuple):
    """n contacts and P candidates as the kernels read them; `packing.pack` makes it.

    Contact i has the positions start[i] to start[i + 1]; bit k stands for position start[i] + k.
    value: minor units. clash[p]: bits it can't be chosen with. closed[i]: bits never chosen.
    cap_mask, cap_left (n, C): bits each cap counts, and how many of them may be chosen.
    whole[p]: bits it is chosen together with; needy, needed (n, Q): some of needy only with some of
    needed; all three empty unless `entwined`. most[i]: how large a set can be. factor: fatigue
    by place, 64 of them. use_start[i]: where contact i's uses start; a use is bit use_of, amount
    use_amount of every resource of the group use_group.
    """

    start: Ints
    value: Floats
    clash: Masks
    closed: Masks
    cap_mask: Masks
    cap_left: np.ndarray[tuple[int, int], np.dtype[np.int16]]
    most: np.ndarray[tuple[int], np.dtype[np.int16]]
    entwined: bool
    whole: Masks
    needy: Masks
    needed: Masks
    factor: Floats
    use_start: Ints
    use_of: np.ndarray[tuple[int], np.dtype[np.uint8]]
    use_group: np.ndarray[tuple[int], np.dtype[np.uint16]]
    use_amount: Floats


@compiled
def count_bits(mask: np.uint64) -> int:
    """How many bits are set (Warren, Hacker's Delight, 2nd ed., section 5-1)."""
    mask = mask - ((mask >> ONE) & np.uint64(0x5555555555555555))
    mask = (mask & np.uint64(0x3333333333333333)) + (
        (mask >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    mask = (mask + (mask >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int(np.int64((mask * np.uint64(0x0101010101010101)) >> np.uint64(56)))


@compiled
def has(mask: np.uint64, k: int) -> bool:
    return bool((mask >> np.uint64(k)) & ONE != NONE)


@compiled
def charges(table: Table, rates: Floats, i: int, charge: Floats) -> int:
    """Fill in what each candidate of contact i is charged at the groups' rates; how many it has."""
    count = table.start[i + 1] - table.start[i]
    for k in range(count):
        charge[k] = 0.0
    for use in range(table.use_start[i], table.use_start[i + 1]):
        charge[table.use_of[use]] += rates[table.use_group[use]] * table.use_amount[use]
    return int(count)


@compiled
def worth_of(table: Table, i: int, mask: np.uint64) -> float:
    """Value of a set after fatigue."""
    first, tired, worth = table.start[i], 0, 0.0
    for k in range(table.start[i + 1] - first):
        if has(mask, k):
            value = table.value[first + k]
            if value > 0:
                worth += value * table.factor[tired]
                tired += 1
            else:
                worth += value
    return worth


@compiled
def complete(table: Table, i: int, mask: np.uint64) -> bool:
    """Whether the set holds all that its members need, and no bundle in part."""
    first = table.start[i]
    for k in range(table.start[i + 1] - first):
        if has(mask, k) and table.whole[first + k] & ~mask != NONE:
            return False
    for q in range(table.needy.shape[1]):
        if mask & table.needy[i, q] != NONE and mask & table.needed[i, q] == NONE:
            return False
    return True


@compiled
def filled(table: Table, i: int, mask: np.uint64, k: int) -> np.uint64:
    """Bits that no cap leaves room for once k has joined the set."""
    blocked = NONE
    for c in range(table.cap_mask.shape[1]):
        counted = table.cap_mask[i, c]
        if has(counted, k) and count_bits(mask & counted) >= table.cap_left[i, c]:
            blocked |= counted
    return blocked


class Scratch(NamedTuple):
    """Room that one thread works in: by candidate, and by depth of the search."""

    charge: Floats
    reach: Floats
    total: Floats
    at: Ints
    worth: Floats
    blocked: Masks
    tired: Ints


@compiled
def scratch() -> Scratch:
    size = MOST_CANDIDATES + 1
    return Scratch(
        np.empty(size),
        np.empty(size),
        np.empty(size),
        np.empty(size, dtype=np.int64),
        np.empty(size),
        np.empty(size, dtype=np.uint64),
        np.empty(size, dtype=np.int64),
    )


@compiled
def rest(k: int, places: int, room: Scratch) -> float:
    """No more than this can be gained by candidates from k on, in so many places."""
    return float(min(room.total[k], places * room.reach[k]))


@compiled
def best_two(
    table: Table, i: int, count: int, room: Scratch, both: bool
) -> tuple[np.uint64, float, np.uint64, float]:
    """The best set of contact i at the charges in `room`, and the runner-up where `both`.

    Masks and their worth less charges; of equals the first by candidate. Depth first; a branch is
    left where nothing it could still add would reach the best so far (or the runner-up). Without
    a runner-up its worth is -inf.
    """
    first, charge, reach, total = table.start[i], room.charge, room.reach, room.total
    reach[count], total[count] = 0.0, 0.0
    for k in range(count - 1, -1, -1):
        gain = table.value[first + k]
        if gain > 0:
            gain *= table.factor[0]
        gain -= charge[k]
        if gain < 0 or has(table.closed[i], k):
            gain = 0.0
        reach[k] = max(gain, reach[k + 1])
        total[k] = gain + total[k + 1]
    best, best_worth = NONE, 0.0
    second, second_worth = NONE, NEVER
    depth, mask, k = 0, NONE, 0
    room.worth[0], room.blocked[0], room.tired[0] = 0.0, table.closed[i], 0
    most = table.most[i]
    while True:
        pushed = False
        if depth < most:
            worth, blocked, tired = room.worth[depth], room.blocked[depth], room.tired[depth]
            floor = second_worth if both else best_worth
            while k < count:
                if worth + rest(k, most - depth, room) <= floor:
                    break
                if not has(blocked, k):
                    value = table.value[first + k]
                    gain = (value * table.factor[tired] if value > 0 else value) - charge[k]
                    if (
                        gain > 0
                        or table.entwined
                        or (both and worth + gain + rest(k + 1, most - depth - 1, room) > floor)
                    ):
                        mask |= ONE << np.uint64(k)
                        room.at[depth] = k
                        depth += 1
                        room.worth[depth] = worth + gain
                        room.tired[depth] = tired + 1 if value > 0 else tired
                        room.blocked[depth] = (
                            blocked | table.clash[first + k] | filled(table, i, mask, k)
                        )
                        pushed = True
                        break
                k += 1
        if pushed:
            here = room.worth[depth]
            if here > (second_worth if both else best_worth) and (
                not table.entwined or complete(table, i, mask)
            ):
                if here > best_worth:
                    second, second_worth = best, best_worth
                    best, best_worth = mask, here
                else:
                    second, second_worth = mask, here
            k += 1
        else:
            depth -= 1
            if depth < 0:
                break
            k = room.at[depth]
            mask &= ~(ONE << np.uint64(k))
            k += 1
    return best, best_worth, second, second_worth


@compiled
def list_sets(table: Table, i: int, masks: Masks, worth: Floats, room: Scratch) -> int:
    """Fill in every feasible set of contact i and its worth after fatigue; how many there are.

    The empty set comes first. Stops one above MOST_SETS.
    """
    first, count = table.start[i], table.start[i + 1] - table.start[i]
    masks[0], worth[0] = NONE, 0.0
    found, depth, mask, k = 1, 0, NONE, 0
    room.worth[0], room.blocked[0], room.tired[0] = 0.0, table.closed[i], 0
    while True:
        if k < count and depth < table.most[i]:
            if not has(room.blocked[depth], k):
                value, tired = table.value[first + k], room.tired[depth]
                gain = value * table.factor[tired] if value > 0 else value
                mask |= ONE << np.uint64(k)
                room.at[depth] = k
                depth += 1
                room.worth[depth] = room.worth[depth - 1] + gain
                room.tired[depth] = tired + 1 if value > 0 else tired
                room.blocked[depth] = (
                    room.blocked[depth - 1] | table.clash[first + k] | filled(table, i, mask, k)
                )
                if not table.entwined or complete(table, i, mask):
                    if found > MOST_SETS:
                        return found
                    masks[found], worth[found] = mask, room.worth[depth]
                    found += 1
            k += 1
        else:
            depth -= 1
            if depth < 0:
                return found
            k = room.at[depth]
            mask &= ~(ONE << np.uint64(k))
            k += 1
