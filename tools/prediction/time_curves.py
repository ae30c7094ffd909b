"""Curves of a day and a week: by how much answers at each part lie above those expected anyway."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tools.prediction.propensity import Floats

HOURS_TOGETHER: Final = 3
PARTS: Final = {"hours": 24 // HOURS_TOGETHER, "weekday": 7}
"""What is told apart: parts of a day, days of a week."""
STRATUM: Final = ("channel", "treatment_id")
SURE: Final = 0.025
"""Chance of finding one of the two curves where the time does not matter: 5% together."""
UNTOLD: Final = 0.5
"""Standard error of the logarithm of a multiplier about which nothing was seen."""
MOST_STRENGTH: Final = 1e6
LEAST_SPARE: Final = 1e-3
"""Share of its mean below which a count's variance is never taken to be."""
ROUNDS: Final = 30
"""Turns in which the two curves are fitted to one another; each takes up what the other leaves."""


@dataclass(frozen=True)
class Curve:
    """Multipliers of the chance of an answer per part, 1 on average over past touches."""

    multiplier: Floats
    variance: Floats
    """Of its logarithm."""
    matters: bool
    p_value: float
    strength: float
    """Answers that the belief in no difference counts for."""


def fit_curves(told: pl.DataFrame, enough: bool) -> tuple[Curve, Curve]:
    """Of the hours and of the weekdays, by turns, each against what the other leaves to explain."""
    answered, expected = _table(told)
    spare = spare_of(told)
    p_values = [_chance_of_none(told, part) if enough else 1.0 for part in PARTS]
    both = [np.ones(count) for count in PARTS.values()]
    for _ in range(ROUNDS):
        hours = _curve(answered.sum(axis=1), expected @ both[1], spare, p_values[0])
        weekday = _curve(answered.sum(axis=0), hours.multiplier @ expected, spare, p_values[1])
        both = [hours.multiplier, weekday.multiplier]
    return hours, weekday


def _curve(answered: Floats, expected: Floats, spare: float, p_value: float) -> Curve:
    if p_value >= SURE:
        variance = 1.0 / (UNTOLD**-2 + expected / spare)
        return Curve(np.ones(len(answered)), variance, False, p_value, MOST_STRENGTH)
    strength = _strength(answered, expected, spare)
    shape = strength + answered / spare
    multiplier = shape / (strength + expected / spare)
    return Curve(multiplier, 1.0 / shape, True, p_value, strength)


def _table(told: pl.DataFrame) -> tuple[Floats, Floats]:
    """Answers, and those expected at any time: hours x weekdays."""
    shape = tuple(PARTS.values())
    cell = told.get_column("hours") * shape[1] + told.get_column("weekday")
    return tuple(  # type: ignore[return-value]
        np.bincount(
            cell.to_numpy(), weights=told.get_column(one).to_numpy(), minlength=shape[0] * shape[1]
        ).reshape(shape)
        for one in ("answered", "expected")
    )


def spare_of(told: pl.DataFrame) -> float:
    """Variance of a count of answers as a share of its mean: of one in ten, nine tenths. Never
    nothing: where nearly every touch is answered more than one answer may be expected of some."""
    expected = told.get_column("expected").to_numpy()
    return max(float(1.0 - np.square(expected).sum() / max(expected.sum(), 1e-12)), LEAST_SPARE)


def _chance_of_none(told: pl.DataFrame, part: str) -> float:
    """p value of the score test: do answers depend on the part, beyond what is expected of each
    touch within its treatment, channel and other part? Where as much is expected of every touch it
    is the generalised Cochran-Mantel-Haenszel test (Agresti 2013, 8.4)."""
    from scipy.stats import chi2

    count = PARTS[part]
    stratum_of = (*STRATUM, *(one for one in PARTS if one != part))
    apart, covariance = np.zeros(count), np.zeros((count, count))
    for stratum in _cells(told, part, stratum_of).partition_by(stratum_of, maintain_order=True):
        n, parts = float(stratum["len"].sum()), stratum.get_column(part).to_numpy()
        spread = np.zeros(count)
        spread[parts] = stratum.get_column("spread").to_numpy()
        if n < 2 or spread.sum() <= 0.0:
            continue
        apart[parts] += (stratum.get_column("answered") - stratum.get_column("fair")).to_numpy()
        free = n / (n - 1.0)
        covariance += free * (np.diag(spread) - np.outer(spread, spread) / spread.sum())
    statistic = float(apart @ np.linalg.pinv(covariance, rcond=1e-9) @ apart)
    freedom = int(np.linalg.matrix_rank(covariance))
    return float(chi2.sf(statistic, freedom)) if freedom else 1.0


def _cells(told: pl.DataFrame, part: str, stratum_of: tuple[str, ...]) -> pl.DataFrame:
    """By stratum and part: len, answered, fair (answers expected, as many in the stratum as came)
    and spread (their variance)."""
    level = (pl.col("answered").mean() / pl.col("expected").mean()).over(stratum_of)
    fair = (pl.col("expected") * level).fill_nan(0.0).clip(0.0, 1.0)
    return (
        told.with_columns(fair=fair)
        .group_by(*stratum_of, part)
        .agg(
            pl.len(),
            pl.col("answered").sum(),
            pl.col("fair").sum(),
            spread=(pl.col("fair") * (1.0 - pl.col("fair"))).sum(),
        )
        .sort(*stratum_of, part)
    )


def _strength(answered: Floats, expected: Floats, spare: float) -> float:
    """Answers the belief in 1 counts for: one over the variance of true multipliers, by moments
    (DerSimonian and Laird 1986)."""
    apart = float((np.square(answered - expected) / np.maximum(expected, 1e-9)).sum())
    total = float(expected.sum())
    weight = total - float(np.square(expected).sum()) / max(total, 1e-9)
    told = apart - spare * (int((expected > 0.0).sum()) - 1)
    return min(weight / told, MOST_STRENGTH) if told > 0.0 else MOST_STRENGTH
