"""Draws: a number in [0, 1) per contact that depends on contact, seed and stream alone."""

import numpy as np

from graph.arbitration.compiled import Floats, Ints, Masks, compiled

U64 = np.uint64
REPLAYS = 5
"""Stream of the seeds that one seed stands for; exploring and newton have 1 to 4."""


@compiled
def mixed(contact: np.uint64, seed: np.uint64, stream: int) -> np.uint64:
    """SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).

    A function of the three alone.
    """
    state = contact * U64(0x9E3779B97F4A7C15) + seed * U64(0xBF58476D1CE4E5B9)
    state += U64(stream) * U64(0x94D049BB133111EB)
    state = (state ^ (state >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> U64(27))) * U64(0x94D049BB133111EB)
    return state ^ (state >> U64(31))


@compiled
def draw(contact: np.uint64, seed: np.uint64, stream: int) -> float:
    """One draw: the upper 53 bits, as a share of 2^53."""
    return float(mixed(contact, seed, stream) >> U64(11)) * (1.0 / 9007199254740992.0)


def draws_of(contacts: Ints, seed: int, stream: int) -> Floats:
    """One draw per contact number."""
    return _draws(contacts.astype(U64), U64(seed % 2**64), stream)


@compiled
def _draws(contacts: Masks, seed: np.uint64, stream: int) -> Floats:
    found = np.empty(len(contacts))
    for n in range(len(contacts)):
        found[n] = draw(contacts[n], seed, stream)
    return found


def seeds_of(seed: int, count: int) -> tuple[int, ...]:
    """`count` further seeds that one seed stands for."""
    start = U64(seed % 2**64)
    return tuple(int(mixed(U64(number), start, REPLAYS)) for number in range(count))
