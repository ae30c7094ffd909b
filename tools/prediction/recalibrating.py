"""Chances that follow a base rate which moves: corrected by the newest answers that are known."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from domain.errors import UsageError
from tools.prediction.propensity import Floats

INTERCEPT_SD: Final = 2.0
SLOPE_SD: Final = 0.25
"""How far log odds may move before anything was seen: the level freely, the contrast little."""


@dataclass(frozen=True)
class Recalibration:
    """chance = 1 / (1 + exp(-(intercept + slope * log odds))); (0, 1) changes nothing."""

    intercept: float
    slope: float

    def chance(self, logits: Floats) -> Floats:
        z = np.clip(self.intercept + self.slope * logits, -40.0, 40.0)
        return np.asarray(1.0 / (1.0 + np.exp(-z)), dtype=np.float64)


def recalibrate(logits: Floats, answered: npt.NDArray[np.bool_]) -> Recalibration:
    """The correction that known answers ask for: the mode of a logistic regression of the answer
    on the log odds, under normal beliefs around (0, 1). Without rows nothing is changed.

    `logits` are those of models that never saw these rows. A move of the base rate alone moves
    the intercept (Saerens, Latinne and Decaestecker, 2002); the slope, in [0, 1.5], follows where
    the ranking itself has become worse.
    """
    from scipy.optimize import minimize

    if len(logits) == 0:
        return Recalibration(0.0, 1.0)
    target = answered.astype(np.float64)
    scale = np.array([INTERCEPT_SD, SLOPE_SD])

    def loss(at: Floats) -> tuple[float, Floats]:
        z = at[0] + at[1] * logits
        away = (at - np.array([0.0, 1.0])) / scale
        value = np.logaddexp(0.0, z).sum() - (target * z).sum() + np.square(away).sum() / 2.0
        error = Recalibration(*at).chance(logits) - target
        return float(value), np.array([error.sum(), (error * logits).sum()]) + away / scale

    found = minimize(
        loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, 1.5)]
    )
    return Recalibration(float(found.x[0]), float(found.x[1]))


def rolling_chance(
    logits: Floats,
    answered: npt.NDArray[np.bool_],
    start: int,
    *,
    block: int,
    window: int,
    delay: int,
) -> Floats:
    """Chances of rows `start`.. of rows in order of time, as a product would have said them.

    The rows of a block are corrected by the answers of the `window` rows that end `delay` rows
    before the block begins: what came later was not known when the block was judged, and the
    block's own answers never are.
    """
    if min(block, window) < 1 or delay < 0:
        raise UsageError(
            f"Expected a block and a window of at least one row, found {block} and {window}; "
            f"a delay of none or more, found {delay}."
        )
    chance = np.empty(len(logits) - start)
    for first in range(start, len(logits), block):
        until = max(first - delay, 0)
        known = slice(max(until - window, 0), until)
        mine = slice(first, min(first + block, len(logits)))
        correction = recalibrate(logits[known], answered[known])
        chance[mine.start - start : mine.stop - start] = correction.chance(logits[mine])
    return chance


def expected_calibration_error(
    chance: Floats, answered: npt.NDArray[np.bool_], bins: int = 10
) -> float:
    """Mean over `bins` groups of equal size, by chance, of |mean chance - share that answered|,
    weighed by rows (Naeini, Cooper and Hauskrecht, 2015)."""
    order = np.argsort(chance, kind="stable")
    gaps = [
        len(rows) * abs(float(chance[rows].mean()) - float(answered[rows].mean()))
        for rows in np.array_split(order, bins)
        if len(rows)
    ]
    return float(sum(gaps) / max(len(chance), 1))
