"""The doors: what goes out, what comes back, and what every connector promises."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import polars as pl
from pydantic import AwareDatetime

from domain.record import Record


class Delivery(Record):
    """One effect on its way out. `key` is the effect's id: the provider acts on it once."""

    key: str
    channel: str
    contact_id: str | None
    campaign_id: str
    treatment: str
    amount: int | None
    """Absolute weekly budget, minor units; None for a touch."""
    payload_hash: str
    at: AwareDatetime


class Receipt(Record):
    """What the provider said of one delivery."""

    key: str
    state: Literal["accepted", "failed", "unknown"]
    reason: str | None
    provider_ref: str | None


class Doors(Protocol):
    """Messages, audiences and budgets go out by keys; what was done can be looked up by them."""

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        """Hand over; one receipt each, in order. The same key again gives the same receipt."""
        ...

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Receipts of the keys the provider knows."""
        ...

    def register_ghosts(self, withheld: pl.DataFrame) -> None:
        """Whom we left alone on purpose, so that their outcomes are told too."""
        ...

    def outcomes_until(self, at: datetime) -> pl.DataFrame:
        """What people did by then: rows of the kind `outcomes`."""
        ...


def delivery_of(row: Mapping[str, Any], at: datetime) -> Delivery:
    """The delivery of one row of the ledger's effects."""
    return Delivery(
        key=row["effect_id"],
        channel=row["channel"],
        contact_id=row["contact_id"],
        campaign_id=row["campaign_id"],
        treatment=row["treatment"],
        amount=row["amount"],
        payload_hash=row["payload_hash"],
        at=at,
    )
