"""Boxes: the least of a convex quadratic within bounds, by coordinate descent."""

import numpy as np

from graph.arbitration.compiled import Floats, compiled

SWEEPS = 200


def box_minimum(bend: Floats, slope: Floats, low: Floats, high: Floats) -> Floats:
    """argmin of slope d + d' bend d / 2 over low <= d <= high; bend positive definite, (R, R)."""
    return descended(np.ascontiguousarray(bend), slope, low, high, SWEEPS)


@compiled
def descended(bend: Floats, slope: Floats, low: Floats, high: Floats, sweeps: int) -> Floats:
    """Each coordinate in turn to its own least, until a sweep changes nothing to speak of.

    `rising` is the model's gradient, kept up to date by columns (bend is symmetric).
    """
    size = len(slope)
    step, rising = np.zeros(size), slope.copy()
    for _ in range(sweeps):
        gained, largest = 0.0, 0.0
        for r in range(size):
            target = min(max(step[r] - rising[r] / bend[r, r], low[r]), high[r])
            change = target - step[r]
            if change != 0.0:
                gain = -(rising[r] * change + 0.5 * bend[r, r] * change * change)
                gained += gain
                largest = max(largest, abs(gain))
                step[r] = target
                for q in range(size):
                    rising[q] += bend[r, q] * change
        total = 0.0
        for r in range(size):
            total -= 0.5 * step[r] * (slope[r] + rising[r])
        if gained <= 1e-4 * max(abs(total), 1e-300):
            break
    return step
