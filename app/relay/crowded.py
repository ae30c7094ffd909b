"""Messages that are due together because one of them is late: they go one after the other."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from domain.periods import IN_TIME
from policies.judging import PERSONAL, UNBOUND


def crowded(rows: pl.DataFrame, now: datetime, holders: Sequence[str]) -> list[str]:
    """Of effects that may go now (ROW's columns), by id those that wait for another one. holders:
    whose touches any limit counts, contact_id and perhaps account_id.

    A message that is late by more than IN_TIME counts from when it goes, which is known only once
    it went. So what else would sell to the same holder in that moment waits, and is judged anew:
    two of a night that are sent in one breath would each be counted at its slot.
    """
    sells = ~pl.col("action_class").is_in([*UNBOUND, *PERSONAL]) & pl.col("undoes").is_null()
    order = rows.filter(sells).sort("slot_at", "effect_id")
    waits = pl.any_horizontal(_behind_a_late_one(one, now) for one in holders)
    return order.filter(waits).get_column("effect_id").to_list()


def _behind_a_late_one(holder: str, now: datetime) -> pl.Expr:
    late = (pl.col("slot_at") + IN_TIME < now).any().over(holder)
    behind = pl.int_range(pl.len()).over(holder) > 0
    return pl.col(holder).is_not_null() & late & behind
