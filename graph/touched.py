"""What we touched people with, or are to: as caps and spacing count it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import polars as pl

from tools.ledger import reservations
from tools.ledger.database import Ledger
from tools.ledger.given import given

IN_TIME: Final = timedelta(hours=1)
"""What went so soon after its slot counts at its slot: handing over takes a while, and a daily
message would otherwise be kept back by the seconds that the one of yesterday took."""


def our_touches(
    ledger: Ledger, contact_ids: Sequence[str] | None = None, account_ids: Sequence[str] = ()
) -> pl.DataFrame:
    """`reservations.touch_log`; what went late, since it waited for quiet hours, a pause or its
    provider, at the instant it was first handed over."""
    held = reservations.touch_log(ledger, contact_ids, account_ids)
    people = held.get_column("contact_id").unique().to_list()
    live = given(ledger, None if contact_ids is None else people)
    went = live.select("decision_id", went_at="at")
    known = held.join(went, on="decision_id", how="left", maintain_order="left")
    late = pl.col("went_at") - pl.col("at") > IN_TIME
    return known.with_columns(at=pl.when(late).then("went_at").otherwise("at")).drop("went_at")
