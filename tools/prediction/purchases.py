"""What each customer bought and when, as the few numbers that tell of the next purchase."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tools.prediction.propensity import Floats

DAY: Final = timedelta(days=1)
Days = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Histories:
    """One entry per customer, by contact_id. Days count from the first purchase of all.

    A day with several purchases counts as one purchase (Fader, Hardie and Lee 2005)."""

    contact_ids: pl.Series
    first: Days
    last: Days
    repeats: Floats
    """Days with a purchase after the first."""
    spent: Floats
    """Mean value of those, minor units; NaN where there are none."""
    first_spent: Floats
    """Value of the first, minor units."""
    by_day: Floats
    """Repeat purchases of all customers on each day, 0..days."""
    days: int
    """How long anybody was watched."""
    at: datetime

    def __len__(self) -> int:
        return len(self.repeats)


def histories(purchases: pl.DataFrame, at: datetime) -> Histories:
    """From rows (contact_id, at, value in minor units), those until `at` alone: nothing later
    leaks in. Rows without contact are left out; a missing value counts as nothing paid."""
    seen = purchases.filter(pl.col("contact_id").is_not_null() & (pl.col("at") <= at))
    origin = at - DAY * (_span(seen, at) // DAY)
    dated = (
        seen.select(
            "contact_id",
            # Whole days back from `at`, so that two sources in different zones agree.
            day=((pl.col("at") - pl.lit(origin)).dt.total_seconds() // 86_400),
            value=pl.col("value").cast(pl.Float64).fill_null(0.0),
        )
        .group_by("contact_id", "day")
        .agg(pl.col("value").sum())
        .sort("contact_id", "day")
    )
    told = dated.group_by("contact_id", maintain_order=True).agg(
        first=pl.col("day").first(),
        last=pl.col("day").last(),
        repeats=(pl.len() - 1).cast(pl.Float64),
        spent=pl.col("value").slice(1).mean().fill_null(float("nan")),
        first_spent=pl.col("value").first(),
    )
    days = (at - origin) // DAY
    again = dated.filter(pl.col("day") > pl.col("day").min().over("contact_id"))
    return Histories(
        told.get_column("contact_id"),
        told.get_column("first").to_numpy().astype(np.intp),
        told.get_column("last").to_numpy().astype(np.intp),
        told.get_column("repeats").to_numpy(),
        told.get_column("spent").to_numpy(),
        told.get_column("first_spent").to_numpy(),
        np.bincount(again.get_column("day").to_numpy().astype(np.intp), minlength=days + 1).astype(
            np.float64
        ),
        days,
        at,
    )


def _span(seen: pl.DataFrame, at: datetime) -> timedelta:
    """From the first purchase of all until `at`, rounded up to whole days."""
    if seen.is_empty():
        return timedelta(0)
    first: datetime = seen.get_column("at").sort()[0]
    return -((first - at) // DAY) * DAY
