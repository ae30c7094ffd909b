"""A webhook's signature: `t=<unix seconds>,v1=<hex>`, an HMAC-SHA256 over the time and the body."""

import hashlib
import hmac
from datetime import datetime
from typing import Final

HEADER: Final = "x-clearance-signature"
OLDEST_SECONDS: Final = 300.0
"""A call signed longer ago, or that much ahead of our clock, is not the provider's any more."""


def is_signed(secret: str, header: str, body: bytes, now: datetime) -> bool:
    """Whether the body was signed with the secret, lately. Several `v1` may stand: one must fit."""
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
