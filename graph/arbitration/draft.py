"""A draft: a plan being repaired, and what it leaves of every limit."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graph.arbitration.campaigns import TOLERANCE, campaign_term
from graph.arbitration.compiled import Bools, Floats, Ints, Masks, compiled, each, spread
from graph.arbitration.packing import Units
from graph.arbitration.response import Field, add_uses
from graph.arbitration.sets import Table, count_bits, worth_of


@dataclass
class Draft:
    """The set of every contact and the spend of every campaign, with what they leave.

    masks, fixed, tolls, taken: one array a part. fixed: contacts whose set was drawn by chance,
    moved only where a hard limit needs it. taken (units, A): what account caps have given away.
    """

    field: Field
    prices: Floats
    tolls: tuple[Floats, ...]
    masks: tuple[Masks, ...]
    fixed: tuple[Bools, ...]
    spends: Floats
    left: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    taken: tuple[Ints, ...] = ()
    touches_value: float = 0.0

    def measure(self) -> None:
        """What is left, taken and earned, from scratch: running sums drift."""
        parts = self.field.parts
        chunks = spread([part.contacts for part in parts])
        used = np.zeros((max(1, len(chunks)), len(self.field.groups.members)))

        def run(chunk: int) -> float:
            number, low, high = chunks[chunk]
            return summed(parts[number].table, self.masks[number], low, high, used[chunk])

        self.touches_value = sum(each(run, len(chunks)))
        pairs = zip(parts, self.masks, strict=True)
        self.taken = tuple(counted(part.units, masks) for part, masks in pairs)
        self.left = self.field.left(used.sum(axis=0), self.spends)

    @property
    def value(self) -> float:
        """Worth of the sets after fatigue plus the campaigns' terms, minor units."""
        pairs = zip(self.field.rows.campaigns, self.spends, strict=True)
        return self.touches_value + sum(campaign_term(one, float(spend)) for one, spend in pairs)

    @property
    def charged(self) -> float:
        """What shortfalls cost at their ceilings; infinite for a minimum without one."""
        short = self.short
        return float((-self.left[short] * self.field.rows.ceiling[short]).sum())

    @property
    def missed(self) -> Bools:
        return np.asarray(self.left < -self.slop)

    @property
    def exceeded(self) -> Bools:
        """Maxima that do not hold."""
        return np.asarray(self.missed & ~self.field.rows.minimum)

    @property
    def short(self) -> Bools:
        """Minima that are not reached."""
        return np.asarray(self.missed & self.field.rows.minimum)

    @property
    def broken(self) -> Bools:
        """Limits that no price buys free, and that do not hold."""
        return np.asarray(self.missed & self.field.rows.hard)

    @cached_property
    def slop(self) -> Floats:
        """What rounding may cost: a limit of millions is not exceeded by a millionth."""
        return np.asarray(TOLERANCE * np.maximum(1.0, np.abs(self.field.rows.limit) * 1e-3))

    @cached_property
    def rates(self) -> Floats:
        return self.field.rates(self.prices)


@compiled
def summed(table: Table, masks: Masks, low: int, high: int, used: Floats) -> float:
    """Worth of the sets of contacts low to high; adds up their uses by group."""
    worth = 0.0
    for i in range(low, high):
        worth += worth_of(table, i, masks[i])
        add_uses(table, i, masks[i], 1.0, used)
    return worth


@compiled
def counted(units: Units, masks: Masks) -> Ints:
    """What each unit has taken of its account caps, (units, A)."""
    caps = units.mask.shape[1]
    taken = np.zeros((len(units.start) - 1 if caps else 0, caps), dtype=np.int64)
    for u in range(taken.shape[0]):
        for i in range(units.start[u], units.start[u + 1]):
            for a in range(caps):
                taken[u, a] += count_bits(masks[i] & units.mask[i, a])
    return taken
