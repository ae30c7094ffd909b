"""Words: what a person says of a packet, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from domain.record import Record


class Decided(Record):
    kind: Literal["decided"] = "decided"
    state: str


class Recorded(Record):
    """The first of two approvals: the packet still waits."""

    kind: Literal["recorded"] = "recorded"


class AlreadyDecided(Record):
    kind: Literal["already_decided"] = "already_decided"
    state: str
    by: tuple[str, ...]
    same: bool
    """The very same click came twice: it counts once, and is no error."""
    reason: str | None = None
    """Why it is void."""


class Stale(Record):
    kind: Literal["stale"] = "stale"
    shown: int
    current: int


class Expired(Record):
    kind: Literal["expired"] = "expired"


class NotAllowed(Record):
    kind: Literal["not_allowed"] = "not_allowed"
    reason: str


class Held(Record):
    """Somebody else has taken the packet in hand."""

    kind: Literal["held"] = "held"
    by: str
    until: AwareDatetime


Said = Decided | Recorded | AlreadyDecided | Stale | Expired | NotAllowed | Held


@dataclass(frozen=True)
class Word:
    """What a person says of the very version they saw."""

    packet_id: str
    version: int
    payload_hash: str
    person_id: str
    roles: tuple[str, ...]
    verdict: str
    at: datetime
    nonce: str | None = None
