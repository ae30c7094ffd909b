"""Packing: a problem's candidates as the arrays that kernels read, contact by contact."""

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.errors import DataError
from graph.arbitration.compatibility import contact_rules
from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled, each, spans
from graph.arbitration.grouping import Groups, grouped_uses
from graph.arbitration.problem import Problem, left_of
from graph.arbitration.sets import MOST_CANDIDATES, MOST_SETS, Table, list_sets, scratch

Scalar = TypeVar("Scalar", bound=np.generic)

MOST_STATES = 4096
"""Combinations of counts under one account's caps that are told apart."""


class Units(NamedTuple):
    """Contacts that share an account under account caps; empty arrays where there are no such caps.

    start[u]: first contact of unit u. mask (n, A): bits of contact i that account cap a counts.
    left (u, A): how many of them the account may get.
    """

    start: Ints
    mask: Masks
    left: Ints


@dataclass(frozen=True)
class Packed:
    """One partition: its contacts, and which row of the problem each position is.

    Positions run by account where account caps bind, else by contact, then by value (highest
    first) and candidate number, so that the order in which rows come changes nothing. accounts[u]:
    the unit's account, -1 for none. caps: names of the account caps in `units`.
    """

    table: Table
    units: Units
    order: Ints
    contact: Ints
    accounts: Ints
    caps: tuple[str, ...]

    @property
    def contacts(self) -> int:
        return len(self.contact)

    @property
    def by_account(self) -> bool:
        return bool(self.units.mask.shape[1] > 0)

    @property
    def count(self) -> int:
        """How many units: accounts where account caps bind, else contacts."""
        return len(self.units.start) - 1 if self.by_account else self.contacts

    @cached_property
    def widest(self) -> tuple[int, int]:
        """Contacts of the largest unit, and states of the largest program (accounts.Room)."""
        if not self.by_account:
            return 1, 1
        states = np.prod(self.units.left + 2, axis=1, dtype=np.float64)
        return int(np.diff(self.units.start).max()), int(states.max())

    @cached_property
    def owner(self) -> Ints:
        """The contact's place by position."""
        return np.repeat(np.arange(self.contacts), np.diff(self.table.start))

    @cached_property
    def unit_of(self) -> Ints:
        """The unit's place by contact."""
        if not self.by_account:
            return np.arange(self.contacts)
        return np.repeat(np.arange(self.count), np.diff(self.units.start))

    def unpack(self, packed: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """An array by packed position as one by the problem's rows."""
        found = np.empty_like(packed)
        found[self.order] = packed
        return found

    def chosen(self, masks: Masks) -> Bools:
        """By position: whether the contact's set holds it."""
        bit = np.arange(len(self.order)) - self.table.start[self.owner]
        return np.asarray((masks[self.owner] >> bit.astype(np.uint64)) & np.uint64(1) != 0)


def pack(problem: Problem, groups: Groups, every_cap: bool = False) -> Packed:
    """The problem's arrays; new combinations of resources are added to `groups`.

    every_cap: keep account caps that cannot bind among these candidates, to charge their price.

    Raises DataError where a contact has more than 64 candidates, or more than 20,000 feasible sets.
    """
    account_caps = [cap for cap in problem.limits.caps if cap.per == "account"]
    account, contact, order = _order(problem, bool(account_caps))
    bounds = np.flatnonzero(np.diff(contact, prepend=contact[0] - 1 if len(contact) else 0))
    start = np.append(bounds, len(contact)).astype(np.int64)
    if len(start) > 1 and np.diff(start).max() > MOST_CANDIDATES:
        busiest = int(contact[start[int(np.diff(start).argmax())]])
        raise DataError(
            f"Contact {busiest} has {np.diff(start).max()} candidates; expected at most "
            f"{MOST_CANDIDATES}.",
            "Submit for each contact the few that no other of its candidates beats.",
        )
    rules = contact_rules(problem, order, start)
    uses = grouped_uses(problem, order, start, groups)
    table = Table(
        start=start,
        value=problem.candidates.get_column("value").to_numpy()[order].astype(np.float64),
        clash=rules.clash,
        closed=rules.closed,
        cap_mask=rules.cap_mask,
        cap_left=rules.cap_left,
        most=rules.most,
        entwined=rules.entwined,
        whole=rules.whole,
        needy=rules.needy,
        needed=rules.needed,
        factor=_factors(problem.limits.fatigue),
        use_start=uses.start,
        use_of=uses.of,
        use_group=uses.group,
        use_amount=uses.amount,
    )
    units, accounts, caps = _units(problem, account, order, start, every_cap)
    packed = Packed(table, units, order, contact[start[:-1]], accounts, caps)
    _refuse_boundless(packed)
    if not every_cap:
        _refuse_many_states(packed)
    return packed


def _refuse_many_states(packed: Packed) -> None:
    states = np.prod(packed.units.left + 2, axis=1, dtype=np.float64) if packed.by_account else []
    if len(states) and max(states) > MOST_STATES:
        account = int(packed.accounts[int(np.argmax(states))])
        raise DataError(
            f"Account {account} stands under caps that allow {max(states):.0f} different counts; "
            f"expected at most {MOST_STATES}.",
            "Leave out account caps that are wider than what could be sent to an account.",
        )


def _factors(fatigue: tuple[float, ...]) -> Floats:
    places = np.minimum(np.arange(MOST_CANDIDATES + 1), len(fatigue) - 1)
    return np.asarray(fatigue, dtype=np.float64)[places]


def _order(problem: Problem, by_account: bool) -> tuple[Ints, Ints, Ints]:
    """Account and contact by position, and the problem's row of each position."""
    frame = problem.candidates
    number = frame.get_column("candidate").to_numpy().astype(np.int64, copy=False)
    contact = frame.get_column("contact").to_numpy().astype(np.int64, copy=False)
    account = np.zeros(0, dtype=np.int64)
    keys = [number, contact]
    if by_account:
        account = frame.get_column("account").cast(pl.Int64).fill_null(-1).to_numpy()
        keys.append(account)
    rows = np.arange(len(number))
    if not in_order(keys[-1], contact, number):
        rows = np.lexsort(keys).astype(np.int64)
    contact = contact[rows]
    values = frame.get_column("value").to_numpy().astype(np.float64, copy=False)[rows]
    by_value(contact, values, rows)
    return account[rows] if by_account else account, contact, rows


@compiled
def in_order(first: Ints, second: Ints, third: Ints) -> bool:
    """Whether rows already come by the three keys."""
    for row in range(1, len(first)):
        if first[row - 1] != first[row]:
            if first[row - 1] > first[row]:
                return False
        elif second[row - 1] != second[row]:
            if second[row - 1] > second[row]:
                return False
        elif third[row - 1] > third[row]:
            return False
    return True


@compiled
def by_value(contact: Ints, values: Floats, rows: Ints) -> None:
    """Within each contact, move rows so that values fall; of equals the earlier stays first."""
    for row in range(1, len(rows)):
        here, value, at = rows[row], values[row], row
        while at > 0 and contact[at - 1] == contact[row] and values[at - 1] < value:
            rows[at], values[at] = rows[at - 1], values[at - 1]
            at -= 1
        rows[at], values[at] = here, value


def _units(
    problem: Problem, account: Ints, order: Ints, start: Ints, every_cap: bool
) -> tuple[Units, Ints, tuple[str, ...]]:
    """Accounts with the caps that could bind for one of them; those without account stand alone."""
    contacts = len(start) - 1
    caps = [cap for cap in problem.limits.caps if cap.per == "account"]
    nobody = Units(
        np.zeros(1, np.int64), np.zeros((contacts, 0), np.uint64), np.zeros((0, 0), np.int64)
    )
    if not caps or not contacts:
        return nobody, np.zeros(0, dtype=np.int64), ()
    own = account[start[:-1]]
    breaks = np.flatnonzero((np.diff(own, prepend=own[0] - 1) != 0) | (own < 0))
    unit_start = np.append(breaks, contacts).astype(np.int64)
    accounts = own[breaks]
    masks, lefts, names = [], [], []
    for cap in caps:
        counted = problem.counted(cap).to_numpy()[order]
        mask = bits_of(counted, start)
        left = left_of(problem, cap, accounts)
        reach = np.add.reduceat(np.add.reduceat(counted.astype(np.int64), start[:-1]), breaks)
        left = np.where((accounts < 0) | (left > reach), reach, left)
        if every_cap or (left < reach).any():
            names.append(cap.name)
            masks.append(mask)
            lefts.append(left)
    if not masks:
        return nobody, np.zeros(0, dtype=np.int64), ()
    return (
        Units(unit_start, np.stack(masks, axis=1), np.stack(lefts, axis=1)),
        accounts,
        tuple(names),
    )


@compiled
def bits_of(counted: Bools, start: Ints) -> Masks:
    """A mask per contact of the positions that are counted."""
    masks = np.zeros(len(start) - 1, dtype=np.uint64)
    for i in range(len(start) - 1):
        for position in range(start[i], start[i + 1]):
            if counted[position]:
                masks[i] |= np.uint64(1) << np.uint64(position - start[i])
    return masks


def _refuse_boundless(packed: Packed) -> None:
    """Raise where a contact has more sets than are ever listed."""
    counts, most = np.diff(packed.table.start), packed.table.most.astype(np.int64)
    codes = counts * (MOST_CANDIDATES + 1) + most
    seen = np.flatnonzero(np.bincount(codes)).tolist() if len(codes) else []
    wild = [code for code in seen if _subsets(*divmod(code, MOST_CANDIDATES + 1)) > MOST_SETS]
    if not wild:
        return
    suspects = np.flatnonzero(np.isin(codes, wild))
    chunks = spans(len(suspects))
    found = each(lambda n: _first_boundless(packed.table, suspects[slice(*chunks[n])]), len(chunks))
    boundless = [int(contact) for contact in found if contact >= 0]
    if boundless:
        count = int(counts[boundless[0]])
        raise DataError(
            f"A contact with {count} candidates may get more than {MOST_SETS} different sets of "
            "them.",
            "Give the problem a cap on the touches of one contact.",
        )


def _subsets(count: int, most: int) -> int:
    return sum(comb(count, size) for size in range(min(count, most) + 1))


@compiled
def _first_boundless(table: Table, suspects: Ints) -> np.int64:
    masks, worth, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), scratch()
    for i in suspects:
        if list_sets(table, i, masks, worth, room) > MOST_SETS:
            return np.int64(i)
    return np.int64(-1)
