"""`[[providers]]` of clearance.toml: who delivers on which channels, and on what terms."""

import ipaddress
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from domain.names import Channel
from domain.record import Record

LONGEST_CALL: Final = 15.0
"""Seconds of one call at most: the relay's lease must outlive its slowest steps together."""


class ProviderConfig(Record):
    """`[[providers]]` of clearance.toml. Its secret is named, never written there."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    url: str
    keys: bool
    key_hours: Annotated[float, Field(gt=0)] | None = None
    lookup: bool
    settles_seconds: Annotated[float, Field(ge=0)] = 0.0
    per_second: Annotated[float, Field(gt=0)] | None = None
    burst: Annotated[int, Field(ge=1)] = 100
    batch: Annotated[int, Field(ge=1, le=5000)] = 500
    timeout_seconds: Annotated[float, Field(gt=0, le=LONGEST_CALL)] = 10.0
    token_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """Environment variable that holds the bearer token; None: the provider asks for none."""
    webhook_secret_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """Environment variable that holds the secret its webhooks are signed with; None: what is told
    in its name is refused."""

    @field_validator("name")
    @classmethod
    def _not_the_sandbox(cls, name: str) -> str:
        if name == "sandbox":
            raise ValueError("`sandbox` is the name of the house's own; choose another")
        return name

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("no user, password, query or fragment may stand in it")
        if parts.scheme == "https" and parts.hostname:
            return url
        if parts.scheme == "http" and parts.hostname and _loopback(parts.hostname):
            return url
        raise ValueError("it must begin with https:// (http:// only to this machine itself)")

    @model_validator(mode="after")
    def _hours_of_keys(self) -> Self:
        if self.key_hours is not None and not self.keys:
            raise ValueError("`key_hours` is how long keys are remembered: not without `keys`")
        return self


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def no_channel_twice(providers: Sequence[ProviderConfig]) -> None:
    """Raises ValueError where a name or a channel belongs to two providers."""
    names = Counter(one.name for one in providers)
    channels: Counter[str] = Counter(channel for one in providers for channel in one.channels)
    for what, counts in (("name", names), ("channel", channels)):
        double = sorted(one for one, count in counts.items() if count > 1)
        if double:
            raise ValueError(f"the {what} `{double[0]}` belongs to two providers; give it to one")
