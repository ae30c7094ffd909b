"""A provider's pace and health: a token bucket and a circuit, kept where a restart finds them.

A bucket fills by what the provider's terms allow a second, up to its burst. The circuit opens after
FAILURES calls in a row that did not get through, for a while that doubles up to LONGEST; then one
call tries. A provider that asks us to wait is waited for, and that counts as no failure.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import polars as pl
from sqlmodel import Session

from tools.ledger import audit
from tools.ledger.bulk import insert_new_row
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.models import ProviderRow

FAILURES = 5
SHORTEST = timedelta(seconds=10)
LONGEST = timedelta(minutes=15)


class Pace(Protocol):
    """What a provider's terms say of its pace."""

    @property
    def provider(self) -> str: ...
    @property
    def per_second(self) -> float | None: ...
    @property
    def burst(self) -> int: ...


class Answer(Protocol):
    """What a call tells of the provider's health."""

    @property
    def state(self) -> str: ...
    @property
    def retry_after(self) -> float | None: ...
    @property
    def unreachable(self) -> bool: ...


def take(session: Session, pace: Pace, wanted: int, at: datetime) -> int:
    """Take as many tokens as there are, up to `wanted`: how many deliveries may go now."""
    row = _row(session, pace, at)
    count = _room(row, pace, wanted, at)
    if pace.per_second is not None and count:
        row.tokens, row.filled_at = _tokens(row, pace, at) - count, at
        session.add(row)
    return count


def room(ledger: Ledger, pace: Pace, wanted: int, at: datetime) -> int:
    """How many of `wanted` deliveries the provider would take now, as `take` would answer."""
    with ledger.read() as session:
        row = session.get(ProviderRow, pace.provider)
        if row is None:
            return wanted if pace.per_second is None else min(wanted, pace.burst)
        return _room(row, pace, wanted, at)


def _room(row: ProviderRow, pace: Pace, wanted: int, at: datetime) -> int:
    if _closed(row, at):
        return 0
    most = 1 if row.failures >= FAILURES else wanted
    return most if pace.per_second is None else min(most, int(_tokens(row, pace, at)))


def _tokens(row: ProviderRow, pace: Pace, at: datetime) -> float:
    passed = max((at - row.filled_at).total_seconds(), 0.0)
    return min(row.tokens + passed * (pace.per_second or 0.0), float(pace.burst))


def note(session: Session, pace: Pace, answers: Sequence[Answer], at: datetime) -> None:
    """Learn from a call's answers: health, and what it asked us to wait."""
    if not answers:
        return
    row = _row(session, pace, at)
    asked = [one.retry_after for one in answers if one.retry_after is not None]
    if all(one.unreachable for one in answers):
        _fail(session, row, at)
    elif row.failures:
        row.failures, row.closed_until, row.why = 0, None, None
        audit.append(session, at, "relay", "circuit_closed", row.name, {})
    if asked:
        row.closed_until = at + timedelta(seconds=min(max(asked), LONGEST.total_seconds()))
        row.why = "it asked us to wait"
    session.add(row)


def _fail(session: Session, row: ProviderRow, at: datetime) -> None:
    row.failures += 1
    if row.failures < FAILURES:
        return
    longer: timedelta = SHORTEST * 2 ** min(row.failures - FAILURES, 10)
    row.closed_until = at + min(longer, LONGEST)
    row.why = f"{row.failures} calls in a row did not get through"
    said = {"failures": row.failures, "until": row.closed_until}
    audit.append(session, at, "relay", "circuit_opened", row.name, said)


def _closed(row: ProviderRow, at: datetime) -> bool:
    """A wall clock set back can't close it for longer than the longest wait."""
    return row.closed_until is not None and at < row.closed_until <= at + LONGEST


def _row(session: Session, pace: Pace, at: datetime) -> ProviderRow:
    full = ProviderRow(name=pace.provider, tokens=float(pace.burst), filled_at=at)
    insert_new_row(session, full)
    row = session.get(ProviderRow, pace.provider, populate_existing=True, with_for_update=True)
    assert row is not None
    return row


def closed(ledger: Ledger, at: datetime) -> pl.DataFrame:
    """Providers that nothing goes to now: name, closed_until, why."""
    rows = ledger.frame(
        "SELECT name, closed_until, why FROM provider WHERE closed_until IS NOT NULL",
        {"name": pl.String, "closed_until": INSTANT, "why": pl.String},
    )
    return rows.filter((pl.col("closed_until") > at) & (pl.col("closed_until") <= at + LONGEST))
