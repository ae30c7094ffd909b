"""Packing: each contact's feasible bundles, enumerated once, in blocks of like size."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.problem import CapLimit, Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LARGEST_BUNDLE = 3
CELLS_PER_BLOCK = 4_000_000
"""Contacts x bundles held at once; bounds the memory of one block to about 100 MB."""
NEVER = -np.inf


@dataclass(frozen=True)
class Block:
    """Contacts with equally many candidates, and their bundles.

    rows[n, k]: row of the problem's candidates. members[b, k]: candidate k is in bundle b; bundle
    0 is empty. values[n, b]: the bundle's value after fatigue, -inf where it is not feasible.
    """

    rows: Ints
    members: Bools
    values: Floats

    @property
    def contacts(self) -> int:
        return int(self.rows.shape[0])


@dataclass(frozen=True)
class Packed:
    """The problem's blocks; `contact_of_row` numbers the contacts from 0 in block order."""

    blocks: tuple[Block, ...]
    candidates: int


def pack(problem: Problem) -> Packed:
    """Enumerate every contact's feasible bundles of up to three candidates."""
    columns = _columns(problem)
    order = np.argsort(columns["contact"], kind="stable")
    _, starts, counts = np.unique(columns["contact"][order], return_index=True, return_counts=True)
    blocks = [
        _block(problem, columns, rows)
        for size in np.unique(counts)
        for rows in _slices(order, starts[counts == size], int(size))
    ]
    return Packed(tuple(blocks), len(order))


def _slices(order: Ints, starts: Ints, size: int) -> Iterator[Ints]:
    bundles = sum(1 for m in range(LARGEST_BUNDLE + 1) for _ in combinations(range(size), m))
    step = max(1, CELLS_PER_BLOCK // bundles)
    for first in range(0, len(starts), step):
        yield order[starts[first : first + step, None] + np.arange(size)]


def members_of(size: int) -> Bools:
    """Bundles of up to LARGEST_BUNDLE of `size` candidates, the empty one first."""
    sets = [one for m in range(LARGEST_BUNDLE + 1) for one in combinations(range(size), m)]
    members = np.zeros((len(sets), size), dtype=np.bool_)
    for bundle, chosen in enumerate(sets):
        members[bundle, list(chosen)] = True
    return members


def _columns(problem: Problem) -> dict[str, Any]:
    frame = problem.candidates
    codes = {
        name: frame.get_column(name).cast(pl.String).to_numpy()
        for name in frame.columns
        if frame.schema[name] == pl.String
    }
    slots = frame.get_column("slot").cast(pl.Datetime("us", "UTC")).dt.epoch("us")
    return {
        **codes,
        "contact": frame.get_column("contact").to_numpy(),
        "value": frame.get_column("value").to_numpy(),
        "hours": slots.cast(pl.Float64).to_numpy() / 3.6e9,  # NaN where any time will do
        "treatment_code": frame.get_column("treatment").rank("dense").to_numpy(),
    }


def _block(problem: Problem, columns: dict[str, Any], rows: Ints) -> Block:
    members = members_of(rows.shape[1])
    feasible = np.ones((rows.shape[0], len(members)), dtype=np.bool_)
    for one, other in combinations(range(rows.shape[1]), 2):
        clash = _clash(problem, columns, rows[:, one], rows[:, other])
        both = members[:, one] & members[:, other]
        feasible[np.ix_(clash, both)] = False
    for cap in problem.limits.caps:
        if cap.per == "contact":
            _apply_cap(problem, columns, rows, members, cap, feasible)
    possible = feasible.any(axis=0)  # most bundles are nobody's: two slots of one treatment
    members, feasible = members[possible], feasible[:, possible]
    values = _fatigued(columns["value"][rows], members, problem.limits.fatigue)
    return Block(rows, members, np.where(feasible, values, NEVER))


def _clash(problem: Problem, columns: dict[str, Any], one: Ints, other: Ints) -> Bools:
    """Contacts whose two candidates may not both be chosen."""
    treatments = columns["treatment_code"]
    clash: Bools = treatments[one] == treatments[other]
    for left, a, right, b in problem.limits.exclusions:
        clash |= (columns[left][one] == a) & (columns[right][other] == b)
        clash |= (columns[left][other] == a) & (columns[right][one] == b)
    with np.errstate(invalid="ignore"):
        apart = np.abs(columns["hours"][one] - columns["hours"][other])
        for first, second, hours in problem.limits.spacing_hours:
            channels = columns["channel"]
            pair = (channels[one] == first) & (channels[other] == second)
            pair |= (channels[one] == second) & (channels[other] == first)
            clash |= pair & (apart < hours)
    return clash


def matching(columns: dict[str, Any], cap: CapLimit, count: int) -> Bools:
    """Candidates that the cap counts."""
    found = np.ones(count, dtype=np.bool_)
    for name, value in cap.where.items():
        found &= columns[name] == value
    return found


def _apply_cap(
    problem: Problem,
    columns: dict[str, Any],
    rows: Ints,
    members: Bools,
    cap: CapLimit,
    feasible: Bools,
) -> None:
    counted = matching(columns, cap, len(columns["value"]))[rows]
    chosen = counted.astype(np.int16) @ members.T.astype(np.int16)
    left = left_of(problem, cap, columns["contact"][rows[:, 0]])
    feasible &= chosen <= left[:, None]


def left_of(problem: Problem, cap: CapLimit, ids: Ints) -> Ints:
    """What is left of a cap for each contact or account: the limit, or less where less remains."""
    left = problem.remaining.filter(pl.col("cap") == cap.name).select(
        pl.col("id").cast(pl.Int64), "remaining"
    )
    joined = pl.DataFrame({"id": ids}).join(left, on="id", how="left", maintain_order="left")
    known = joined.get_column("remaining").fill_null(cap.at_most).to_numpy()
    return np.asarray(np.minimum(known, cap.at_most), dtype=np.int64)


def _fatigued(values: Floats, members: Bools, factors: tuple[float, ...]) -> Floats:
    """Value of each bundle: positive values, largest first, times the factors; others in full."""
    worth = np.zeros((values.shape[0], len(members)))
    rank = np.argsort(-values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, rank, axis=1)
    taken = np.zeros(worth.shape, dtype=np.int16)
    steps = np.asarray(factors)
    for place in range(values.shape[1]):
        inside = members.T[rank[:, place]]
        factor = steps[np.minimum(taken, len(steps) - 1)]
        value = ordered[:, place, None]
        worth += np.where(inside, np.where(value > 0, value * factor, value), 0.0)
        taken += inside & (value > 0)
    return worth
