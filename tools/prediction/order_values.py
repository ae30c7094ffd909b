"""Expected order value of each contact: its own mean, drawn to that of all by how little it says.

Credibility after Bühlmann and Straub ("Glaubwürdigkeit für Schadensätze", 1970): the best linear
estimate whatever the distribution. A contact's mean of n orders counts by n / (n + k), where k is
the variance of a contact's orders over that between contacts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tools.prediction.propensity import Floats

LEAST_ORDERS: Final = 30
"""Orders of all, below which not even their mean is known."""
LEAST_AGAIN: Final = 20
"""Contacts with a second order, below which nothing tells contacts apart: all have the mean."""


@dataclass(frozen=True)
class OrderValues:
    """`table`: contact_id, orders, worth (minor units), for whoever ordered. mean: of everybody
    else. share: of its own mean that one order gives a contact, 0 to 1."""

    table: pl.DataFrame
    mean: float
    share: float
    words: str


def order_values(orders: pl.DataFrame) -> OrderValues:
    """From rows (contact_id, at, value in minor units), one for each order that was paid."""
    own = (
        # Sorted, so that sums have one order: the same orders give the same bytes.
        orders.sort("contact_id", "at", "value")
        .group_by("contact_id", maintain_order=True)
        .agg(
            orders=pl.len().cast(pl.Float64),
            mean=pl.col("value").mean(),
            within=((pl.col("value") - pl.col("value").mean()) ** 2).sum(),
        )
    )
    count, means, within = (own.get_column(name).to_numpy() for name in own.columns[1:])
    again = int((count > 1.0).sum())
    ratio = _ratio(count, means, within) if again >= LEAST_AGAIN else None
    share = np.zeros_like(count) if ratio is None else count / (count + ratio)
    mean = float(np.average(means, weights=count if ratio is None else share))
    return OrderValues(
        own.select("contact_id", "orders", worth=pl.Series(mean + share * (means - mean))),
        mean,
        0.0 if ratio is None else 1.0 / (1.0 + ratio),
        _words(orders.height, own.height, again, ratio),
    )


def _ratio(count: Floats, means: Floats, within: Floats) -> float | None:
    """k; None where contacts differ by no more than their own orders do."""
    total = float(count.sum())
    inside = float(within.sum()) / (total - len(count))
    spread = float((count * (means - np.average(means, weights=count)) ** 2).sum())
    weight = total - float((count**2).sum()) / total
    between = (spread - (len(count) - 1) * inside) / weight if weight > 0.0 else 0.0
    return inside / between if between > 0.0 else None


def _words(orders: int, contacts: int, again: int, ratio: float | None) -> str:
    seen = f"From {orders} orders of {contacts} contacts."
    if again < LEAST_AGAIN:
        return (
            f"{seen} {again} ordered again, and {LEAST_AGAIN} are needed to tell contacts apart: "
            "each counts at the mean."
        )
    if ratio is None:
        return f"{seen} Contacts differ by no more than chance: each counts at the mean."
    return f"{seen} A contact's own mean counts by n / (n + {ratio:.2f}), n its orders."
