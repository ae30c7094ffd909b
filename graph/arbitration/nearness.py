"""Nearness: contacts in the order in which the repair asks them, nearest to a tie first.

What moving a contact loses is its regret; who is nearest does not change while prices stay.
"""

import numpy as np

from graph.arbitration.compiled import Bools, Floats, Ints, compiled
from graph.arbitration.draft import Draft
from graph.arbitration.sets import Table
from graph.arbitration.ties import Ties, ties_over

CORE_SHARE, CORE_LEAST, CORE_MOST = 0.03, 20_000, 100_000
"""Contacts that are moved first, of all."""
WIDER = 4
"""By how much more contacts each further turn looks."""


class Nearness:
    """Each contact's regret at the draft's prices, as a share of what differs; by part."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        parts = draft.field.parts
        found = ties_over(parts, draft.rates, draft.tolls, [None] * len(parts))
        self._relative = [_relative(one) for one in found]
        self.core = [self.nearest(number) for number in range(len(parts))]

    def nearest(self, number: int, turn: int = 0) -> Ints:
        """The part's share of the contacts that a turn looks at, nearest first."""
        relative = self._relative[number]
        contacts, whole = len(relative), max(1, self.draft.field.contacts)
        first = np.clip(CORE_SHARE * whole, CORE_LEAST, CORE_MOST) * contacts / whole
        size = int(first * WIDER**turn) + 1
        if size < contacts:
            some = np.sort(np.argpartition(relative, size)[:size])
        else:
            some = np.arange(contacts)
        return np.asarray(some[np.argsort(relative[some], kind="stable")], dtype=np.int64)

    def touching(self, number: int, limits: Bools, turn: int | None = None) -> Ints:
        """Of those (None: of all), the ones with a candidate that uses one of these limits."""
        weights = np.abs(self.draft.field.weights)
        groups = np.asarray(weights @ limits.astype(np.float64)).ravel() > 0
        table = self.draft.field.parts[number].table
        if turn is not None:
            some = self.nearest(number, turn)
            return np.asarray(some[uses_any(table, some, groups)], dtype=np.int64)
        relative = self._relative[number]
        reach = np.flatnonzero(uses_any(table, np.arange(len(relative)), groups))
        return np.asarray(reach[np.argsort(relative[reach], kind="stable")], dtype=np.int64)


def _relative(found: Ties) -> Floats:
    return np.asarray(found.regret / np.maximum(found.size, 1e-12))


@compiled
def uses_any(table: Table, asked: Ints, groups: Bools) -> Bools:
    """By contact of `asked`, whether any of its candidates uses one of these groups."""
    found = np.zeros(len(asked), dtype=np.bool_)
    start, use_group = table.use_start, table.use_group
    for number in range(len(asked)):
        i = asked[number]
        for use in range(start[i], start[i + 1]):
            if groups[use_group[use]]:
                found[number] = True
                break
    return found
