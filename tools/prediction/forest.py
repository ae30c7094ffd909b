"""Boosted trees as plain arrays: scored without the library that grew them, to the same bit."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tools.prediction.walking import (
    BINS,
    LOWEST,
    MOST_LEAVES,
    Bools,
    Floats,
    Ints,
    add_leaves,
    bin_rows,
    mask_leaves,
    walk,
)

FEW: Final = 2_000
"""Rows below which walking each is quicker than making the masks of all leaves."""


@dataclass(frozen=True)
class Forest:
    """log odds = baseline + the leaf of each tree, summed in the order of the trees.

    Nodes of all trees lie one behind the other, each before its left branch and that before its
    right one. A row goes left where its number is at most the threshold, or its code is among
    those of `goes_left`. Arrays alone: stored and read again without running anything.
    """

    baseline: float
    roots: Ints
    column: Ints
    """Per node, the matrix column it asks about; 0 at a leaf, where none is asked."""
    threshold: Floats
    value: Floats
    left: Ints
    right: Ints
    """Per node, where it goes on; a leaf goes on to itself."""
    missing_left: Bools
    table: Ints
    """Per node, its row of `goes_left`; -1 where it asks about a number."""
    goes_left: Bools
    """Rows x BINS; a code that training never saw goes as what is missing does."""

    def logits(self, matrix: Floats) -> Floats:
        """Raw log odds per row of `matrix` (rows x features, as in training)."""
        said = np.full(len(matrix), self.baseline)
        if len(matrix) >= FEW:
            self._at_once(matrix, said)
        else:
            walk(
                np.ascontiguousarray(matrix),
                self.roots,
                self.column,
                self.threshold,
                self.value,
                self.left,
                self.right,
                self.missing_left,
                self.table,
                self.goes_left,
                said,
            )
        return said

    def _at_once(self, matrix: Floats, said: Floats) -> None:
        leaf = self.left == np.arange(len(self.left))
        columns = np.unique(self.column[~leaf])
        place = np.where(leaf, 0, np.searchsorted(columns, self.column)).astype(np.int32)
        bins, last_bin = self._binned(matrix, columns, leaf)
        masks = np.full((len(self.roots), len(columns), BINS), 0xFFFFFFFF, dtype=np.uint32)
        asked = np.zeros(masks.shape[:2], dtype=np.bool_)
        tree = np.repeat(np.arange(len(self.roots)), np.diff([*self.roots, len(leaf)]))
        total = np.concatenate([[0], np.cumsum(leaf)])
        before = (total[:-1] - total[self.roots][tree]).astype(np.int32)
        mask_leaves(
            self.roots,
            place,
            last_bin,
            self.left,
            self.right,
            self.missing_left,
            self.table,
            self.goes_left,
            before,
            masks,
            asked,
        )
        leaves = np.zeros((len(self.roots), MOST_LEAVES))
        leaves[tree[leaf], before[leaf]] = self.value[leaf]
        add_leaves(bins, masks, asked, leaves, LOWEST, said)

    def _binned(
        self, matrix: Floats, columns: Ints, leaf: Bools
    ) -> tuple[npt.NDArray[np.uint8], Ints]:
        """Bins (columns x rows) by the thresholds the trees use; per node, the last that goes
        left."""
        last_bin = np.zeros(len(leaf), dtype=np.int32)
        edges, coded = [], np.zeros(len(columns), dtype=np.bool_)
        for number, column in enumerate(columns):
            asking = ~leaf & (self.column == column)
            coded[number] = bool((self.table[asking] >= 0).any())
            found = np.unique(self.threshold[asking]) if not coded[number] else np.zeros(0)
            last_bin[asking] = np.searchsorted(found, self.threshold[asking])
            edges.append(found)
        starts = np.concatenate([[0], np.cumsum([len(one) for one in edges])]).astype(np.int32)
        bins = np.empty((len(columns), len(matrix)), dtype=np.uint8)
        joined = np.concatenate([np.zeros(0), *edges])
        bin_rows(np.ascontiguousarray(matrix), columns, starts, joined, coded, bins)
        return bins, last_bin


def forest_of(classifier: Any, columns: npt.NDArray[np.intp]) -> Forest:
    """The trees of a fitted HistGradientBoostingClassifier of two classes.

    columns: the matrix columns it was fitted on. What the library keeps to itself is read here
    and nowhere else; a test holds that the forest says what the library says, to the bit.
    """
    trees = [one for (one,) in classifier._predictors]
    sizes = np.array([len(one.nodes) for one in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    nodes, root = np.concatenate([one.nodes for one in trees]), np.repeat(roots, sizes)
    leaf = nodes["is_leaf"].astype(bool)
    own = np.arange(len(nodes))
    asks = nodes["is_categorical"].astype(bool) & ~leaf
    library_order, codes = _columns(classifier, columns)
    return Forest(
        float(np.ravel(classifier._baseline_prediction)[0]),
        roots.astype(np.int32),
        np.where(leaf, 0, library_order[nodes["feature_idx"]]).astype(np.int32),
        np.where(leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
        nodes["value"].astype(np.float64),
        np.where(leaf, own, root + nodes["left"]).astype(np.int32),
        np.where(leaf, own, root + nodes["right"]).astype(np.int32),
        nodes["missing_go_to_left"].astype(np.bool_),
        np.where(asks, np.cumsum(asks) - 1, -1).astype(np.int32),
        _tables(trees, nodes[asks], np.repeat(np.arange(len(trees)), sizes)[asks], codes),
    )


def _columns(classifier: Any, columns: npt.NDArray[np.intp]) -> tuple[Ints, Any]:
    """Matrix column of each of the library's own features, which puts codes first; the codes
    each of those saw in training, in the order of its own numbers."""
    coded = classifier.is_categorical_
    if coded is None:
        return columns.astype(np.int32), []
    seen = classifier._preprocessor.named_transformers_["encoder"].categories_
    return np.concatenate([columns[coded], columns[~coded]]).astype(np.int32), seen


def _tables(trees: Any, nodes: Any, tree: npt.NDArray[np.intp], codes: Any) -> Bools:
    """Whether a code goes left: nodes that ask about codes x BINS."""
    tables = np.zeros((len(nodes), BINS), dtype=np.bool_)
    for number, (node, of_tree) in enumerate(zip(nodes, tree, strict=True)):
        bits = trees[of_tree].raw_left_cat_bitsets[node["bitset_idx"]]
        chosen = np.unpackbits(bits.view(np.uint8), bitorder="little").astype(bool)
        seen = codes[node["feature_idx"]]
        bins = seen[np.isfinite(seen)].astype(np.intp) + 1
        tables[number] = bool(node["missing_go_to_left"])
        tables[number, bins] = chosen[: len(bins)]
    return tables
