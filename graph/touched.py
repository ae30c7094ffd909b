"""What we touched people with, or are to: as caps and spacing count it."""

from collections.abc import Sequence

import polars as pl

from domain.periods import counted_at
from tools.ledger import reservations
from tools.ledger.database import Ledger


def our_touches(
    ledger: Ledger, contact_ids: Sequence[str] | None = None, account_ids: Sequence[str] = ()
) -> pl.DataFrame:
    """`reservations.touch_log`; what went late, since it waited for quiet hours, a pause or its
    provider, at the instant it was last handed over."""
    held = reservations.touch_log(ledger, contact_ids, account_ids)
    return held.with_columns(at=counted_at()).drop("went_at")
