"""Who may tell us something, and how a call of theirs is signed.

The signature: `t=<unix seconds>,v1=<hex>`, an HMAC-SHA256 over the time and the body.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

from tools.provider_config import ProviderConfig

LOG = logging.getLogger("clearance.webhooks")
HEADER: Final = "x-clearance-signature"
OLDEST_SECONDS: Final = 300.0
"""A call signed longer ago, or that much ahead of our clock, is not the provider's any more."""


@dataclass
class Senders:
    """Secrets by provider, and how many calls were not theirs."""

    secrets: Mapping[str, str]
    refused: int = 0
    """Forged, too old, or of nobody we know; since the start of this process. It is not kept in the
    ledger: strangers must not make us write."""
    _counting: Lock = field(default_factory=Lock, repr=False)

    def sent(self, provider: str, header: str, body: bytes, now: datetime) -> bool:
        """Whether the provider sent this, lately; what it did not send is counted."""
        if is_signed(self.secrets.get(provider, ""), header, body, now):
            return True
        with self._counting:
            self.refused += 1
        LOG.warning("a webhook was refused: its signature is not a known provider's, or too old")
        return False


def senders_of(providers: Sequence[ProviderConfig], environment: Mapping[str, str]) -> Senders:
    """Those whose secret is set. One whose variable is empty is refused like a stranger."""
    named = {one.name: one.webhook_secret_env for one in providers}
    return Senders({name: environment.get(env, "") for name, env in named.items() if env})


def is_signed(secret: str, header: str, body: bytes, now: datetime) -> bool:
    """Whether the body was signed with the secret, lately. Several `v1` may stand, so that a secret
    can be changed: one must fit."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if not secret or len(times) != 1 or not _lately(times[0], now):
        return False
    wanted = signature(secret, times[0], body).encode()
    given = [value.encode() for name, _, value in parts if name == "v1"]
    return any(hmac.compare_digest(wanted, one) for one in given)


def signature(secret: str, seconds: str, body: bytes) -> str:
    """The hex digest over `SECONDS.BODY`."""
    signed = seconds.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _lately(seconds: str, now: datetime) -> bool:
    plain = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    return plain and abs(now.timestamp() - int(seconds)) <= OLDEST_SECONDS
