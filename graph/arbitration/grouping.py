"""Grouping: resources that candidates use together, in equal amounts, are priced together.

A candidate that costs 2.00 takes 2.00 from the budget and 2.00 from its channel's budget: one use
of one group. Grouping loses nothing and halves what a pass must read.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix

from domain.errors import DataError
from graph.arbitration.compiled import Floats, Ints, compiled
from graph.arbitration.problem import TOUCHES, Problem

MOST_GROUPS = 60_000
"""Of several resources; more combinations than this are not grouped. Groups are 16 bits."""
MOST_TOGETHER = 64
"""Resources that one candidate may use."""


@dataclass
class Groups:
    """Sets of resources that are used together; the resources are numbered by `amounts`.

    One object serves all partitions of a problem, so that their uses add up.
    """

    amounts: tuple[str, ...]
    members: list[tuple[int, ...]] = field(default_factory=list)
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    def number(self, resources: tuple[int, ...]) -> int:
        found = self.numbers.setdefault(resources, len(self.members))
        if found == len(self.members):
            self.members.append(resources)
        return found

    def incidence(self) -> csr_matrix:
        """groups x amounts: 1 where the group holds the resource."""
        sizes = [len(one) for one in self.members]
        columns = np.array([r for one in self.members for r in one], dtype=np.int64)
        indptr = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        shape = (len(self.members), len(self.amounts))
        return csr_matrix((np.ones(len(columns)), columns, indptr), shape=shape)


@dataclass(frozen=True)
class Uses:
    """The fields of `sets.Table` that say what candidates use."""

    start: Ints
    of: npt.NDArray[np.uint8]
    group: npt.NDArray[np.uint16]
    amount: Floats


def grouped_uses(problem: Problem, order: Ints, start: Ints, groups: Groups) -> Uses:
    """What each position uses of weighed resources; several rows of one resource are summed.

    Raises DataError where a candidate uses more than 64 of them.
    """
    position, resource, amount = _uses(problem, order, groups.amounts)
    touches = groups.amounts.index(TOUCHES) if TOUCHES in groups.amounts else -1
    first = np.zeros(len(order) + 1, dtype=np.int64)
    resource, amount = by_position(position, resource, amount, first)
    most = int(np.diff(first).max()) if len(order) else 0
    if most >= MOST_TOGETHER:
        raise DataError(f"A candidate uses {most} resources; expected fewer than {MOST_TOGETHER}.")
    room = len(amount) + (len(order) if touches >= 0 else 0)
    for most_groups in (MOST_GROUPS, 0):
        start_of, of, group, amounts, pool, pool_start, found = gathered(
            start, first, resource, amount, touches, room, most_groups, len(groups.amounts)
        )
        if found >= 0:
            break
    names = [
        groups.number(tuple(pool[pool_start[g] : pool_start[g + 1]].tolist())) for g in range(found)
    ]
    if len(groups.members) > np.iinfo(np.uint16).max:
        raise DataError(
            f"The problem has {len(groups.amounts)} shared resources; expected at most 65,535."
        )
    lookup = np.array(names, dtype=np.uint16) if names else np.zeros(1, dtype=np.uint16)
    return Uses(start_of, of, lookup[group], amounts)


def _uses(
    problem: Problem, order: Ints, amounts: tuple[str, ...]
) -> tuple[Ints, npt.NDArray[np.int32], Floats]:
    """Position, resource and amount of each use of a weighed resource."""
    named = problem.uses.get_column("resource")
    kind = pl.Enum(list(amounts))
    if named.dtype != kind:
        named = named.cast(pl.String) if named.dtype != pl.String else named
        named = named.cast(kind, strict=False)
    frame = problem.uses.select(
        pl.col("candidate").cast(pl.Int64),
        resource=named.to_physical().cast(pl.Int32),
        amount=pl.col("amount").cast(pl.Float64),
    )
    frame = frame.filter(pl.col("resource").is_not_null() & (pl.col("amount") > 0))
    number = problem.candidates.get_column("candidate").to_numpy().astype(np.int64, copy=False)
    position = places(number, order, frame.get_column("candidate").to_numpy())
    return (
        position,
        frame.get_column("resource").to_numpy().astype(np.int32, copy=False),
        frame.get_column("amount").to_numpy(),
    )


def places(number: Ints, order: Ints, wanted: Ints) -> Ints:
    """Position of each wanted candidate number."""
    if not len(number):
        return np.zeros(0, dtype=np.int64)
    low, high = int(number.min()), int(number.max())
    if high - low < 4 * len(number) + 1024:
        place = np.empty(high - low + 1, dtype=np.int64)
        place[number[order] - low] = np.arange(len(order))
        return place[wanted - low]
    ranks = np.argsort(number[order], kind="stable")
    found = np.searchsorted(number[order][ranks], wanted)
    return np.asarray(ranks[found], dtype=np.int64)


@compiled
def by_position(
    position: Ints, resource: npt.NDArray[np.int32], amount: Floats, first: Ints
) -> tuple[npt.NDArray[np.int32], Floats]:
    """Resources and amounts in the order of positions (a counting sort); fills in `first`."""
    for p in position:
        first[p + 1] += 1
    for p in range(len(first) - 1):
        first[p + 1] += first[p]
    resources, amounts = np.empty_like(resource), np.empty_like(amount)
    free = first[:-1].copy()
    for row in range(len(position)):
        at = free[position[row]]
        free[position[row]] += 1
        resources[at], amounts[at] = resource[row], amount[row]
    return resources, amounts


@compiled
def gathered(
    start: Ints,
    first: Ints,
    resource: npt.NDArray[np.int32],
    amount: Floats,
    touches: int,
    room: int,
    most_groups: int,
    resources: int,
) -> tuple[
    Ints, npt.NDArray[np.uint8], npt.NDArray[np.int32], Floats, npt.NDArray[np.int32], Ints, int
]:
    """Uses contact by contact: start, bit, group, amount; the groups' members; how many groups.

    -1 groups where there would be more than most_groups of several resources: 0 then gives every
    resource a group of its own. A use of `touches` (its number; -1 for none) is added throughout.
    """
    contacts = len(start) - 1
    start_of = np.zeros(contacts + 1, dtype=np.int64)
    of, group = np.empty(room, dtype=np.uint8), np.empty(room, dtype=np.int32)
    amounts = np.empty(room)
    single = np.full(resources, -1, dtype=np.int32)
    size = 1 << 18
    slots = np.full(size, -1, dtype=np.int32)
    pool, pool_start = np.empty(1 << 16, dtype=np.int32), np.zeros(1 << 17, dtype=np.int64)
    groups, several, at = 0, 0, 0
    own = np.empty(MOST_TOGETHER + 1, dtype=np.int32)
    much = np.empty(MOST_TOGETHER + 1)
    for i in range(contacts):
        for p in range(start[i], start[i + 1]):
            count = _summed(first[p], first[p + 1], resource, amount, touches, own, much)
            low = 0
            while low < count:
                high = low + 1
                if most_groups > 0:
                    while high < count and much[high] == much[low]:
                        high += 1
                number = np.int32(-1)
                if high - low == 1:
                    number = single[own[low]]
                else:
                    slot = _hash(own, low, high) & (size - 1)
                    while slots[slot] >= 0:
                        if _same(pool, pool_start, slots[slot], own, low, high):
                            number = slots[slot]
                            break
                        slot = (slot + 1) & (size - 1)
                if number < 0:
                    number = np.int32(groups)
                    if high - low == 1:
                        single[own[low]] = number
                    else:
                        several += 1
                        if several > most_groups:
                            return start_of, of, group, amounts, pool, pool_start, -1
                        slots[slot] = number
                    if pool_start[groups] + high - low > len(pool):
                        larger = np.empty(2 * len(pool), dtype=np.int32)
                        larger[: len(pool)] = pool
                        pool = larger
                    for k in range(low, high):
                        pool[pool_start[groups] + k - low] = own[k]
                    pool_start[groups + 1] = pool_start[groups] + high - low
                    groups += 1
                of[at], group[at], amounts[at] = p - start[i], number, much[low]
                at += 1
                low = high
        start_of[i + 1] = at
    return (
        start_of,
        of[:at].copy(),
        group[:at].copy(),
        amounts[:at].copy(),
        pool,
        pool_start,
        groups,
    )


@compiled
def _summed(
    low: int,
    high: int,
    resource: npt.NDArray[np.int32],
    amount: Floats,
    touches: int,
    own: npt.NDArray[np.int32],
    much: Floats,
) -> int:
    """One position's resources with their summed amounts, equal amounts side by side."""
    count = 0
    if touches >= 0:
        own[0], much[0] = touches, 1.0
        count = 1
    for row in range(low, high):
        at = 0
        while at < count and own[at] != resource[row]:
            at += 1
        if at == count:
            own[count], much[count] = resource[row], 0.0
            count += 1
        much[at] += amount[row]
    for k in range(1, count):
        here, value, at = own[k], much[k], k
        while at > 0 and (much[at - 1] > value or (much[at - 1] == value and own[at - 1] > here)):
            own[at], much[at] = own[at - 1], much[at - 1]
            at -= 1
        own[at], much[at] = here, value
    return count


@compiled
def _hash(own: npt.NDArray[np.int32], low: int, high: int) -> np.int64:
    """FNV-1a over the resources' numbers."""
    state = np.uint64(14695981039346656037)
    for k in range(low, high):
        state = (state ^ np.uint64(own[k])) * np.uint64(1099511628211)
    return np.int64((state ^ (state >> np.uint64(29))) & np.uint64(0x3FFFFFFF))


@compiled
def _same(
    pool: npt.NDArray[np.int32],
    pool_start: Ints,
    group: int,
    own: npt.NDArray[np.int32],
    low: int,
    high: int,
) -> bool:
    if pool_start[group + 1] - pool_start[group] != high - low:
        return False
    for k in range(high - low):
        if pool[pool_start[group] + k] != own[low + k]:
            return False
    return True
