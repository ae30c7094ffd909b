"""What a week's spend becomes before it counts: carried over, then saturating; and the baseline."""

from typing import Final

import numpy as np
import numpy.typing as npt

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
HILL: Final = 0
LOGISTIC: Final = 1
"""The two forms of saturation that are averaged, since no theory says which. Hill's (as in Jin et
al. 2017) rises fast at first and never quite ends; the logistic one is nearly straight at first and
then soon full."""
FORMS: Final = (HILL, LOGISTIC)


def carry_over(spend: Floats, share: float) -> Floats:
    """Geometric adstock, normalised so that a constant spend stays itself; the weeks before the
    first count as the mean of the first four. Jin et al. (2017)."""
    carried, new = np.empty(len(spend)), 1.0 - share
    last = float(spend[:4].mean())
    for week, one in enumerate(spend.tolist()):  # weeks are few: scipy's filter takes longer
        last = new * one + share * last
        carried[week] = last
    return carried


def saturate(carried: Floats, half: float, shape: float, form: int) -> Floats:
    """Share of a campaign's greatest effect at carried-over spend, in [0, 1); a half at `half`
    (in the unit of the spend). `shape` belongs to Hill's form alone."""
    ratio = np.maximum(carried, 0.0) / half
    if form == LOGISTIC:
        return np.asarray(np.tanh(np.arctanh(0.5) * ratio), dtype=np.float64)
    powered = np.power(ratio, shape)
    return np.asarray(powered / (1.0 + powered), dtype=np.float64)


def baseline(weeks: int) -> Floats:
    """Columns of level, trend (which may bend once a year) and season (Fourier terms of the year)
    for so many weeks.

    With less than two years a season can't be told from the rest, so only level and trend stay.
    """
    t = np.arange(weeks, dtype=np.float64)
    columns = [np.ones(weeks), (t - t.mean()) / max(weeks, 1)]
    if weeks >= 2 * YEAR_WEEKS:
        years = round(weeks / YEAR_WEEKS)
        bends = weeks * np.arange(1, years) / years
        columns += [np.maximum(t - bend, 0.0) / weeks for bend in bends]
        for harmonic in range(1, HARMONICS + 1):
            angle = 2.0 * np.pi * harmonic * t / YEAR_WEEKS
            columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def independent(base: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """The columns of `base` that say something new over the known weeks, the first ones first."""
    kept: list[int] = []
    for column in range(base.shape[1]):
        chosen = base[known][:, [*kept, column]]
        norms = np.sqrt(np.square(chosen).sum(axis=0))
        if norms[-1] > 0.0 and np.linalg.matrix_rank(chosen / norms, tol=1e-6) == len(kept) + 1:
            kept.append(column)
    return base[:, kept]
