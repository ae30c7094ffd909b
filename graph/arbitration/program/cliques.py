"""Cliques: pairs that exclude each other, gathered into sets of which one may be chosen.

`x + y <= 1` for each pair lets three that exclude one another each be chosen by half; one row over
all three does not. The fewer and larger the sets, the nearer the relaxation is to whole choices.
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WIDEST = 32
"""Contacts with more candidates that exclude each other than this keep their pairs."""
CELLS = 1 << 24
"""Entries of the adjacency held at once."""


def cliques(contact: Ints, first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Sets of mutually excluding rows that cover every pair: (set of each entry, row).

    contact: of every row, (N,). first, second: rows of each pair, both of one contact; either
    order, repeats allowed. Sets are grown greedily and in row order, so that the same pairs give
    the same sets; each is maximal.
    """
    pairs = np.unique(np.sort(np.column_stack((first, second)), axis=1), axis=0)
    if not len(pairs):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    rows = np.unique(pairs)
    rows = rows[np.argsort(contact[rows], kind="stable")]
    _, start, size = np.unique(contact[rows], return_index=True, return_counts=True)
    at = np.empty(int(rows.max()) + 1, dtype=np.int64)
    at[rows] = np.arange(len(rows))
    person = np.repeat(np.arange(len(start)), size)[at[pairs[:, 0]]]
    places = at[pairs] - start[person][:, None]
    sets: list[tuple[Ints, Ints]] = []
    for low, high in zip((1, 4, 8, 16), (4, 8, 16, WIDEST), strict=True):
        sets.extend(_grown(rows, start, size, person, places, low, high))
    wide = size[person] > WIDEST
    sets.append((np.repeat(np.arange(wide.sum()), 2), pairs[wide].ravel()))
    return _numbered(sets)


def _grown(
    rows: Ints, start: Ints, size: Ints, person: Ints, places: Ints, low: int, high: int
) -> list[tuple[Ints, Ints]]:
    """Sets of the contacts that have more than `low` and at most `high` rows, in blocks."""
    mine = np.flatnonzero((size > low) & (size <= high))
    each = max(1, CELLS // high**2)
    found: list[tuple[Ints, Ints]] = []
    order = np.argsort(person, kind="stable")
    edges = np.searchsorted(person[order], np.arange(len(size) + 1))
    for block in (mine[at : at + each] for at in range(0, len(mine), each)):
        counts = edges[block + 1] - edges[block]
        local = np.repeat(np.arange(len(block)), counts)
        inside = np.arange(len(local)) - np.repeat(np.cumsum(counts) - counts, counts)
        pair = order[edges[block][local] + inside]
        near = np.zeros((len(block), high, high), dtype=np.bool_)
        near[local, places[pair, 0], places[pair, 1]] = True
        near[local, places[pair, 1], places[pair, 0]] = True
        for who, members in _cover(near):
            number, place = np.nonzero(members)
            found.append((number, rows[start[block[who[number]]] + place]))
    return found


def _cover(near: Bools) -> list[tuple[Ints, Bools]]:
    """Maximal sets that cover every pair: contacts (m,) and members (m, K); near: (C, K, K)."""
    found: list[tuple[Ints, Bools]] = []
    width = near.shape[1]
    left = near.copy()
    for one in range(width):
        for other in range(one + 1, width):
            who = np.flatnonzero(left[:, one, other])
            if not len(who):
                continue
            members = np.zeros((len(who), width), dtype=np.bool_)
            members[:, (one, other)] = True
            common = near[who, one] & near[who, other]
            for further in range(width):
                take = common[:, further].copy()
                members[:, further] |= take
                common &= near[who, further] | ~take[:, None]
            left[who] &= ~(members[:, :, None] & members[:, None, :])
            found.append((who, members))
    return found


def _numbered(sets: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """The lists joined, their sets numbered on."""
    numbers, rows, count = [], [], 0
    for number, row in sets:
        if len(row):
            numbers.append(number + count)
            rows.append(row)
            count += int(number.max()) + 1
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(numbers), np.concatenate(rows)
