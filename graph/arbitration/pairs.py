"""Pairs: the best set of at most two, where only clashes stand between a contact's candidates."""

import numpy as np

from graph.arbitration.compiled import Floats, Ints, Masks, compiled, inlined
from graph.arbitration.sets import NEVER, NONE, ONE, Table


@compiled
def is_plain(table: Table) -> bool:
    """Whether only clashes stand between a contact's candidates, and one touch tires nobody."""
    return not table.entwined and table.cap_mask.shape[1] == 0 and table.factor[0] == 1.0


@inlined
def best_pair(
    value: Floats,
    clash: Masks,
    tired: float,
    first: int,
    count: int,
    closed: np.uint64,
    most: int,
    charge: Floats,
    room: tuple[Ints, Floats, Floats, Floats],
) -> tuple[np.uint64, float]:
    """The best set of at most two, where only clashes stand between candidates.

    The same as `best_two` finds, for the contacts that most passes consist of: only what gains
    something is looked at, and a pair only while it could still be best. It takes arrays, not
    tables: counting references to a table's arrays costs more than the search. `tired` is what
    fatigue leaves of a second touch; `room`: four columns of Scratch.
    """
    at, worth, second, rest_of = room
    live, best, best_worth = 0, NONE, 0.0
    for k in range(count):
        gain = value[first + k] - charge[k]
        if gain > 0.0 and (closed >> np.uint64(k)) & ONE == NONE:
            at[live], worth[live] = k, gain
            own = value[first + k]
            second[live] = (own * tired if own > 0.0 else own) - charge[k]
            live += 1
            if gain > best_worth:
                best, best_worth = ONE << np.uint64(k), gain
    if most > 1 and live > 1:
        top = 0.0
        for b in range(live - 1, 0, -1):
            top = max(top, second[b])
            rest_of[b] = top
        for a in range(live - 1):
            if worth[a] + rest_of[a + 1] > best_worth:
                clashes = clash[first + at[a]]
                for b in range(a + 1, live):
                    here = worth[a] + second[b]
                    if here > best_worth and (clashes >> np.uint64(at[b])) & ONE == NONE:
                        best = (ONE << np.uint64(at[a])) | (ONE << np.uint64(at[b]))
                        best_worth = here
    return best, best_worth


@inlined
def two_pairs(
    value: Floats,
    clash: Masks,
    tired: float,
    first: int,
    count: int,
    closed: np.uint64,
    most: int,
    charge: Floats,
    room: tuple[Floats, Floats, Floats],
) -> tuple[np.uint64, float, np.uint64, float]:
    """`best_pair` with the runner-up, as `best_two` finds them: sets that lose count here too."""
    gain, later, rest_of = room
    best, best_worth, second, second_worth = NONE, 0.0, NONE, NEVER
    top = NEVER
    for k in range(count - 1, -1, -1):
        rest_of[k] = top
        own = value[first + k]
        if (closed >> np.uint64(k)) & ONE == NONE:
            gain[k] = own - charge[k]
            later[k] = (own * tired if own > 0.0 else own) - charge[k]
            top = max(top, later[k])
        else:
            gain[k], later[k] = NEVER, NEVER
    for a in range(count):
        if gain[a] == NEVER:
            continue
        if gain[a] > best_worth:
            second, second_worth = best, best_worth
            best, best_worth = ONE << np.uint64(a), gain[a]
        elif gain[a] > second_worth:
            second, second_worth = ONE << np.uint64(a), gain[a]
        if most > 1 and gain[a] + rest_of[a] > second_worth:
            clashes = clash[first + a]
            for b in range(a + 1, count):
                here = gain[a] + later[b]
                if here > second_worth and (clashes >> np.uint64(b)) & ONE == NONE:
                    pair = (ONE << np.uint64(a)) | (ONE << np.uint64(b))
                    if here > best_worth:
                        second, second_worth = best, best_worth
                        best, best_worth = pair, here
                    else:
                        second, second_worth = pair, here
    return best, best_worth, second, second_worth
