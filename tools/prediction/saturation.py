"""The fit of spend to revenue: carried over, saturating, on a baseline with trend and season."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.propensity import Floats

YEAR_WEEKS: Final = 52.1775
HARMONICS: Final = 2
CARRYOVER: Final = (0.0, 0.8)
"""Bounds of the share of a week's effect that carries into the next."""
HALF: Final = (0.2, 5.0)
"""Bounds of the half-saturation spend, in mean weekly spends: beyond, the data can't tell."""
SHAPE: Final = (0.7, 1.0)
"""Bounds of Hill's exponent: at most 1, so that the curve stays concave; not far below, since its
slope at no spend is then without bound and a small budget would look like a gold mine."""
TYPICAL: Final = (0.3, 0.0, 0.9)
"""Where carryover, log half and shape rest when the weeks say nothing."""
PULL: Final = (0.3, 1.0, 0.2)
"""Standard deviations of the weak pull towards TYPICAL; regularises, never decides."""


@dataclass(frozen=True)
class Saturation:
    """Fitted curves of campaigns: scale (value per week at unlimited spend), half (spend per week),
    shape, carryover; `residual` per week used, in the unit of the revenue."""

    scale: Floats
    half: Floats
    shape: Floats
    carryover: Floats
    residual: Floats
    fitted: Floats
    parameters: Floats


def carry_over(spend: Floats, share: float) -> Floats:
    """Geometric adstock, normalised so that a constant spend stays itself; the weeks before the
    first count as the mean of the first four. Jin et al. (2017)."""
    from scipy.signal import lfilter

    start = float(spend[:4].mean())
    carried, _ = lfilter([1.0 - share], [1.0, -share], spend, zi=[share * start])
    return np.asarray(carried, dtype=np.float64)


def baseline(weeks: int) -> Floats:
    """Columns of level, trend and season (Fourier terms of the year) for so many weeks.

    With less than two years a season can't be told from the rest, so only level and trend stay.
    """
    t = np.arange(weeks, dtype=np.float64)
    columns = [np.ones(weeks), (t - t.mean()) / max(weeks, 1)]
    if weeks >= 2 * YEAR_WEEKS:
        for harmonic in range(1, HARMONICS + 1):
            angle = 2.0 * np.pi * harmonic * t / YEAR_WEEKS
            columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def fit_saturation(
    spend: Floats, revenue: Floats, base: Floats | None, start: Floats | None = None
) -> Saturation:
    """Least squares of revenue (weeks) on Hill curves of carried-over spend (weeks x campaigns).

    Scales are nonnegative and solved exactly for each shape of the curves (variable projection,
    Golub and Pereyra 1973), after the baseline `base` (weeks x terms, or None for none) is
    projected out. Weeks whose revenue is NaN take part in carryover only.
    """
    from scipy.optimize import least_squares, nnls

    campaigns = spend.shape[1]
    known = ~np.isnan(revenue)
    mean = np.maximum(spend.mean(axis=0), 1.0)
    y = revenue[known]
    size = max(float(y.std()), 1.0) if base is not None else max(float(np.abs(y).mean()), 1.0)
    basis = np.linalg.qr(base[known])[0] if base is not None else None

    def cleared(values: Floats) -> Floats:
        return values if basis is None else values - basis @ (basis.T @ values)

    target = cleared(y) / size

    def responses(parameters: Floats) -> Floats:
        carryover, log_half, shape = parameters.reshape(3, campaigns)
        columns = []
        for i in range(campaigns):
            carried = np.maximum(carry_over(spend[:, i] / mean[i], carryover[i]), 0.0)
            powered = np.power(carried, shape[i])
            columns.append(powered / (np.exp(log_half[i] * shape[i]) + powered))
        return np.column_stack(columns)[known]

    typical = np.repeat(np.array(TYPICAL), campaigns)
    pull = np.repeat(np.array(PULL), campaigns)

    def residuals(parameters: Floats) -> Floats:
        columns = cleared(responses(parameters))
        scale, _ = nnls(columns, target)
        return np.concatenate([columns @ scale - target, 0.1 * (parameters - typical) / pull])

    bounds = np.array([CARRYOVER, np.log(HALF), SHAPE])
    low, high = (np.repeat(bounds[:, side], campaigns) for side in (0, 1))
    guess = typical if start is None else np.clip(start, low + 1e-6, high - 1e-6)
    found = least_squares(
        residuals, guess, bounds=(low, high), max_nfev=40 if start is None else 8, xtol=1e-5
    )
    columns = responses(found.x)
    scale, _ = nnls(cleared(columns), target)
    carryover, log_half, shape = found.x.reshape(3, campaigns)
    left = (target - cleared(columns) @ scale) * size
    return Saturation(
        scale * size, np.exp(log_half) * mean, shape, carryover, left, y - left, found.x
    )
