"""Compiled ways through a forest: row by row, or a table at once by masks of leaves."""

from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Masks = npt.NDArray[np.uint32]
"""One bit per leaf of a tree, the lowest for the leftmost."""

MISSING: Final = 255
"""Bin of what is missing, and of a code that is none. Codes begin at -1, bins at 0."""
BINS: Final = 256
MOST_LEAVES: Final = 32
ROWS: Final = 512
"""Rows taken through a tree before the next tree, so that both stay in the nearest memory."""
_TURN: Final = 0x077CB531
LOWEST: Final = np.zeros(MOST_LEAVES, dtype=np.uint8)
"""Number of the lowest bit, by the five upper bits of (that bit x _TURN), a de Bruijn sequence."""
for _bit in range(MOST_LEAVES):
    LOWEST[((1 << _bit) * _TURN & 0xFFFFFFFF) >> 27] = _bit


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The function as machine code, kept on disk, that frees the interpreter's lock."""
    made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast(Callable[Parameters, Result], made)


@compiled
def walk(
    matrix: Floats,
    roots: Ints,
    column: Ints,
    threshold: Floats,
    value: Floats,
    left: Ints,
    right: Ints,
    missing_left: Bools,
    table: Ints,
    goes_left: Bools,
    said: Floats,
) -> None:
    """Add to `said` (rows) the leaf of every tree, in the order of the trees."""
    for row in range(len(said)):
        for root in roots:
            node = root
            while left[node] != node:
                number = matrix[row, column[node]]
                if table[node] >= 0:
                    known = -1.0 <= number < MISSING - 1
                    goes = goes_left[table[node], int(number) + 1 if known else MISSING]
                else:
                    goes = number <= threshold[node] or (missing_left[node] and np.isnan(number))
                node = left[node] if goes else right[node]
            said[row] += value[node]


@compiled
def bin_rows(
    matrix: Floats,
    columns: Ints,
    starts: Ints,
    edges: Floats,
    coded: Bools,
    bins: Bytes,
) -> None:
    """`bins` (columns x rows): how many of the column's edges a number lies above; a code itself.

    edges: of column i, ascending, those from starts[i] to starts[i + 1].
    """
    for place in range(len(columns)):
        for row in range(len(matrix)):
            number = matrix[row, columns[place]]
            if np.isnan(number):
                bins[place, row] = MISSING
            elif coded[place]:
                known = -1.0 <= number < MISSING - 1
                bins[place, row] = int(number) + 1 if known else MISSING
            else:
                low, high = starts[place], starts[place + 1]
                while low < high:
                    middle = (low + high) >> 1
                    if edges[middle] < number:
                        low = middle + 1
                    else:
                        high = middle
                bins[place, row] = low - starts[place]


@compiled
def mask_leaves(
    roots: Ints,
    place: Ints,
    last_bin: Ints,
    left: Ints,
    right: Ints,
    missing_left: Bools,
    table: Ints,
    goes_left: Bools,
    before: Ints,
    masks: Masks,
    asked: Bools,
) -> None:
    """`masks` (trees x columns x bins): the leaves a row can still reach, by its bin of a column.

    before: leaves before each node within its tree, which lie in order. A node that sends a row
    to the right takes the leaves on its left away (Lucchese et al., "QuickScorer", 2015).
    """
    for tree in range(len(roots)):
        end = roots[tree + 1] if tree + 1 < len(roots) else len(left)
        for node in range(roots[tree], end):
            if left[node] == node:
                continue
            asked[tree, place[node]] = True
            first, after = np.uint64(before[node]), np.uint64(before[right[node]])
            gone = ((np.uint64(1) << (after - first)) - np.uint64(1)) << first
            keep = np.uint32(0xFFFFFFFF) ^ np.uint32(gone)
            for at in range(BINS):
                if table[node] >= 0:
                    goes = goes_left[table[node], at]
                else:
                    goes = missing_left[node] if at == MISSING else at <= last_bin[node]
                if not goes:
                    masks[tree, place[node], at] &= keep


@compiled
def add_leaves(
    bins: Bytes, masks: Masks, asked: Bools, leaves: Floats, lowest: Bytes, said: Floats
) -> None:
    """Add to `said` (rows) the leaf of every tree, in the order of the trees.

    leaves: trees x MOST_LEAVES. The leaf a row reaches is the lowest that no column took away.
    """
    mask = np.empty(ROWS, dtype=np.uint32)
    for start in range(0, len(said), ROWS):
        count = min(ROWS, len(said) - start)
        for tree in range(len(masks)):
            mask[:] = np.uint32(0xFFFFFFFF)
            for place in range(masks.shape[1]):
                if asked[tree, place]:
                    reached, rows = masks[tree, place], bins[place, start : start + count]
                    for row in range(count):
                        mask[row] &= reached[rows[row]]
            for row in range(count):
                low = np.uint32(mask[row] & (~mask[row] + np.uint32(1)))
                leaf = lowest[np.uint32(low * np.uint32(_TURN)) >> np.uint32(27)]
                said[start + row] += leaves[tree, leaf]
