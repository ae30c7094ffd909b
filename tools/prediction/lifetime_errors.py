"""How surely expected purchases are known: the error of the parameters, and of the season ahead."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.buying_fit import BuyingFit
from tools.prediction.propensity import Floats
from tools.prediction.purchases import Histories

NEAR: Final = 0.01
"""Weeks by which recency and age are moved to see what an expectation makes of them."""
LEAST_MOVE: Final = 1e-4
MOST_MOVE: Final = 1.0


@dataclass(frozen=True)
class Ahead:
    """The time ahead by the clock, in weeks, and its relative standard error."""

    weeks: float
    error: float


def errors_of(fit: BuyingFit, told: Histories, ahead: Ahead) -> tuple[Floats, float]:
    """Standard error of each expectation, and variance of their sum (delta method).

    The slope by a parameter is the secant over a standard error to each side. A calendar speaks
    through each customer's recency and age alone, so its periods cost no evaluation of their own:
    their slopes follow by the chain rule.
    """
    slopes = _slopes(fit, told, ahead.weeks)
    passed = fit.passed_by_direction(told)
    each, of_all = np.zeros(len(told)), 0.0
    for direction, days in zip(fit.errors, passed.T, strict=True):
        since_first = days[-1] - days[told.first]
        until_last = days[told.last] - days[told.first]
        moved = slopes.parameters @ direction[:4]
        moved = moved + slopes.recency * until_last + slopes.age * since_first
        each += moved**2
        of_all += float(moved.sum()) ** 2
    season = slopes.season * ahead.error
    return np.sqrt(each + season**2), of_all + float(season.sum()) ** 2


@dataclass(frozen=True)
class _Slopes:
    """Of each customer's expectation."""

    parameters: Floats
    """Customers x 4: by the logarithms of r, alpha, a and b."""
    recency: Floats
    age: Floats
    season: Floats
    """By the logarithm of the time ahead."""


def _slopes(fit: BuyingFit, told: Histories, weeks: float) -> _Slopes:
    model, recency, age = fit.at(fit.point, told)
    x = told.repeats
    sizes = np.clip(np.sqrt(np.square(fit.errors).sum(axis=0)), LEAST_MOVE, MOST_MOVE)

    def by_parameter(place: int) -> Floats:
        def moved(by: float) -> Floats:
            point = fit.point.copy()
            point[place] += by
            return fit.model_at(point).expected(x, recency, age, weeks)

        return _secant(moved, float(sizes[place]))

    return _Slopes(
        np.column_stack([by_parameter(place) for place in range(4)]),
        _secant(lambda by: model.expected(x, np.maximum(recency + by, 0.0), age, weeks), NEAR),
        _secant(lambda by: model.expected(x, recency, age + by, weeks), NEAR),
        _secant(lambda by: model.expected(x, recency, age, weeks * np.exp(by)), NEAR),
    )


def _secant(of: Callable[[float], Floats], step: float) -> Floats:
    return (of(step) - of(-step)) / (2.0 * step)
