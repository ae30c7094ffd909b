"""Accounts: each contact takes its best set, and where those exceed the account's caps, all of its
contacts choose together.
"""

from graph.arbitration.compiled import Bools, Floats, Masks, compiled
from graph.arbitration.joint import Room, settle_together
from graph.arbitration.packing import Units
from graph.arbitration.pairs import best_pair, is_plain
from graph.arbitration.sets import Scratch, Table, best_two, count_bits, has, worth_of


@compiled
def settle(
    table: Table,
    units: Units,
    rates: Floats,
    u: int,
    fixed: Bools,
    masks: Masks,
    room: Room,
) -> float:
    """Give unit u's contacts the sets that are best together; their worth less charges.

    Fills in masks and room.price, what one more touch under each cap would bring. A contact that
    is `fixed` (an empty array means none) keeps its set; -inf where fixed sets exceed a cap.
    """
    caps = units.mask.shape[1]
    for a in range(caps):
        room.price[a] = 0.0
        room.radix[a] = 0
    low, high = units.start[u], units.start[u + 1]
    total = respond_each(table, rates, low, high, fixed, masks, room.search)
    for i in range(low, high):
        for a in range(caps):
            room.radix[a] += count_bits(masks[i] & units.mask[i, a])
    fits = True
    for a in range(caps):
        fits &= room.radix[a] <= units.left[u, a]
    if fits:
        return total
    return settle_together(table, units, rates, u, fixed, masks, room)


@compiled
def respond_each(
    table: Table, rates: Floats, low: int, high: int, fixed: Bools, masks: Masks, room: Scratch
) -> float:
    """Each contact's best set as if there were no account; their worth less charges."""
    charge, columns = room.charge, (room.at, room.worth, room.reach, room.total)
    start, value, clash, closed, most = (
        table.start, table.value, table.clash, table.closed, table.most,
    )  # fmt: skip
    use_start, use_of = table.use_start, table.use_of
    use_group, use_amount = table.use_group, table.use_amount
    tired, plain, total = table.factor[1], is_plain(table), 0.0
    for i in range(low, high):
        count = start[i + 1] - start[i]
        for k in range(count):
            charge[k] = 0.0
        for use in range(use_start[i], use_start[i + 1]):
            charge[use_of[use]] += rates[use_group[use]] * use_amount[use]
        if len(fixed) and fixed[i]:
            for k in range(count):
                if has(masks[i], k):
                    total -= charge[k]
            total += worth_of(table, i, masks[i])
        elif plain and 0 < most[i] <= 2:
            masks[i], worth = best_pair(
                value, clash, tired, start[i], count, closed[i], most[i], charge, columns
            )
            total += worth
        else:
            masks[i], worth, _, _ = best_two(table, i, count, room, False)
            total += worth
    return total
