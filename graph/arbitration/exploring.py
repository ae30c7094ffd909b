"""Exploration: some contacts draw their set by chance, so that every choice has known odds.

A contact's own set is what it draws where it explores, and its best response where it does not.
The odds of an own set are known exactly: share x softmax, and 1 - share for the best response.
What its account or the repair makes of it is not; `replaying` estimates that.
"""

from dataclasses import dataclass

import numpy as np

from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled, each, spans
from graph.arbitration.draws import draws_of
from graph.arbitration.packing import Packed, Units
from graph.arbitration.problem import Exploration
from graph.arbitration.response import Field, Response, respond
from graph.arbitration.sets import MOST_SETS, Scratch, Table, count_bits, has, list_sets, scratch
from graph.arbitration.ties import tolled

EXPLORES, SET = 1, 2
"""Streams of the draws: who explores, and what."""


@dataclass(frozen=True)
class Drawn:
    """Every contact's set after the draws; one array a part.

    own: what each drew or chose by itself. masks: the same, but for what an account's caps made
    of it. asked: whom the draw made an explorer; explored: those of them who keep what they drew.
    """

    own: tuple[Masks, ...]
    masks: tuple[Masks, ...]
    asked: tuple[Bools, ...]
    explored: tuple[Bools, ...]


def explore(rule: Exploration | None, field: Field, prices: Floats, best: Response) -> Drawn:
    """Let explorers draw from the softmax at these prices in place of their best response.

    Under account caps the others of the account then choose anew around them; an explorer whose
    draw no longer fits its account chooses with the others.
    """
    own = tuple(masks.copy() for masks in best.masks)
    asked = tuple(np.zeros(part.contacts, dtype=np.bool_) for part in field.parts)
    if rule is None or rule.share <= 0:
        return Drawn(own, own, asked, asked)
    rates = field.rates(prices)
    for number, part in enumerate(field.parts):
        asked[number][:] = draws_of(part.contact, rule.seed, EXPLORES) < rule.share
        who = np.flatnonzero(asked[number])
        wheel = draws_of(part.contact[who], rule.seed, SET)
        _spin(part, rates, best.tolls[number], who, wheel, rule.temperature, own[number])
    if not any(part.by_account for part in field.parts):
        return Drawn(own, own, asked, asked)
    explored = tuple(mine.copy() for mine in asked)
    masks = tuple(mine.copy() for mine in own)
    for number, part in enumerate(field.parts):
        if part.by_account:
            hold_caps(part.units, masks[number], explored[number])
    respond(field, prices, fixed=explored, masks=masks)
    return Drawn(own, masks, asked, explored)


def _spin(
    part: Packed,
    rates: Floats,
    tolls: Floats,
    who: Ints,
    wheel: Floats,
    temperature: float,
    masks: Masks,
) -> None:
    chunks = spans(len(who))

    def run(number: int) -> None:
        low, high = chunks[number]
        spun(
            part.table, part.units, rates, tolls, who[low:high], wheel[low:high], temperature, masks
        )

    each(run, len(chunks))


@compiled
def odds(
    table: Table,
    units: Units,
    rates: Floats,
    tolls: Floats,
    i: int,
    temperature: float,
    masks: Masks,
    chance: Floats,
    room: Scratch,
) -> int:
    """Fill in contact i's feasible sets and the softmax probability of each; how many there are."""
    count = tolled(table, units, rates, tolls, i, room.charge)
    sets = list_sets(table, i, masks, chance, room)
    top = 0.0
    for n in range(sets):
        for k in range(count):
            if has(masks[n], k):
                chance[n] -= room.charge[k]
        top = max(top, chance[n])
    total = 0.0
    for n in range(sets):
        chance[n] = np.exp(max((chance[n] - top) / temperature, -700.0))
        total += chance[n]
    for n in range(sets):
        chance[n] /= total
    return sets


@compiled
def spun(
    table: Table,
    units: Units,
    rates: Floats,
    tolls: Floats,
    who: Ints,
    wheel: Floats,
    temperature: float,
    masks: Masks,
) -> None:
    """Give each contact of `who` the set on which its draw falls."""
    sets, chance, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), scratch()
    for number in range(len(who)):
        found = odds(table, units, rates, tolls, who[number], temperature, sets, chance, room)
        masks[who[number]] = sets[landed(chance, found, wheel[number])]


@compiled
def landed(chance: Floats, found: int, wheel: float) -> int:
    """The set on which a draw falls; the empty one, always open, where the odds' sum rounds to
    less than the draw."""
    sum_so_far = 0.0
    for n in range(found):
        sum_so_far += chance[n]
        if wheel < sum_so_far:
            return n
    return 0


@compiled
def hold_caps(units: Units, masks: Masks, explored: Bools) -> None:
    """Take back the draws that an account's caps leave no room for, later contacts first."""
    caps = units.mask.shape[1]
    for u in range(len(units.start) - 1):
        taken = np.zeros(caps, dtype=np.int64)
        for i in range(units.start[u], units.start[u + 1]):
            if not explored[i]:
                continue
            fits = True
            for a in range(caps):
                fits &= taken[a] + count_bits(masks[i] & units.mask[i, a]) <= units.left[u, a]
            if fits:
                for a in range(caps):
                    taken[a] += count_bits(masks[i] & units.mask[i, a])
            else:
                explored[i] = False


def mixtures(
    rule: Exploration | None,
    part: Packed,
    rates: Floats,
    tolls: Floats,
    best: Masks,
    wanted: Masks,
) -> tuple[Floats, Floats]:
    """Odds of each contact's wanted set by its own doing: where it explores, and where not."""
    drawing, choosing = np.zeros(part.contacts), (wanted == best).astype(np.float64)
    if rule is not None and rule.share > 0.0:
        chunks = spans(part.contacts)
        temperature = rule.temperature

        def run(number: int) -> None:
            low, high = chunks[number]
            odds_of(part.table, part.units, rates, tolls, low, high, temperature, wanted, drawing)

        each(run, len(chunks))
    return drawing, choosing


@compiled
def odds_of(
    table: Table,
    units: Units,
    rates: Floats,
    tolls: Floats,
    low: int,
    high: int,
    temperature: float,
    wanted: Masks,
    found: Floats,
) -> None:
    """Fill in the softmax probability of the wanted set of contacts low to high."""
    sets, chance, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), scratch()
    for i in range(low, high):
        for n in range(odds(table, units, rates, tolls, i, temperature, sets, chance, room)):
            if sets[n] == wanted[i]:
                found[i] = chance[n]
                break
