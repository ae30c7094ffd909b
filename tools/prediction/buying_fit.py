"""The BG/NBD model fitted by maximum likelihood, with a calendar that all customers share."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.at_once import steady_threads
from tools.prediction.buying import Buying
from tools.prediction.months import Clock
from tools.prediction.propensity import Floats
from tools.prediction.purchases import Days, Histories

WEEK: Final = 7.0
PERIODS_DAYS: Final = (7, 14, 28)
"""How long the calendar's steps may be: whole weeks, a month at most."""
BOUNDS: Final = (-7.0, 7.0)
"""Of the logarithm of each parameter."""
LOOSE: Final = 5.0
"""Standard deviation of each logarithm before anything is seen: keeps what the purchases do not
tell finite, and moves the published estimates in no printed digit."""
WIDEST: Final = 2.0
"""Most standard error of a logarithm that is followed: further out nothing changes any more."""
LEAST_PERIODS: Final = 4


@dataclass(frozen=True)
class BuyingFit:
    """`point` holds the logarithms of r, alpha, a, b, then of each later period's level against
    the first's; `errors` (directions x parameters) spans their covariance: the outer products
    of its rows add up to it."""

    buying: Buying
    clock: Clock
    log_likelihood: float
    point: Floats
    errors: Floats

    def at(self, point: Floats, told: Histories) -> tuple[Buying, Floats, Floats]:
        """The model, recency and age (weeks by the clock) at other parameters."""
        recency, age = passed_by(point, told.first, told.last, self._overlaps(told))
        return self.model_at(point), recency, age

    def model_at(self, point: Floats) -> Buying:
        """The model at other parameters, whatever the calendar says."""
        return _model(point)

    def passed_by_direction(self, told: Histories) -> Floats:
        """Days x directions: by how much the weeks that have passed by the clock on a day grow
        along each direction of `errors`."""
        overlaps, levels = self._overlaps(told), self.clock.levels
        loose = np.column_stack([np.zeros(len(self.errors)), self.errors[:, 4:]])
        share = overlaps[-1] * levels / float(overlaps[-1] @ levels)
        moved = levels * (loose - (loose @ share)[:, None])
        return np.asarray(overlaps @ moved.T / WEEK, dtype=np.float64)

    def _overlaps(self, told: Histories) -> Floats:
        return _overlaps(told.days, len(self.clock.levels), self.clock.period_days)


def fit_buying(told: Histories, *, calendar: bool = True) -> BuyingFit:
    """As published, or with a calendar where that is likelier by more than its parameters cost
    (Akaike 1974), its steps as long as is likeliest: choices that only ever see the past."""
    fits = [_fit(told, 1, told.days)]
    if calendar:
        steps = ((told.days // days, days) for days in PERIODS_DAYS)
        fits += [_fit(told, count, days) for count, days in steps if count >= LEAST_PERIODS]
    return _with_errors(max(fits, key=lambda fit: fit.log_likelihood - len(fit.point)))


def passed_by(point: Floats, first: Days, last: Days, overlaps: Floats) -> tuple[Floats, Floats]:
    """Recency and age, weeks by the clock."""
    passed = overlaps @ _levels(point[4:], overlaps[-1]) / WEEK
    return passed[last] - passed[first], passed[-1] - passed[first]


def _model(point: Floats) -> Buying:
    return Buying(*(float(one) for one in np.exp(point[:4])))


@dataclass(frozen=True)
class _Found:
    """The likeliest parameters with steps of one length."""

    value: "_Likelihood"
    point: Floats
    log_likelihood: float
    period_days: int


def _fit(told: Histories, periods: int, period_days: int) -> _Found:
    from scipy.optimize import minimize

    value = _Likelihood(told, _overlaps(told.days, periods, period_days))
    start = np.concatenate([np.log([0.5, 8.0, 1.0, 3.0]), np.zeros(periods - 1)])
    with steady_threads():
        found = minimize(
            value,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[BOUNDS] * len(start),
            options={"maxiter": 1000, "ftol": 1e-11, "gtol": 1e-6 * max(len(told), 1)},
        )
    point = np.asarray(found.x, dtype=np.float64)
    return _Found(value, point, value.parts(point)[1], period_days)


def _with_errors(found: _Found) -> BuyingFit:
    value, point = found.value, found.point
    return BuyingFit(
        _model(point),
        Clock(_levels(point[4:], value.overlaps[-1]), value.bought, found.period_days),
        found.log_likelihood,
        point,
        _errors(value, point),
    )


class _Likelihood:
    """Minus the log likelihood with its gradient. Customers with the same purchases on the same
    days count together; what depends on x alone is formed once for each x; the calendar's
    gradient goes through the days."""

    def __init__(self, told: Histories, overlaps: Floats) -> None:
        self.overlaps = overlaps
        self.counts = np.bincount(told.repeats.astype(np.intp)).astype(np.float64)
        alike = np.column_stack([told.repeats.astype(np.intp), told.first, told.last])
        rows, weight = np.unique(alike, axis=0, return_counts=True)
        self.repeats, self.first, self.last = rows[:, 0].astype(np.float64), rows[:, 1], rows[:, 2]
        self.weight = weight.astype(np.float64)
        self.again = self.repeats > 0.0
        step = np.diff(overlaps, axis=0, prepend=0.0)
        step[0] = step[1] if len(step) > 1 else step[0]
        self.bought = told.by_day @ (step > 0.0)

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        gradient, value = self.parts(point)
        # A level is as likely e times the others' as one standard deviation: keeps an empty
        # period's finite, and weighs nothing beside a hundred purchases.
        told = np.concatenate([[0.0], point[4:]])
        apart = told - told.mean()
        believed = point[:4] / LOOSE
        unlikely = 0.5 * float(apart @ apart + believed @ believed)
        return unlikely - value, np.concatenate([believed / LOOSE, apart[1:]]) - gradient

    def parts(self, point: Floats) -> tuple[Floats, float]:
        from scipy.special import digamma, gammaln

        model = _model(point)
        recency, age = passed_by(point, self.first, self.last, self.overlaps)
        r, alpha, a, b = model.r, model.alpha, model.a, model.b
        x, again, weight = self.repeats, self.again, self.weight
        n, counts = np.arange(len(self.counts)), self.counts
        per_x = gammaln(r + n) - gammaln(r) + gammaln(a + b) + gammaln(b + n)
        per_x = per_x - gammaln(b) - gammaln(a + b + n) + r * np.log(alpha)
        stays = -(r + x) * np.log(alpha + age)
        stops = (
            np.log(a) - np.log(b + x[again] - 1.0) - (r + x[again]) * np.log(alpha + recency[again])
        )
        whole = stays.copy()
        whole[again] = np.logaddexp(stays[again], stops)
        active = weight * np.exp(stays - whole)
        gone = np.zeros(len(x))
        gone[again] = weight[again] * np.exp(stops - whole[again])
        levels = _levels(point[4:], self.overlaps[-1])
        value = float(counts @ per_x + weight @ whole + self.bought @ np.log(levels))
        by_age = -active * (r + x) / (alpha + age)
        by_recency = -gone * (r + x) / (alpha + recency)
        gone_b = float((gone[again] / (b + x[again] - 1.0)).sum())
        gradient = np.array(
            [
                counts @ (digamma(r + n) - digamma(r) + np.log(alpha))
                - active @ np.log(alpha + age)
                - gone @ np.log(alpha + recency),
                counts.sum() * r / alpha + by_age.sum() + by_recency.sum(),
                counts @ (digamma(a + b) - digamma(a + b + n)) + gone.sum() / a,
                counts @ (digamma(a + b) - digamma(b) + digamma(b + n) - digamma(a + b + n))
                - gone_b,
            ]
        ) * np.array([r, alpha, a, b])
        return np.concatenate([gradient, self._calendar(levels, by_age, by_recency)]), value

    def _calendar(self, levels: Floats, by_age: Floats, by_recency: Floats) -> Floats:
        """Derivatives by the logarithm of each period's level, the first left out."""
        overlaps, rows = self.overlaps, len(self.overlaps)
        by_passed = np.bincount(self.last, weights=by_recency, minlength=rows)
        by_passed -= np.bincount(self.first, weights=by_recency + by_age, minlength=rows)
        by_passed[-1] += by_age.sum()
        slope = levels * (by_passed @ overlaps / WEEK) + self.bought
        share = overlaps[-1] / overlaps[-1].sum() * levels if rows > 1 else levels
        return np.asarray((slope - share * slope.sum())[1:], dtype=np.float64)


def _overlaps(days: int, periods: int, period_days: int) -> Floats:
    """(days + 1) x periods: how many days of each period have passed on each day. Periods count
    back from the end; the oldest holds what is left over."""
    ends = days - period_days * np.arange(periods)[::-1]
    starts = np.append(0, ends[:-1])
    passed = np.arange(days + 1, dtype=np.float64)[:, None]
    return np.asarray(np.clip(passed - starts, 0.0, ends - starts), dtype=np.float64)


def _levels(loose: Floats, days: Floats) -> Floats:
    raw = np.exp(np.concatenate([[0.0], loose]))
    total = float(days.sum())
    mean = float(raw @ days) / total if total > 0.0 else 1.0
    return np.asarray(raw / mean, dtype=np.float64)


def _errors(value: _Likelihood, point: Floats) -> Floats:
    """Square root of the inverse of the Hessian, from differences of the gradient."""
    step = 1e-4
    hessian = np.array(
        [
            (value(point + one)[1] - value(point - one)[1]) / (2 * step)
            for one in _moves(point, step)
        ]
    )
    sizes, directions = np.linalg.eigh((hessian + hessian.T) / 2.0)
    return np.asarray((directions / np.sqrt(np.maximum(sizes, WIDEST**-2))).T, dtype=np.float64)


def _moves(point: Floats, step: float) -> Floats:
    return np.eye(len(point)) * step
