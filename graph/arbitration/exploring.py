"""Exploration: some contacts draw their bundle by chance, so that every choice has a known odds."""

import numpy as np

from graph.arbitration.duals import Response, Rows
from graph.arbitration.packing import NEVER, Bools, Floats, Ints, Packed
from graph.arbitration.problem import Exploration, Problem

U64 = np.uint64


def draws_of(contacts: Ints, seed: int, stream: int) -> Floats:
    """A number in [0, 1) per contact that depends on contact, seed and stream alone.

    SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    """
    with np.errstate(over="ignore"):
        state = contacts.astype(U64) * U64(0x9E3779B97F4A7C15)
        state += U64(seed) * U64(0xBF58476D1CE4E5B9) + U64(stream) * U64(0x94D049BB133111EB)
        state = (state ^ (state >> U64(30))) * U64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> U64(27))) * U64(0x94D049BB133111EB)
        state ^= state >> U64(31)
    return (state >> U64(11)).astype(np.float64) / float(2**53)


def explore(
    problem: Problem, packed: Packed, rows: Rows, prices: Floats, response: Response
) -> list[Bools]:
    """Let explorers draw, in place of their best response; who explored, block by block."""
    rule = problem.limits.exploration
    ids = problem.candidates.get_column("contact").to_numpy()
    explorers = []
    for number, block in enumerate(packed.blocks):
        contacts = ids[block.rows[:, 0]]
        if rule is None or rule.share == 0:
            explorers.append(np.zeros(len(contacts), dtype=np.bool_))
            continue
        explores = draws_of(contacts, rule.seed, 1) < rule.share
        odds = softmax(packed, number, rows, prices, rule)[explores]
        drawn = draws_of(contacts[explores], rule.seed, 2)
        # no place above the draw (the sum of odds rounds below it): the empty bundle, always open
        places = (np.cumsum(odds, axis=1) > drawn[:, None]).argmax(axis=1)
        response.bundles[number][explores] = places
        explorers.append(explores)
    return explorers


def softmax(packed: Packed, number: int, rows: Rows, prices: Floats, rule: Exploration) -> Floats:
    """Probability of each bundle of a block's contacts, at these prices and temperature."""
    block = packed.blocks[number]
    price = np.asarray(rows.matrix @ prices).ravel()[block.rows]
    reduced = (block.values - price @ block.members.T.astype(np.float64)) / rule.temperature
    top = reduced.max(axis=1, keepdims=True)
    weight = np.where(reduced > NEVER, np.exp(np.maximum(reduced - top, -700.0)), 0.0)
    odds: Floats = weight / weight.sum(axis=1, keepdims=True)
    return odds


def propensities(
    problem: Problem,
    packed: Packed,
    rows: Rows,
    prices: Floats,
    best: tuple[Ints, ...],
    final: list[Ints],
    explored: list[Bools],
) -> Floats:
    """Probability of each chosen candidate's bundle under the mixture of exploring and not.

    NaN where nothing was chosen, and where the repair moved the contact: its probability would
    take a simulation of the repair.
    """
    rule = problem.limits.exploration
    found = np.full(packed.candidates, np.nan)
    for number, block in enumerate(packed.blocks):
        share = 0.0 if rule is None else rule.share
        here = np.arange(block.contacts)
        odds = np.zeros(block.contacts)
        if rule is not None and share > 0:
            odds = softmax(packed, number, rows, prices, rule)[here, final[number]]
        chance = share * odds + (1 - share) * (final[number] == best[number])
        moved = ~explored[number] & (final[number] != best[number])
        chance[moved] = np.nan
        inside = block.members[final[number]]
        found[block.rows[inside]] = np.broadcast_to(chance[:, None], inside.shape)[inside]
    return found
