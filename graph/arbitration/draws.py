"""Draws: a number in [0, 1) per contact that depends on contact, seed and stream alone."""

import numpy as np

from graph.arbitration.compiled import Floats, Ints

U64 = np.uint64


def draws_of(contacts: Ints, seed: int, stream: int) -> Floats:
    """One draw per contact number.

    SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    """
    with np.errstate(over="ignore"):
        state = contacts.astype(U64) * U64(0x9E3779B97F4A7C15)
        state += U64(seed % 2**64) * U64(0xBF58476D1CE4E5B9) + U64(stream) * U64(0x94D049BB133111EB)
        state = (state ^ (state >> U64(30))) * U64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> U64(27))) * U64(0x94D049BB133111EB)
        state ^= state >> U64(31)
    return (state >> U64(11)).astype(np.float64) / float(2**53)
