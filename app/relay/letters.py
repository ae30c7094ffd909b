"""What has to hold of commercial emails besides what holds of each: who sends them, from which
domain, and how many people called them spam."""

from datetime import datetime, timedelta

import polars as pl

from domain.names import COMMERCIAL_EXEMPT
from graph.spam_rates import Standing, standing
from graph.tower import Tower
from tools.ledger import effects

DAY = timedelta(days=1)


def refused(tower: Tower) -> pl.Expr:
    """The reason against commercial emails that would not say who sends them; null: none."""
    code = None if tower.config.sender else "sender_missing"
    return pl.when(commercial()).then(pl.lit(code, dtype=pl.String))


def slowed(tower: Tower, rows: pl.DataFrame, now: datetime) -> pl.Series:
    """The reason for which each row (ROW's columns) waits; null: none."""
    reasons = (_rate(tower, now), _unproven(tower, rows, now))
    return rows.select(slowed=pl.when(commercial()).then(pl.coalesce(*reasons))).to_series()


def commercial() -> pl.Expr:
    """Rows that are emails which sell; a class nobody declared counts as one."""
    sells = ~pl.col("action_class").is_in(list(COMMERCIAL_EXEMPT))
    return (pl.col("channel") == "email") & sells.fill_null(True)


def _rate(tower: Tower, now: datetime) -> pl.Expr:
    rule = tower.loaded.policy.spam_rate
    found: Standing = standing(tower, now)
    holds = found == "stop" or (found == "unknown" and rule.unknown == "wait")
    code = {"stop": "spam_rate_high", "unknown": "spam_rate_unknown"}[found] if holds else None
    return pl.lit(code, dtype=pl.String)


def _unproven(tower: Tower, rows: pl.DataFrame, now: datetime) -> pl.Expr:
    """A domain that does not prove itself never becomes a bulk sender: its emails beyond that
    number in a day wait."""
    nothing = pl.lit(None, dtype=pl.String)
    sender = tower.config.sender
    if sender is None or sender.proves_itself or not rows.select(commercial().any()).item():
        return nothing
    ids = rows.filter(commercial()).get_column("effect_id").to_list()
    sent = effects.commercial_emails_since(tower.ledger, now - DAY, ids)
    room = max(tower.loaded.policy.spam_rate.bulk_per_day - 1 - sent, 0)
    return pl.when(commercial().cum_sum() > room).then(pl.lit("domain_unproven"))
