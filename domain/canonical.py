"""One canonical form of a payload, shared by what is shown, what is hashed and what is executed."""

import hashlib
import json
import unicodedata
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import BaseModel


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return _plain(value.model_dump())
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case str():
            return unicodedata.normalize("NFC", value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() | time():
            return value.isoformat()
        case _:
            return value


def canonical(value: Any) -> str:
    """JSON with sorted keys, NFC text, UTC instants and no insignificant space.

    Floats print by shortest round trip; NaN and infinity raise ValueError.
    """
    return json.dumps(
        _plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
