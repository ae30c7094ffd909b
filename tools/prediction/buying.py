"""How customers buy until they stop: the BG/NBD model (Fader, Hardie and Lee 2005).

While active a customer buys at a rate of their own, gamma(r, alpha) over customers; after each
repeat purchase they stop for good with a chance of their own, beta(a, b) over customers.
Arrays are per customer: x repeat purchases, the last of them `recency` after the first purchase,
watched for `age` since then; all in weeks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.propensity import Floats

SMALLEST_TAIL: Final = 1e-7
"""Chance of still more purchases that is neglected."""
LARGEST_POWER: Final = 600.0
LARGEST_SHARE: Final = 0.9
"""Of the time ahead in all time: up to it the series has positive terms alone and adds up."""
OUTSIDE: Final = 0.1
"""Share of customers that a 90% interval may miss."""


@dataclass(frozen=True)
class Count:
    """Number of purchases in a time ahead, per customer."""

    none: Floats
    """Chance of no purchase."""
    mean: Floats
    variance: Floats
    low: Floats
    high: Floats
    """Shortest range from none on with at least 90%; where none is unlikely, the middle 90%."""


@dataclass(frozen=True)
class Buying:
    r: float
    alpha: float
    a: float
    b: float

    def alive(self, x: Floats, recency: Floats, age: Floats) -> Floats:
        """Chance that a customer has not stopped (eq. 10's denominator)."""
        odds = (self.r + x) * np.log((self.alpha + age) / (self.alpha + recency))
        stopped = np.log(self.a / (self.b + np.maximum(x, 1.0) - 1.0)) + odds
        chance = np.exp(-np.logaddexp(0.0, stopped))
        return np.asarray(np.where(x > 0.0, chance, 1.0), dtype=np.float64)

    def expected(self, x: Floats, recency: Floats, age: Floats, ahead: float) -> Floats:
        """Expected purchases in the next `ahead` weeks (eq. 10, as printed: for arguments below
        -1 the library's hypergeometric function can be far off). Where its powers would overflow
        the whole distribution is added up."""
        from scipy.special import hyp2f1

        a = self.a if abs(self.a - 1.0) > 1e-6 else 1.0 + 1e-6  # a = 1 is a removable pole
        shape, top = self.r + x, a + self.b + x - 1.0
        share = ahead / (self.alpha + age + ahead)
        faded = -shape * np.log1p(-share)
        safe = (faded < LARGEST_POWER) & (share < LARGEST_SHARE)
        series = hyp2f1(shape, self.b + x, top, np.where(safe, share, 0.0))
        purchases = top / (a - 1.0) * (1.0 - np.exp(-faded) * series)
        purchases = np.maximum(purchases, 0.0) * self.alive(x, recency, age)
        if not safe.all():
            rest = ~safe
            purchases[rest] = self.count(x[rest], recency[rest], age[rest], ahead).mean
        return np.asarray(purchases, dtype=np.float64)

    def count(self, x: Floats, recency: Floats, age: Floats, ahead: float) -> Count:
        """The whole distribution: given alive, more than n purchases need n + 1 arrivals, which
        are negative binomial, and n times no stop, which is beta; both are independent."""
        alive = self.alive(x, recency, age)
        share = ahead / (self.alpha + age + ahead)
        shape = self.r + x
        arrivals = np.exp(shape * np.log1p(-share))
        tail, survived = 1.0 - arrivals, alive
        none = 1.0 - alive * tail
        under, over = _edges(none)
        mean, second = np.zeros(len(x)), np.zeros(len(x))
        low, high = np.zeros(len(x)), np.zeros(len(x))
        rows = np.arange(len(x))
        n = 0
        while len(rows):
            more = survived * np.maximum(tail, 0.0)
            mean[rows] += more
            second[rows] += (2 * n + 1) * more
            low[rows] += more > 1.0 - under[rows]
            high[rows] += more > over[rows]
            kept = more > SMALLEST_TAIL * alive[rows]
            rows, tail, survived, arrivals = rows[kept], tail[kept], survived[kept], arrivals[kept]
            arrivals = arrivals * (shape[rows] + n) / (n + 1) * share[rows]
            tail = tail - arrivals
            survived = survived * (self.b + x[rows] + n) / (self.a + self.b + x[rows] + n)
            n += 1
        return Count(none, mean, second - mean**2, low, high)


def _edges(none: Floats) -> tuple[Floats, Floats]:
    """Chance to leave out below and above: all of it above where none is not to be left out."""
    from_none = none > OUTSIDE / 2.0
    under = np.where(from_none, 0.0, OUTSIDE / 2.0)
    return under, OUTSIDE - under
