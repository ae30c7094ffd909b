"""Lifetime value: what each customer will buy until a horizon, and how far that can be believed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.errors import DataError
from domain.names import Evidence
from tools.prediction.at_once import steady_threads
from tools.prediction.buying import Count
from tools.prediction.buying_fit import BuyingFit, fit_buying
from tools.prediction.lifetime_errors import Ahead, errors_of
from tools.prediction.normal import Z_90
from tools.prediction.propensity import Floats
from tools.prediction.purchases import Histories, histories
from tools.prediction.spending import Spending, Worth, fit_spending

LEAST_CUSTOMERS: Final = 200
LEAST_REPEATS: Final = 100
"""Repeat purchases of all, below which nothing tells customers apart: the prior speaks."""
LEAST_BUYERS: Final = 50
"""Customers who bought again, for money, that the value of a purchase needs."""
MOST_TIMES: Final = 5
"""A horizon may be so many times as long as what was watched, not longer."""
WEEK: Final = 7.0
PRIOR: Final = "prior:mean_of_customers"


@dataclass(frozen=True)
class Total:
    """Purchases of all customers together until the horizon, with a 90% interval: chance of each
    customer, error of the parameters, and the season nobody has seen yet."""

    purchases: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class Lifetimes:
    """`table`, a row per customer by contact_id: purchases (expected, days with a purchase),
    purchases_se (error of that expectation), purchases_low and purchases_high (90% of what will
    happen), alive, value (minor units), value_low, value_high, evidence, support (days with a
    purchase so far), model.

    Who never bought is no customer and has no row.
    """

    table: pl.DataFrame
    total: Total
    evidence: Evidence
    model: str
    at: datetime
    horizon_days: int
    words: str


def lifetimes(purchases: pl.DataFrame, at: datetime, horizon_days: int) -> Lifetimes:
    """From rows (contact_id, at, value in minor units) until `at`. With fewer than
    LEAST_CUSTOMERS customers or LEAST_REPEATS repeat purchases the mean of all customers speaks
    for each, and says so. Raises DataError for a horizon of more than MOST_TIMES the time watched.
    """
    told = histories(purchases, at)
    enough = len(told) >= LEAST_CUSTOMERS and told.repeats.sum() >= LEAST_REPEATS
    if not enough:
        return _prior(told, horizon_days)
    if not 0 < horizon_days <= MOST_TIMES * told.days:
        raise DataError(
            f"Expected a horizon of 1 to {MOST_TIMES * told.days} days, found {horizon_days}: "
            f"purchases were watched for {told.days} days.",
            "Ask for a shorter horizon, or import older purchases.",
        )
    with steady_threads():
        return _fitted(told, horizon_days)


def _fitted(told: Histories, horizon_days: int) -> Lifetimes:
    fit = fit_buying(told)
    level, level_se = fit.clock.ahead(horizon_days / WEEK)
    ahead = horizon_days / WEEK * level
    model, recency, age = fit.at(fit.point, told)
    count = model.count(told.repeats, recency, age, ahead)
    expected = model.expected(told.repeats, recency, age, ahead)
    each, of_all = errors_of(fit, told, Ahead(ahead, level_se / level))
    worth, said = _worth(told, count)
    se = float(np.sqrt(of_all + count.variance.sum()))
    total = float(expected.sum())
    version = _version(told, fit, horizon_days)
    return Lifetimes(
        _table(
            told, expected, each, count, model.alive(told.repeats, recency, age), worth
        ).with_columns(evidence=pl.lit("measured"), model=pl.lit(version)),
        Total(total, se, max(total - Z_90 * se, 0.0), total + Z_90 * se),
        "measured",
        version,
        told.at,
        horizon_days,
        f"Fitted on {len(told)} customers with {told.repeats.sum():.0f} repeat purchases in "
        f"{told.days} days. {_season(fit, level, level_se)} {said}",
    )


def _worth(told: Histories, count: Count) -> tuple[Worth, str]:
    paid = (told.repeats > 0.0) & (np.nan_to_num(told.spent) > 0.0)
    if int(paid.sum()) >= LEAST_BUYERS:
        model = fit_spending(told.repeats, told.spent)
        said = (
            f"Value of a purchase from {model.buyers} who bought again; it and their number "
            f"correlate by {model.correlation:+.2f}."
        )
        return model.worth(told.repeats, told.spent, count), said
    mean = float(told.first_spent.mean()) if len(told) else 0.0
    # A shape of 3 and nobody's own purchases: as wide as values of purchases usually are.
    broad = Spending(1.0, 3.0, 2.0 * mean, 0, 0.0)
    none = np.zeros(len(told))
    return broad.worth(none, none, count), (
        f"Fewer than {LEAST_BUYERS} bought again: each purchase counts for the mean of first ones."
    )


def _season(fit: BuyingFit, level: float, level_se: float) -> str:
    if not fit.clock.moves:
        return "No month stood out."
    return (
        f"Months differ by {fit.clock.spread:.0%}; the horizon counts at {level:.2f} of the mean, "
        f"give or take {level_se:.2f}, since no season is known before it was seen."
    )


def _prior(told: Histories, horizon_days: int) -> Lifetimes:
    """The mean of all customers for each, its standard error as large as itself. Counts are taken
    for geometric: rates that differ as an exponential does."""
    watched = float((told.days - told.first).sum())
    mean = (told.repeats.sum() + 0.5) / watched * horizon_days if watched > 0.0 else 0.0
    stops = 1.0 / (1.0 + mean)
    one = np.ones(len(told))
    high = np.floor(np.log(0.1) / np.log1p(-stops)) if mean > 0.0 else 0.0
    count = Count(one * stops, one * mean, one * mean * (1.0 + mean), one * 0.0, one * high)
    worth, said = _worth(told, count)
    total = mean * len(told)
    return Lifetimes(
        _table(told, count.mean, count.mean, count, one, worth).with_columns(
            alive=pl.lit(None, dtype=pl.Float64), evidence=pl.lit("prior"), model=pl.lit(PRIOR)
        ),
        Total(total, total, 0.0, total * (1.0 + Z_90)),
        "prior",
        PRIOR,
        told.at,
        horizon_days,
        f"Not measured: {len(told)} customers with {told.repeats.sum():.0f} repeat purchases; "
        f"{LEAST_CUSTOMERS} and {LEAST_REPEATS} are needed. The mean of all speaks for each. "
        f"{said}",
    )


def _table(
    told: Histories, expected: Floats, se: Floats, count: Count, alive: Floats, worth: Worth
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "contact_id": told.contact_ids,
            "purchases": expected,
            "purchases_se": se,
            "purchases_low": count.low,
            "purchases_high": count.high,
            "alive": alive,
            "value": worth.mean,
            "value_low": worth.low,
            "value_high": worth.high,
            "support": told.repeats + 1.0,
        }
    )


def _version(told: Histories, fit: BuyingFit, horizon_days: int) -> str:
    said = {
        "rows": [len(told), float(told.repeats.sum()), told.days, told.at.isoformat()],
        "parameters": [float(one) for one in fit.point],
        "spent": [float(told.first_spent.sum()), float(np.nansum(told.spent * told.repeats))],
        "horizon": horizon_days,
    }
    return f"bgnbd-{digest(said)[:12]}"
