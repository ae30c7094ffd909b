"""A draft: a plan being repaired, and the moves from one bundle of a contact to another."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.campaigns import TOLERANCE
from graph.arbitration.packing import Block, Bools, Floats, Ints, Packed
from graph.arbitration.rows import Rows

CELLS = 1_000_000
"""Moves x limits whose changes are held at once."""


@dataclass(frozen=True)
class Moves:
    """m moves: block, contact within it, new bundle, and a rank: the lowest is tried first."""

    block: Ints
    contact: Ints
    bundle: Ints
    rank: Floats

    @staticmethod
    def joined(parts: list["Moves"]) -> "Moves":
        """All of them, lowest rank first; of equals, the earlier block and contact."""
        block, contact, bundle, rank = (
            np.concatenate([getattr(one, name) for one in parts]) if parts else np.zeros(0, int)
            for name in ("block", "contact", "bundle", "rank")
        )
        order = np.lexsort((contact, block, rank))
        return Moves(block[order], contact[order], bundle[order], rank[order])


@dataclass
class Draft:
    """The bundle of every contact and the spend of every campaign, with what they leave."""

    packed: Packed
    rows: Rows
    prices: Floats
    bundles: list[Ints]
    frozen: list[Bools]
    """Contacts whose bundle was drawn by chance: moved only where a hard limit needs it."""
    spends: Floats
    left: Floats

    def chosen(self) -> Bools:
        """By packed position."""
        chosen = np.zeros(len(self.packed.order), dtype=np.bool_)
        for block, bundles in zip(self.packed.blocks, self.bundles, strict=True):
            chosen[block.chosen(bundles)] = True
        return chosen

    def measure(self) -> None:
        """What is left, from scratch: running sums drift."""
        self.left = self.rows.left(self.chosen(), self.spends)

    @property
    def exceeded(self) -> Bools:
        """Maxima that do not hold."""
        return np.asarray((self.left < -self.slop) & ~self.rows.minimum)

    @property
    def short(self) -> Bools:
        """Minima that are not reached."""
        return np.asarray((self.left < -self.slop) & self.rows.minimum)

    @cached_property
    def slop(self) -> Floats:
        """What rounding may cost: a limit of millions is not exceeded by a millionth."""
        return np.asarray(TOLERANCE * np.maximum(1.0, np.abs(self.rows.limit) * 1e-3))

    def blocks(self) -> Iterator[tuple[int, Block, Ints, Bools]]:
        for number, block in enumerate(self.packed.blocks):
            yield number, block, self.bundles[number], self.frozen[number]

    def accept(self, moves: Moves, guarded: Bools, easing: Bools | None = None) -> int:
        """Make each move, in order, that leaves every guarded limit no worse off than it holds.

        easing: only while one of these limits is missed, and only moves that ease one. Returns how
        many were made. The loop runs over the moves near a limit, not over contacts.
        """
        made = 0
        step = max(64, CELLS // max(1, len(self.left)))
        for first in range(0, len(moves.rank), step):
            some = slice(first, first + step)
            change = self._changes(moves, some)
            # what does not fit by itself now will not fit once others have moved; easing may
            fits = self._fits(change, guarded[None, :]).all(axis=1)
            for i in np.flatnonzero(fits if easing is None else np.ones_like(fits)):
                if easing is not None:
                    missed = easing & (self.left < -self.slop)
                    if not missed.any():
                        return made
                    if not (missed & (change[i] < -TOLERANCE)).any():
                        continue
                if self._fits(change[i], guarded).all():
                    self.left = self.left - change[i]
                    where = first + int(i)
                    self.bundles[moves.block[where]][moves.contact[where]] = moves.bundle[where]
                    made += 1
        return made

    def _fits(self, change: Floats, guarded: Bools) -> Bools:
        holds = self.left - change >= -self.slop
        return np.asarray(holds | (change <= TOLERANCE) | ~guarded)

    def _changes(self, moves: Moves, some: slice) -> Floats:
        """What each move adds to each limit's use, (m, R)."""
        rows, columns, signs = [], [], []
        numbers = np.arange(len(moves.rank[some]))
        for number in np.unique(moves.block[some]):
            block = self.packed.blocks[number]
            mine = numbers[moves.block[some] == number]
            contact = moves.contact[some][mine]
            before = self.bundles[number][contact]
            for bundle, sign in ((before, -1.0), (moves.bundle[some][mine], 1.0)):
                inside = block.members[bundle]
                at, _ = np.nonzero(inside)
                rows.append(mine[at])
                columns.append(block.rows.T[contact][inside])
                signs.append(np.full(len(at), sign))
        entries = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
        shape = (len(numbers), len(self.packed.order))
        return self.rows.change(csr_matrix(entries, shape=shape))
