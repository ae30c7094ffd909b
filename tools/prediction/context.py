"""The few features by which a contact's taste may differ, on one scale, none missing."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.features import Features
from tools.prediction.propensity import Floats

MOST_FEATURES: Final = 4
LEAST_SHARE: Final = 0.02
"""A category of fewer contacts is no feature of its own."""
FARTHEST: Final = 3.0
"""Standard deviations beyond which a number says no more."""


@dataclass(frozen=True)
class Context:
    """`matrix`: contacts x names, about 0, scaled to a standard deviation of 1, finite."""

    names: tuple[str, ...]
    matrix: Floats


def context_of(
    features: Features, contacts: npt.NDArray[np.integer], answered: npt.NDArray[np.bool_]
) -> Context:
    """The MOST_FEATURES columns that tell most of who answers, by the rows to learn from
    (`contacts`: row of each in features); categories are columns of their own. What is missing
    counts as the mean. Scaled by the contacts of those rows, chosen by their score statistics."""
    names, columns = _columns(features)
    if not names or not len(contacts):
        return Context((), np.zeros((len(features.matrix), 0)))
    known = columns[np.unique(contacts)]
    centre, scale = known.mean(axis=0), known.std(axis=0)
    varied = scale > 1e-9
    told = np.clip((columns - centre) / np.where(varied, scale, 1.0), -FARTHEST, FARTHEST)
    apart = answered.astype(np.float64) - answered.mean()
    score = np.where(varied, np.abs(told[contacts].T @ apart), -1.0)
    best = [one for one in np.argsort(-score, kind="stable")[:MOST_FEATURES] if varied[one]]
    kept = np.sort(np.array(best, dtype=np.intp))
    return Context(tuple(names[one] for one in kept), told[:, kept])


def _columns(features: Features) -> tuple[list[str], Floats]:
    names: list[str] = []
    columns: list[Floats] = []
    for name, column, coded in zip(
        features.names, features.matrix.T, features.categorical, strict=True
    ):
        if not coded:
            middle = np.nanmean(column) if np.isfinite(column).any() else 0.0
            names.append(name)
            columns.append(np.where(np.isfinite(column), column, middle))
            continue
        for code in np.unique(column[np.isfinite(column)]):
            chosen = (column == code).astype(np.float64)
            if chosen.mean() >= LEAST_SHARE:
                names.append(f"{name}={code:g}")
                columns.append(chosen)
    return names, np.column_stack(columns) if columns else np.zeros((len(features.matrix), 0))
