"""The spam rate as mailbox providers tell it: how many of those they delivered to called it spam.

It comes from their postmaster data, never from our own counts; where none is young enough the rate
is unknown, which is not 0.
"""

from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from graph.tower import Tower

Standing = Literal["good", "warn", "stop", "unknown"]


def newest(tower: Tower, at: datetime) -> float | None:
    """The highest rate that any provider told of the sender's domain in the policy's days; None
    where none did. What is no share counts as the worst."""
    sender, rule = tower.config.sender, tower.loaded.policy.spam_rate
    if sender is None:
        return None
    since = at - timedelta(days=rule.known_days)
    rows = tower.warehouse.table("spam_rates").filter(
        (pl.col("domain").str.to_lowercase() == sender.domain)
        & pl.col("date").is_between(since, at, closed="right")
    )
    latest = rows.sort("date").group_by("provider").last()
    rates = latest.get_column("rate").to_list()
    return max((one if 0 <= one <= 1 else 1.0 for one in rates), default=None)


def standing(tower: Tower, at: datetime) -> Standing:
    """How the rate stands to the policy's bounds."""
    rate, rule = newest(tower, at), tower.loaded.policy.spam_rate
    if rate is None:
        return "unknown"
    return "stop" if rate >= rule.stop_at else "warn" if rate >= rule.warn_at else "good"


def sentences(tower: Tower, at: datetime) -> list[str]:
    """What an operator must know of it."""
    rule, rate = tower.loaded.policy.spam_rate, newest(tower, at)
    match standing(tower, at):
        case "unknown":
            does = "commercial email waits" if rule.unknown == "wait" else "email goes on"
            return [
                f"The spam rate is unknown: no postmaster data of {rule.known_days} days; {does}. "
                "`clearance import spam_rates FILE` brings it."
            ]
        case "stop":
            return [f"The spam rate is {rate:.2%}: commercial email waits from {rule.stop_at:.2%}."]
        case "warn":
            return [f"The spam rate is {rate:.2%}; commercial email waits from {rule.stop_at:.2%}."]
        case "good":
            return []
