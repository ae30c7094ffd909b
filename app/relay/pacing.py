"""How long an effect waits before it is touched again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from tenacity import RetryCallState, Retrying, wait_random_exponential

from tools.connectors.protocols import Receipt, Terms

GROWING = wait_random_exponential(multiplier=1, min=1, max=600)
"""Full jitter, so that what was put off together does not come back together."""


def backoff(times: int) -> timedelta:
    """A growing, jittered wait after so many times."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = times + 1
    return timedelta(seconds=float(GROWING(state)))


def settled_at(terms: Terms, since: datetime) -> datetime:
    """From when on a look-up surely shows what the provider did at that instant."""
    return since + timedelta(seconds=terms.settles_seconds)


def waits_after(
    receipts: Sequence[Receipt], rows: pl.DataFrame, terms: Terms, at: datetime
) -> dict[str, datetime]:
    """When effects that were put off, or whose answer was lost, may be touched again."""
    times = dict(rows.select("effect_id", "waits").iter_rows())
    return {
        one.key: _until(one, times[one.key], terms, at)
        for one in receipts
        if one.state in ("later", "unknown")
    }


def _until(one: Receipt, times: int, terms: Terms, at: datetime) -> datetime:
    if one.state == "unknown":
        return settled_at(terms, at) if terms.lookup else at + backoff(times)
    if one.retry_after is not None:
        return at + timedelta(seconds=one.retry_after)
    return at + backoff(times)
