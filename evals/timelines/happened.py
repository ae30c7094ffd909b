"""What happened in a timeline, as its checker reads it, and where its people live."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sent:
    """One message of ours that went out."""

    contact: str
    account: str | None
    channel: str
    action_class: str
    at: datetime
    agent: str
    theme: str | None


@dataclass(frozen=True)
class Other:
    """A touch of another tool."""

    contact: str
    account: str | None
    channel: str
    at: datetime


@dataclass(frozen=True)
class Reply:
    """Somebody answered."""

    contact: str
    account: str | None
    at: datetime


@dataclass(frozen=True)
class Statement:
    """What a person said: of one channel, or (None) an objection to all."""

    channel: str | None
    state: str
    at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Home:
    """Where a person lives, as far as anybody knows."""

    country: str | None
    timezone: str | None
