"""What a hash is taken of, as docs/faults.md says it."""

import hashlib
import json
import unicodedata
from typing import Any


def digest(value: Any) -> str:
    """SHA-256 of JSON with sorted keys, NFC text and no space."""
    text = json.dumps(
        _nfc(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_nfc(name): _nfc(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_nfc(one) for one in value]
    return value
