"""Simulated customers who buy as the BG/NBD and gamma-gamma models say, with known parameters."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tools.prediction.buying import Buying

AT = datetime(2026, 6, 1, tzinfo=UTC)


def simulate(
    model: Buying,
    customers: int,
    days: int,
    ahead: int,
    seed: int,
    *,
    season: float = 0.0,
    joined_within: int = 84,
) -> pl.DataFrame:
    """Purchases (contact_id, at, value) of customers who joined in the first days, until `ahead`
    days after AT. `season`: by which share the odd months lie above and the even below."""
    draws = np.random.default_rng(seed)
    rate = draws.gamma(model.r, 1.0 / model.alpha, customers) / 7.0
    stop = draws.beta(model.a, model.b, customers)
    scale = 2000.0 / draws.gamma(3.7, 1.0, customers)
    joined = draws.uniform(0.0, joined_within, customers)
    time, rows = joined.copy(), np.arange(customers)
    who, when = [rows], [joined]
    while len(rows):
        time[rows] += draws.exponential(1.0 / np.maximum(rate[rows] * (1.0 + season), 1e-12))
        rows = rows[time[rows] <= days + ahead]
        month = (time[rows] // 28).astype(int) % 2
        bought = draws.random(len(rows)) < np.where(month == 1, 1.0, (1 - season) / (1 + season))
        who.append(rows[bought])
        when.append(time[rows][bought])
        rows = rows[~bought | (draws.random(len(rows)) >= stop[rows])]
    contacts, moments = np.concatenate(who), np.concatenate(when)
    paid = draws.gamma(6.0, 1.0, len(contacts)) * scale[contacts]
    start = AT - timedelta(days=days)
    return pl.DataFrame(
        {
            "contact_id": [f"C{number:06d}" for number in contacts],
            "at": pl.Series(moments * 86_400_000_000.0).cast(pl.Int64).cast(pl.Duration("us")),
            "value": np.round(paid).astype(np.int64),
        }
    ).with_columns(at=pl.lit(start, pl.Datetime("us", "UTC")) + pl.col("at"))


def later(purchases: pl.DataFrame, table: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Days with a purchase, and value bought, after AT per row of `table`."""
    after = purchases.filter(pl.col("at") > AT).with_columns(
        day=(pl.col("at") - pl.lit(AT)).dt.total_seconds() // 86_400
    )
    told = after.group_by("contact_id").agg(
        count=pl.col("day").n_unique().cast(pl.Float64), value=pl.col("value").sum()
    )
    joined = table.join(told, on="contact_id", how="left", maintain_order="left")
    return (
        joined.get_column("count").fill_null(0.0).to_numpy(),
        joined.get_column("value_right").fill_null(0).to_numpy(),
    )
