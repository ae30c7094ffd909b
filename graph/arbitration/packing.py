"""Packing: each contact's feasible bundles, enumerated once, in blocks of contacts of like size."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from domain.errors import DataError
from graph.arbitration.compatibility import Compatibility, compatibility_of
from graph.arbitration.problem import Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CONTACTS_PER_BLOCK = 4096
"""Long enough that numpy's own cost vanishes, short enough for the processor's cache."""
MOST_BUNDLES = 20_000
NEVER = -np.inf
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Block:
    """n contacts with K candidates each, and their bundles.

    rows[k, i]: packed position of candidate k of contact i. bundles[b]: its candidates' k;
    bundle 0 is empty. values[b, i]: worth after fatigue, -inf where not feasible.
    """

    rows: Ints
    bundles: tuple[tuple[int, ...], ...]
    values: Floats

    @property
    def contacts(self) -> int:
        return int(self.rows.shape[1])

    @cached_property
    def members(self) -> Bools:
        """members[b, k]: candidate k is in bundle b."""
        found = np.zeros((len(self.bundles), len(self.rows)), dtype=np.bool_)
        for number, bundle in enumerate(self.bundles):
            found[number, list(bundle)] = True
        return found

    def reduced(self, charge: Floats) -> Floats:
        """Worth of each bundle less what its candidates are charged, (B, n)."""
        price = charge[self.rows]
        worth = self.values.copy()
        for number, bundle in enumerate(self.bundles):
            for k in bundle:
                worth[number] -= price[k]
        return worth

    def sums(self, amounts: Floats) -> Floats:
        """Sum of a candidate amount over each bundle's members, (B, n)."""
        return -Block(self.rows, self.bundles, np.zeros_like(self.values)).reduced(amounts)

    def best(self, charge: Floats) -> tuple[Ints, Floats]:
        """Each contact's best bundle (the first of equals) and its worth less charges.

        A running maximum: an argmax over short rows costs several times as much.
        """
        price = charge[self.rows]
        worth, chosen = self.values[0].copy(), np.zeros(self.contacts, dtype=np.int64)
        for number, bundle in enumerate(self.bundles[1:], start=1):
            here = self.values[number] - price[bundle[0]]
            for k in bundle[1:]:
                here -= price[k]
            better = here > worth
            np.copyto(worth, here, where=better)
            np.copyto(chosen, number, where=better)
        return chosen, worth

    def chosen(self, bundles: Ints) -> Ints:
        """Packed positions of the candidates in each contact's bundle."""
        return self.rows.T[self.members[bundles]]


@dataclass(frozen=True)
class Packed:
    """Blocks over packed positions; `order[p]` is the problem's row of position p.

    Positions run by contact and then by candidate number, so that the order in which a problem's
    rows come changes nothing. contact[p]: the contact's number.
    """

    blocks: tuple[Block, ...]
    order: Ints
    contact: Ints

    @property
    def contacts(self) -> int:
        return sum(block.contacts for block in self.blocks)

    def unpack(self, packed: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """An array by packed position as one by the problem's rows."""
        found = np.empty_like(packed)
        found[self.order] = packed
        return found


def order_of(problem: Problem) -> Ints:
    """Rows of the problem by contact and candidate number."""
    frame = problem.candidates
    keys = (frame.get_column("candidate").to_numpy(), frame.get_column("contact").to_numpy())
    return np.asarray(np.lexsort(keys), dtype=np.int64)


def pack(problem: Problem) -> Packed:
    """Enumerate every contact's feasible bundles, exactly.

    Raises DataError where a contact has more than MOST_BUNDLES of them: caps keep them few.
    """
    order = order_of(problem)
    contact = problem.candidates.get_column("contact").to_numpy()[order].astype(np.int64)
    values = problem.candidates.get_column("value").to_numpy()[order].astype(np.float64)
    rules = compatibility_of(problem, order, contact)
    blocks = tuple(
        _block(rows, values, rules, problem.limits.fatigue) for rows in _blocks_of(contact)
    )
    return Packed(blocks, order, contact)


def _blocks_of(contact: Ints) -> Iterator[Ints]:
    _, starts, counts = np.unique(contact, return_index=True, return_counts=True)
    for size in np.unique(counts):
        mine = starts[counts == size]
        step = CONTACTS_PER_BLOCK if size <= 16 else CONTACTS_PER_BLOCK // 8
        for first in range(0, len(mine), step):
            yield mine[None, first : first + step] + np.arange(size)[:, None]


def _block(rows: Ints, values: Floats, rules: Compatibility, fatigue: tuple[float, ...]) -> Block:
    feasible = dict(_feasible(rows, rules))
    worth = np.empty((len(feasible), rows.shape[1]))
    for number, (bundle, allowed) in enumerate(feasible.items()):
        worth[number] = np.where(allowed, _worth(values[rows[list(bundle)]], fatigue), NEVER)
    return Block(rows, tuple(feasible), worth)


def _feasible(rows: Ints, rules: Compatibility) -> Iterator[tuple[tuple[int, ...], Bools]]:
    """Bundles that some contact of the block may get, and which contacts may.

    A set that breaks a cap or an exclusion is not extended: no larger set could mend it.
    `requires` and `bundle` can be mended, so they are asked of the finished sets.
    """
    singles = [rules.single(rows[k]) for k in range(len(rows))]
    pairs: dict[tuple[int, int], Bools] = {}
    level: dict[tuple[int, ...], Bools] = {(): np.ones(rows.shape[1], dtype=np.bool_)}
    count = 0
    while level:
        count += len(level)
        if count > MOST_BUNDLES:
            raise DataError(
                f"A contact with {len(rows)} candidates may get more than {MOST_BUNDLES} "
                "different sets of them.",
                "Give the problem a cap on the touches of one contact.",
            )
        for bundle, allowed in level.items():
            complete = allowed & rules.complete(rows, bundle)
            if not bundle or complete.any():
                yield bundle, complete
        level = dict(_extended(rows, rules, level, singles, pairs))


def _extended(
    rows: Ints,
    rules: Compatibility,
    level: dict[tuple[int, ...], Bools],
    singles: list[Bools],
    pairs: dict[tuple[int, int], Bools],
) -> Iterator[tuple[tuple[int, ...], Bools]]:
    for bundle, allowed in level.items():
        for k in range(bundle[-1] + 1 if bundle else 0, len(rows)):
            wider = allowed & singles[k]
            for other in bundle:
                if (other, k) not in pairs:
                    pairs[other, k] = rules.together(rows[other], rows[k])
                wider = wider & pairs[other, k]
            if wider.any():
                wider &= rules.within_caps(rows[[*bundle, k]])
            if wider.any():
                yield (*bundle, k), wider


def _worth(values: Floats, fatigue: tuple[float, ...]) -> Floats:
    """Positive values, largest first, times the factors; others in full."""
    if len(values) <= 1 or fatigue == (1.0,):
        single = np.where(values > 0, values * fatigue[0], values)
        return np.asarray(single.sum(axis=0), dtype=np.float64)
    ordered = -np.sort(-values, axis=0)
    factors = np.array([fatigue[min(place, len(fatigue) - 1)] for place in range(len(values))])
    tired = np.where(ordered > 0, ordered * factors[:, None], ordered)
    return np.asarray(tired.sum(axis=0), dtype=np.float64)
