"""Whether those who are judged now are like those whom the model learned from."""

from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.features import Features
from tools.prediction.propensity import Floats
from tools.prediction.registry.versions import Shift

BINS: Final = 10
KEPT: Final = 10
"""Features told of: those that moved most."""
SCORE: Final = "score"


def stability_index(before: Floats, now: Floats, *, codes: bool = False) -> float:
    """Population stability index: sum over bins of (q - p) ln(q / p), p and q the shares of the
    bin before and now (Siddiqi, "Credit Risk Scorecards", 2006; the Jeffreys divergence).

    Bins are tenths of `before` for numbers, each code for codes, and missing as one of its own;
    half a row is added to each, so that an empty bin is not infinitely far. 0: the same shares.
    """
    if len(before) == 0 or len(now) == 0:
        return 0.0
    edges = _edges(before, codes)
    p, q = (_shares(one, edges) for one in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def shifts(
    features: Features, trained: npt.NDArray[np.intp], score: Floats, contacts: int
) -> tuple[Shift, ...]:
    """The score's, then the features' that moved most; `trained` holds the row of each training
    touch, `score` the predicted chance of every row; the first `contacts` rows are those of now."""
    moved = [
        Shift(feature=name, index=stability_index(column[trained], column[:contacts], codes=coded))
        for name, column, coded in zip(
            features.names, features.matrix.T, features.categorical.tolist(), strict=True
        )
    ]
    moved.sort(key=lambda one: (-one.index, one.feature))
    return (
        Shift(feature=SCORE, index=stability_index(score[trained], score[:contacts])),
        *moved[:KEPT],
    )


def _edges(before: Floats, codes: bool) -> Floats:
    finite = before[np.isfinite(before)]
    if codes or len(finite) == 0:
        return np.unique(finite)
    return np.unique(np.quantile(finite, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))


def _shares(values: Floats, edges: Floats) -> Floats:
    missing = ~np.isfinite(values)
    place = np.searchsorted(edges, values[~missing], side="left")
    counts = np.bincount(place, minlength=len(edges) + 1).astype(np.float64)
    each = np.append(counts, float(missing.sum())) + 0.5
    return np.asarray(each / each.sum(), dtype=np.float64)
