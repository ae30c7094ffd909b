"""Lift tests: what an experiment found a campaign's spend to have brought."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from tools.prediction.propensity import Floats
from tools.prediction.weekly import Weeks


@dataclass(frozen=True)
class WeeksTested:
    """A lift test laid over the weeks of a fit: `campaign` and `first`..`last` are positions.

    The spend of those weeks includes `spend_change` (negative: that much was held back), which
    changed the outcome of those weeks by `incremental`, give or take `standard_error`; all over
    the whole test and in the units of the fit.
    """

    campaign: int
    first: int
    last: int
    spend_change: float
    incremental: float
    standard_error: float

    def without(self, spend: Floats) -> Floats:
        """The campaign's weekly spend as it would have been without the test."""
        tested = slice(self.first, self.last + 1)
        other = spend.copy()
        total = float(spend[tested].sum())
        if total > 0.0:
            other[tested] = spend[tested] * max(0.0, 1.0 - self.spend_change / total)
        else:
            other[tested] = max(0.0, -self.spend_change) / (self.last - self.first + 1)
        return other


def over_weeks(tests: pl.DataFrame, weeks: Weeks, at: datetime) -> tuple[WeeksTested, ...]:
    """Rows of `lift_tests` (campaign_id, platform, starts_at, ends_at, spend_change, incremental,
    standard_error; minor units) that had ended by `at`, lie wholly within the weeks and state an
    error; the others say nothing that can be weighed and are left out."""
    columns = {pair: i for i, pair in enumerate(zip(weeks.campaigns, weeks.platforms, strict=True))}
    ended = tests.filter((pl.col("ends_at") <= at) & (pl.col("standard_error") > 0)).sort("test_id")
    found = []
    for row in ended.iter_rows(named=True):
        campaign = columns.get((row["campaign_id"], row["platform"]))
        first = weeks.position(row["starts_at"].date())
        last = weeks.position((row["ends_at"] - timedelta(microseconds=1)).date())
        if campaign is None or not 0 <= first <= last < len(weeks.account):
            continue
        change, incremental, error = (
            float(row[name]) for name in ("spend_change", "incremental", "standard_error")
        )
        found.append(WeeksTested(campaign, first, last, change, incremental, error))
    return tuple(found)
