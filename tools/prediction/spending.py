"""What a purchase is worth: the gamma-gamma model (Fader and Hardie 2013).

A customer's purchases are gamma(p) at a scale of their own, whose inverse is gamma(q) over
customers. Minor units throughout; x repeat purchases of mean value `spent` per customer.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.buying import OUTSIDE, Count
from tools.prediction.propensity import Floats

LEAST_SHAPE: Final = 2.1
"""The variance of what is bought needs a shape above 2; below, this stands in."""


@dataclass(frozen=True)
class Worth:
    """Value bought in a time ahead, per customer, minor units."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Spending:
    p: float
    q: float
    scale: float
    """gamma in the paper, minor units."""
    buyers: int
    correlation: float
    """Between how often and how much customers buy: the model takes none."""

    def purchase(self, x: Floats, spent: Floats) -> Floats:
        """Expected value of the next purchase: the population's where x is 0."""
        shape, scale = self._posterior(x, spent)
        return np.asarray(self.p * scale / (shape - 1.0), dtype=np.float64)

    def worth(self, x: Floats, spent: Floats, count: Count) -> Worth:
        """Value of `count` purchases. Its mean and variance are exact; the interval takes what is
        bought, where anything is, for lognormal."""
        shape, scale = self._posterior(x, spent)
        shape = np.maximum(shape, LEAST_SHAPE)
        mean = count.mean * self.purchase(x, spent)
        squares = count.variance + count.mean**2
        second = (self.p * count.mean + self.p**2 * squares) * scale**2
        second = second / ((shape - 1.0) * (shape - 2.0))
        low, high = _lognormal(count.none, mean, second)
        return Worth(mean, low, high)

    def _posterior(self, x: Floats, spent: Floats) -> tuple[Floats, Floats]:
        return self.p * x + self.q, self.scale + np.where(x > 0.0, x * spent, 0.0)


def fit_spending(x: Floats, spent: Floats) -> Spending:
    """By maximum likelihood on customers who bought again, for more than nothing."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    paid = (x > 0.0) & (np.nan_to_num(spent) > 0.0)
    often, mean = x[paid], spent[paid]
    unit = float(mean.mean())
    value, total = mean / unit, often * mean / unit
    counts = np.bincount(often.astype(np.intp)).astype(np.float64)
    n = np.flatnonzero(counts)
    known = float((np.log(total) * often).sum()), float(np.log(value).sum())

    def loss(point: Floats) -> float:
        p, q, scale = np.exp(point)
        per_n = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(scale)
        rest = (p * often + q) @ np.log(scale + total)
        return float(rest - counts[n] @ per_n - p * known[0] + known[1])

    found = minimize(
        loss,
        np.log([2.0, 4.0, 2.0]),
        method="L-BFGS-B",
        bounds=[(-4.0, 6.0), (float(np.log(1.05)), 6.0), (-6.0, 8.0)],
    )
    p, q, scale = (float(one) for one in np.exp(found.x))
    varied = often.std() > 0.0 and mean.std() > 0.0
    correlation = float(np.corrcoef(often, mean)[0, 1]) if varied else 0.0
    return Spending(p, q, scale * unit, len(often), correlation)


def _lognormal(none: Floats, mean: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Range that holds 90%: from nothing on, where nothing is likely enough not to be left out."""
    from scipy.special import ndtri

    some = np.maximum(1.0 - none, 1e-12)
    center, square = np.maximum(mean / some, 1e-9), second / some
    variance = np.log(np.maximum(square / center**2, 1.0))
    middle, wide = np.log(center) - variance / 2.0, np.sqrt(variance)
    from_none = none > OUTSIDE / 2.0
    above = np.where(from_none, OUTSIDE, OUTSIDE / 2.0) / some
    high = np.where(above < 1.0, np.exp(middle + wide * ndtri(np.clip(1.0 - above, 1e-9, 1.0))), 0)
    below = np.clip((OUTSIDE / 2.0 - none) / some, 1e-9, 1.0)
    low = np.where(from_none, 0.0, np.exp(middle + wide * ndtri(below)))
    return low, high
