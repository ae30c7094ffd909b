"""Exploration: some contacts draw their set by chance, so that every choice has known odds."""

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
    """Every contact's set after the draws, and who drew it by chance; one array a part."""

    masks: tuple[Masks, ...]
    explored: tuple[Bools, ...]


def explore(rule: Exploration | None, field: Field, prices: Floats, best: Response) -> Drawn:
    """Let explorers draw from the softmax at these prices in place of their best response.

    Under account caps the others of the account then choose anew around them; an explorer whose
    draw no longer fits its account chooses with the others.
    """
    masks = tuple(own.copy() for own in best.masks)
    explored = tuple(np.zeros(part.contacts, dtype=np.bool_) for part in field.parts)
    if rule is None or rule.share <= 0:
        return Drawn(masks, explored)
    rates = field.rates(prices)
    for number, part in enumerate(field.parts):
        explored[number][:] = draws_of(part.contact, rule.seed, EXPLORES) < rule.share
        who = np.flatnonzero(explored[number])
        wheel = draws_of(part.contact[who], rule.seed, SET)
        _spin(part, rates, best.tolls[number], who, wheel, rule.temperature, masks[number])
        if part.by_account:
            hold_caps(part.units, masks[number], explored[number])
    if any(part.by_account for part in field.parts):
        respond(field, prices, fixed=explored, masks=masks)
    return Drawn(masks, explored)


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
        i, sum_so_far = who[number], 0.0
        found = odds(table, units, rates, tolls, i, temperature, sets, chance, room)
        # where the odds round to a sum below the draw: the empty set, always open
        masks[i] = sets[0]
        for n in range(found):
            sum_so_far += chance[n]
            if wheel[number] < sum_so_far:
                masks[i] = sets[n]
                break


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


def propensities(
    rule: Exploration | None,
    part: Packed,
    rates: Floats,
    tolls: Floats,
    best: Masks,
    drawn: Masks,
    final: Masks,
) -> Floats:
    """Probability of each contact's set under the mixture of exploring and not.

    NaN where the repair moved the contact: that probability would take a simulation of it.
    """
    found = np.empty(part.contacts)
    share, temperature = (0.0, 1.0) if rule is None else (rule.share, rule.temperature)
    chunks = spans(part.contacts)

    def run(number: int) -> None:
        mixture(
            part.table, part.units, rates, tolls, *chunks[number], share, temperature,
            best, drawn, final, found,
        )  # fmt: skip

    each(run, len(chunks))
    return found


@compiled
def mixture(
    table: Table,
    units: Units,
    rates: Floats,
    tolls: Floats,
    low: int,
    high: int,
    share: float,
    temperature: float,
    best: Masks,
    drawn: Masks,
    final: Masks,
    found: Floats,
) -> None:
    sets, chance, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), scratch()
    for i in range(low, high):
        if final[i] != drawn[i]:
            found[i] = np.nan
            continue
        found[i] = 1.0 - share if final[i] == best[i] else 0.0
        if share > 0.0:
            for n in range(odds(table, units, rates, tolls, i, temperature, sets, chance, room)):
                if sets[n] == final[i]:
                    found[i] += share * chance[n]
                    break
