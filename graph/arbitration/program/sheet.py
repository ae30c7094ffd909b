"""The sheet on which a problem's rules are gathered as linear rows."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from graph.arbitration.problem import Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DEFINITION, SOFT, MERGED = -1, -2, -3
"""Rows of no rule: what a total is; a minimum that may fall short; exclusions of several rules."""


@dataclass
class Sheet:
    """Rows as they are gathered."""

    problem: Problem
    count: int = 0
    parts: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    tops: list[Floats] = field(default_factory=list)
    owners: list[Ints] = field(default_factory=list)
    units: list[Floats] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def candidates(self) -> int:
        return self.problem.candidates.height

    def add(
        self,
        owner: npt.ArrayLike,
        row: npt.ArrayLike,
        column: npt.ArrayLike,
        weight: npt.ArrayLike,
        top: npt.ArrayLike,
        unit: npt.ArrayLike,
    ) -> None:
        """Rows numbered from 0 in `row`, with as many tops as there are rows."""
        tops = np.atleast_1d(np.asarray(top, dtype=np.float64))
        rows = np.atleast_1d(np.asarray(row, dtype=np.int64))
        columns = np.atleast_1d(np.asarray(column, dtype=np.int64))
        weights = np.broadcast_to(np.asarray(weight, dtype=np.float64), rows.shape)
        self.parts.append((rows + self.count, columns, weights))
        self.tops.append(tops)
        self.owners.append(np.broadcast_to(np.asarray(owner, dtype=np.int64), tops.shape))
        self.units.append(np.broadcast_to(np.asarray(unit, dtype=np.float64), tops.shape))
        self.count += len(tops)

    def column_of_total(self, resource: str) -> int:
        """The column that holds what is used of a resource in all."""
        before = self.candidates + len(self.problem.limits.campaigns)
        return self.totals.setdefault(resource, before + len(self.totals))

    @property
    def width(self) -> int:
        return self.candidates + len(self.problem.limits.campaigns) + len(self.totals)

    @property
    def matrix(self) -> csr_array:
        """Rows x columns; entries of one place summed."""
        empty = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
        rows, columns, weights = (
            np.concatenate(part) for part in zip(empty, *self.parts, strict=True)
        )
        return csr_array(coo_array((weights, (rows, columns)), shape=(self.count, self.width)))
