"""The doors: what goes out, what comes back, and what every connector promises."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import polars as pl
from pydantic import AwareDatetime, Field

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
    headers: dict[str, str] = Field(default_factory=dict)
    """Mail headers that the provider has to set, and to sign; of a commercial email only."""
    footer: str | None = None
    """Text that has to stand under a commercial email."""


class Receipt(Record):
    """What the provider said of one delivery.

    accepted and failed are final. later: the provider surely did nothing and may be asked again.
    unknown: it may have acted.
    """

    key: str
    state: Literal["accepted", "failed", "unknown", "later"]
    reason: str | None
    provider_ref: str | None
    retry_after: float | None = None
    """Seconds the provider asked us to wait; for `later` only."""
    unreachable: bool = False
    """The call did not get through at all: it counts for the circuit; for `later` only."""


class Terms(Record):
    """What a provider promises of repeated and lost calls, and the pace it asks of us."""

    provider: str
    keys: bool
    """It acts once on each key, however often it comes."""
    key_hours: float | None = None
    """How long it remembers a key; None: for ever."""
    lookup: bool
    """What it did can be looked up by our key (as id, label or tag)."""
    settles_seconds: float = 0.0
    """How long after a call a look-up may still miss what it did."""
    per_second: float | None = None
    """Deliveries a second; None: no limit."""
    burst: int = 100
    batch: int = 2000
    """Deliveries in one call."""


class Provider(Protocol):
    """One door. Trouble with a delivery is a receipt, never an exception."""

    @property
    def terms(self) -> Terms: ...

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        """Hand over; one receipt each, in order."""
        ...

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Receipts of the keys the provider knows. Raises ProviderError where it can't be asked."""
        ...

    def budget(self, campaign_id: str) -> int | None:
        """A campaign's budget as the platform shows it, minor units; None: it shows none. Raises
        ProviderError where it can't be asked."""
        ...


class Doors(Protocol):
    """Messages, audiences and budgets go out by keys; what was done can be looked up by them."""

    def provider(self, channel: str) -> Provider:
        """Who delivers on a channel."""
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
