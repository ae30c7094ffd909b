"""Columns that were known only after the outcome, recognised by what they tell of it."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tools.measurement.ranking import area_under_curve
from tools.prediction.features import Features
from tools.prediction.propensity import Floats, fit_propensity
from tools.prediction.training import FOLDS

Codes = npt.NDArray[np.intp]
Proof = Literal["settles", "recorded_after", "outranks", "named"]
BINS: Final = 20
LEAST_ROWS: Final = 30
"""Rows a value needs before its rate says anything."""
CERTAIN: Final = 0.9
NEARLY_NEVER: Final = 0.05
SETTLED_SHARE: Final = 0.05
"""Share of those who answered, and of those who did not, that a column must settle."""
TELLING: Final = 0.8
"""Area from which a column alone may be compared with all others together."""
ERRORS: Final = 3.0
"""Standard errors beyond a coin from which a column tells anything of the outcome."""
WRITTEN_LATER: Final = {
    "last": "a state that each later event overwrites",
    "latest": "a state that each later event overwrites",
    "tag": "a note somebody took on the way",
    "tags": "a note somebody took on the way",
    "quality": "somebody's judgement",
    "profile": "somebody's judgement",
    "rating": "somebody's judgement",
    "grade": "somebody's judgement",
    "score": "a judgement computed on the way",
    "index": "a judgement computed on the way",
    "reason": "a finding at the end",
    "result": "a finding at the end",
}
"""General words for what is written down in the course of things; none is proof by itself."""


@dataclass(frozen=True)
class Suspect:
    """A column that no model should see until its owner says when it is known."""

    column: str
    area: float
    """Cross-fitted area under the ROC curve of the column alone."""
    proof: Proof
    words: str


def suspects(
    features: Features, answered: npt.NDArray[np.bool_], folds: npt.NDArray[np.int8]
) -> tuple[Suspect, ...]:
    """Suspected columns of training rows, the most telling first.

    A column is suspected where, missing counting as a value,
    - its values settle the outcome both ways (CERTAIN and NEARLY_NEVER);
    - or it is filled in only where the outcome is already decided;
    - or alone it ranks at least as well as all columns not suspected so far together;
    - or its name tells of something written down later (WRITTEN_LATER) and it does tell of the
      outcome, by more than ERRORS standard errors.
    A cause can look the same: the owner's word on when a column is known goes before this.
    """
    bins = [
        _bins(column, bool(coded))
        for column, coded in zip(features.matrix.T, features.categorical, strict=True)
    ]
    areas = [_area(one, answered, folds) for one in bins]
    found: dict[int, Suspect] = {}
    for number, name in enumerate(features.names):
        said = _by_itself(name, features.matrix[:, number], bins[number], answered, areas[number])
        if said is not None:
            found[number] = Suspect(name, areas[number][0], *said)
    for number in sorted(set(range(len(bins))) - set(found), key=lambda one: -areas[one][0]):
        others = [k for k in range(len(bins)) if k != number and k not in found]
        if areas[number][0] < TELLING or not others:
            break
        together = _together(features, others, answered, folds)
        if areas[number][0] < together:
            break
        found[number] = Suspect(
            features.names[number],
            areas[number][0],
            "outranks",
            f"alone it ranks as {areas[number][0]:.3f}, all others together as {together:.3f}",
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.area, one.column)))


def _by_itself(
    name: str,
    column: Floats,
    bins: Codes,
    answered: npt.NDArray[np.bool_],
    area: tuple[float, float],
) -> tuple[Proof, str] | None:
    sure, never = _settled(bins, answered)
    if min(sure, never) >= SETTLED_SHARE:
        return "settles", (
            f"its values settle the outcome: {sure:.0%} of those who answered and {never:.0%} of "
            "the others have one that hardly anybody else has"
        )
    recorded = _recorded_after(column, answered)
    if recorded is not None:
        return "recorded_after", recorded
    clue = next((word for word in _words_of(name) if word in WRITTEN_LATER), None)
    if clue is not None and area[0] - 0.5 > ERRORS * area[1]:
        return "named", (
            f"the word {clue!r} tells of {WRITTEN_LATER[clue]}, and it ranks the outcome as "
            f"{area[0]:.3f} (standard error {area[1]:.3f})"
        )
    return None


def _words_of(name: str) -> list[str]:
    return name.removeprefix("attr_").lower().replace("_", " ").replace(".", " ").split()


def _bins(column: Floats, coded: bool) -> Codes:
    """Codes 0.. of a column's values: quantiles where they are numbers; missing is a code."""
    codes = column
    if not coded:
        known = column[np.isfinite(column)]
        edges = np.unique(np.quantile(known, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))
        codes = np.searchsorted(edges, column, side="right").astype(np.float64)
    codes = np.where(np.isfinite(column), codes, -1.0)
    return np.asarray(np.unique(codes, return_inverse=True)[1], dtype=np.intp)


def _area(
    bins: Codes, answered: npt.NDArray[np.bool_], folds: npt.NDArray[np.int8]
) -> tuple[float, float]:
    """Area and error of the rate of a row's value among the other folds' rows, drawn towards the
    whole rate as by five rows."""
    rate, wide = float(answered.mean()), int(bins.max()) + 1
    rows, hits = (
        np.array([np.bincount(bins[folds == f], each[folds == f], wide) for f in range(FOLDS)])
        for each in (np.ones(len(bins)), answered.astype(np.float64))
    )
    told = (hits.sum(0) - hits + 5.0 * rate) / (rows.sum(0) - rows + 5.0)
    area = area_under_curve(told[folds, bins], answered)
    return (0.5, 0.5) if area is None else (area.value, area.se)


def _settled(bins: Codes, answered: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Share of those who answered whose value says they surely did, and of the others' that they
    did not: a fifth of the usual rate at most, so that a rare outcome settles nothing."""
    rows, hits = np.bincount(bins), np.bincount(bins, answered)
    rate, base = hits / rows, float(answered.mean())
    counted = rows >= LEAST_ROWS
    sure = counted & (rate >= max(CERTAIN, 1.0 - (1.0 - base) / 5.0))
    never = counted & (rate <= min(NEARLY_NEVER, base / 5.0))
    silent = rows - hits
    return (
        float(hits[sure].sum() / max(hits.sum(), 1.0)),
        float(silent[never].sum() / max(silent.sum(), 1.0)),
    )


def _recorded_after(column: Floats, answered: npt.NDArray[np.bool_]) -> str | None:
    """Whether it is filled in for one outcome alone, in words."""
    known = np.isfinite(column)
    count, base = int(known.sum()), float(answered.mean())
    if min(count, len(column) - count) < LEAST_ROWS:
        return None
    rate = float(answered[known].mean())
    if count * min(base, 1.0 - base) < 10.0 or base / 20.0 < rate < 1.0 - (1.0 - base) / 20.0:
        return None
    return f"it is filled in for {count} rows, of which {rate:.1%} answered, against {base:.1%}"


def _together(
    features: Features,
    columns: list[int],
    answered: npt.NDArray[np.bool_],
    folds: npt.NDArray[np.int8],
) -> float:
    matrix = features.matrix[:, columns]
    model = fit_propensity(matrix, features.categorical[columns], answered, folds)
    area = area_under_curve(model.chance(matrix, folds), answered)
    return 1.0 if area is None else area.value
