"""Curves that may only rise: the nearest such curve, and whether draws speak against one."""

from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.propensity import Floats

SURE: Final = 0.995
"""Share of draws in which one step lies below an earlier one, from which the curve falls: with
ten pairs to look at, one flat curve in twenty or fewer is taken for a falling one."""


def rising(curves: Floats, weight: Floats) -> Floats:
    """The nearest rising curve to each of draws x groups x steps, in squares by `weight` (groups x
    steps; a step nobody was seen at counts a little).

    Isotonic regression by its min-max form (Robertson, Wright and Dykstra 1988): at step i the
    greatest, over a <= i, of the least, over b >= i, of the weighted mean of steps a to b.
    """
    steps = curves.shape[-1]
    counted = np.maximum(weight, 1e-3 * np.maximum(weight.sum(axis=-1, keepdims=True), 1.0))
    upto = _summed(counted * curves)
    mass = _summed(np.broadcast_to(counted, curves.shape))
    found = np.empty_like(curves)
    for i in range(steps):
        least = [
            np.min(
                [
                    (upto[..., b + 1] - upto[..., a]) / (mass[..., b + 1] - mass[..., a])
                    for b in range(i, steps)
                ],
                axis=0,
            )
            for a in range(i + 1)
        ]
        found[..., i] = np.max(least, axis=0)
    return found


def falls(curves: Floats) -> npt.NDArray[np.bool_]:
    """By group: whether some later step lies below an earlier one in SURE of the draws."""
    steps = curves.shape[-1]
    down = np.zeros(curves.shape[1], dtype=np.bool_)
    for a in range(steps):
        for b in range(a + 1, steps):
            down |= (curves[..., b] < curves[..., a]).mean(axis=0) >= SURE
    return down


def _summed(values: Floats) -> Floats:
    start = np.zeros((*values.shape[:-1], 1))
    return np.concatenate([start, np.cumsum(values, axis=-1)], axis=-1)
