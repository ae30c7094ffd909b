"""Calibration: how far chances are off, and the correction of log odds that answers ask for."""

from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.propensity import Floats

INTERCEPT_SD: Final = 2.0
SLOPE_SD: Final = 0.25
"""How far log odds may move before anything was seen: the level freely, the contrast little."""
MOST_STEPS: Final = 50
LONGEST: Final = 1.0
NEAR: Final = 1e-6
DRAWN: Final = 200


def chance_of(log_odds: Floats) -> Floats:
    """The chance of each log odds, never quite 0 or 1."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0))), dtype=np.float64)


def newton(
    mean: Floats, precision: Floats, logits: Floats, answered: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """The correction of log odds that answers ask for: the likeliest intercept and slope under a
    normal belief of this mean and precision before them, and the precision there.

    `logits` are those of models that never saw these rows. A move of the base rate alone moves
    the intercept (Saerens, Latinne and Decaestecker, 2002); the slope follows where the ranking
    itself has become worse. The loss is convex: Newton's steps, none longer than LONGEST, find
    its one minimum.
    """
    columns, at = np.column_stack([np.ones(len(logits)), logits]), mean
    for _ in range(MOST_STEPS):
        chance = chance_of(columns @ at)
        slope = columns.T @ (chance - answered) + precision @ (at - mean)
        bent = (columns.T * (chance * (1.0 - chance))) @ columns + precision
        step = np.linalg.solve(bent, slope)
        at = at - step * min(1.0, LONGEST / max(float(np.abs(step).max()), LONGEST))
        if np.abs(step).max() < NEAR:
            break
    return at, bent


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


def calibration_error_by_chance(chance: Floats, bins: int = 10, *, seed: int = 6) -> float:
    """The expected calibration error that chances show by luck alone where all are right: the
    mean of DRAWN answers drawn from them. No forecast of so few rows shows much less."""
    draws = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(chance, draws.random(len(chance)) < chance, bins)
        for _ in range(DRAWN)
    ]
    return float(np.mean(errors))
