"""Response: one pass over the contacts, each taking its best set at given prices."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.accounts import settle
from graph.arbitration.campaigns import best_spends
from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled, each, spread
from graph.arbitration.grouping import Groups
from graph.arbitration.joint import room_for
from graph.arbitration.packing import Packed, Units
from graph.arbitration.pairs import best_pair, is_plain
from graph.arbitration.rows import Rows
from graph.arbitration.sets import NONE, ONE, Table, best_two, has, scratch

NOBODY = np.zeros(0, dtype=np.bool_)
EVERYBODY = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Field:
    """All partitions under their shared limits: what prices are set for."""

    parts: tuple[Packed, ...]
    rows: Rows
    groups: Groups

    @property
    def contacts(self) -> int:
        return sum(part.contacts for part in self.parts)

    @cached_property
    def incidence(self) -> csr_matrix:
        """groups x amounts."""
        return self.groups.incidence()

    @cached_property
    def weights(self) -> csr_matrix:
        """groups x rows: what one unit used of a group adds to each limit's use."""
        return csr_matrix(self.incidence @ self.rows.weights)

    def rates(self, prices: Floats) -> Floats:
        """Price of one unit of each group."""
        return np.asarray(self.weights @ prices, dtype=np.float64).ravel()

    def left(self, used: Floats, spends: Floats, share: float = 1.0) -> Floats:
        """What is left of each limit (`share` of it) after these uses by group and spends."""
        sums = np.asarray(self.incidence.T @ used).ravel()
        np.add.at(sums, self.rows.column, share * spends)
        return np.asarray(share * self.rows.limit - self.rows.weights.T @ sums, dtype=np.float64)


@dataclass(frozen=True)
class Response:
    """Best set of every contact and best spend of every campaign at given prices.

    masks: one array a part; sets of those not asked are untouched. used: by group. worth: of the
    contacts' sets less their charges; campaign_worth: of the campaigns, less theirs.
    """

    masks: tuple[Masks, ...]
    used: Floats
    spends: Floats
    tolls: tuple[Floats, ...]
    """By contact and account cap: what its account charges for one more touch."""
    worth: float
    campaign_worth: float


def respond(
    field: Field,
    prices: Floats,
    who: tuple[Ints, ...] | None = None,
    fixed: tuple[Bools, ...] | None = None,
    masks: tuple[Masks, ...] | None = None,
) -> Response:
    """One pass at these prices over all units, or over those of `who` (places, one array a part).

    Contacts that are `fixed` keep the set they have in `masks`.
    """
    rates = field.rates(prices)
    own = masks or tuple(np.zeros(part.contacts, dtype=np.uint64) for part in field.parts)
    tolls = tuple(np.zeros((part.contacts, part.units.mask.shape[1])) for part in field.parts)
    counts = [part.count for part in field.parts] if who is None else [len(some) for some in who]
    chunks = spread(counts)
    used = np.zeros((max(1, len(chunks)), len(rates)))

    def run(chunk: int) -> float:
        number, low, high = chunks[chunk]
        part = field.parts[number]
        asked = EVERYBODY if who is None else who[number]
        stays = NOBODY if fixed is None else fixed[number]
        if not part.by_account:
            return contacts_pass(
                part.table, rates, asked, who is None, low, high, stays, own[number], used[chunk]
            )
        return accounts_pass(
            part.table, part.units, rates, asked, who is None, low, high, stays, own[number],
            tolls[number], used[chunk], *part.widest,
        )  # fmt: skip

    worth = sum(each(run, len(chunks)))
    spends, campaign_worth = best_spends(field.rows, prices)
    return Response(own, used.sum(axis=0), spends, tolls, worth, campaign_worth)


@compiled
def contacts_pass(
    table: Table,
    rates: Floats,
    asked: Ints,
    everybody: bool,
    low: int,
    high: int,
    stays: Bools,
    masks: Masks,
    used: Floats,
) -> float:
    """Worth of the best sets of contacts low to high; fills in masks, adds up uses by group."""
    room, total = scratch(), 0.0
    charge, columns = room.charge, (room.at, room.worth, room.reach, room.total)
    start, value, clash, closed, most = (
        table.start, table.value, table.clash, table.closed, table.most,
    )  # fmt: skip
    use_start, use_of = table.use_start, table.use_of
    use_group, use_amount = table.use_group, table.use_amount
    tired, plain = table.factor[1], is_plain(table)
    for number in range(low, high):
        i = number if everybody else asked[number]
        if len(stays) == 0 or not stays[i]:
            count = start[i + 1] - start[i]
            for k in range(count):
                charge[k] = 0.0
            for use in range(use_start[i], use_start[i + 1]):
                charge[use_of[use]] += rates[use_group[use]] * use_amount[use]
            if plain and 0 < most[i] <= 2:
                masks[i], worth = best_pair(
                    value, clash, tired, start[i], count, closed[i], most[i], charge, columns
                )
            else:
                masks[i], worth, _, _ = best_two(table, i, count, room, False)
            total += worth
        mask = masks[i]
        if mask != NONE:
            for use in range(use_start[i], use_start[i + 1]):
                if (mask >> np.uint64(use_of[use])) & ONE != NONE:
                    used[use_group[use]] += use_amount[use]
    return total


@compiled
def add_uses(table: Table, i: int, mask: np.uint64, sign: float, used: Floats) -> None:
    """Add what the set uses of each group."""
    for use in range(table.use_start[i], table.use_start[i + 1]):
        if has(mask, table.use_of[use]):
            used[table.use_group[use]] += sign * table.use_amount[use]


@compiled
def accounts_pass(
    table: Table,
    units: Units,
    rates: Floats,
    asked: Ints,
    everybody: bool,
    low: int,
    high: int,
    stays: Bools,
    masks: Masks,
    tolls: Floats,
    used: Floats,
    widest: int,
    states: int,
) -> float:
    """The same for units low to high."""
    room, total = room_for(widest, states, units.mask.shape[1]), 0.0
    for number in range(low, high):
        u = number if everybody else asked[number]
        total += settle(table, units, rates, u, stays, masks, room)
        for i in range(units.start[u], units.start[u + 1]):
            add_uses(table, i, masks[i], 1.0, used)
            for a in range(units.mask.shape[1]):
                tolls[i, a] = room.price[a]
    return total
