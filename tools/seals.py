"""Seals: an HMAC over what we wrote, by a key that does not lie beside it in the same file."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY_BYTES = 32
OWNER_ONLY = 0o600

Part = str | int | bytes | None


def key_in(file: Path) -> bytes:
    """The key that the file holds; made where there is none, for its owner's eyes only."""
    if not file.exists():
        _make(file)
    if file.stat().st_mode & 0o077:
        file.chmod(OWNER_ONLY)
    return file.read_bytes()


def _make(file: Path) -> None:
    """Whole or not at all; of two processes that make it at once the first wins."""
    part = file.with_suffix(f".{os.getpid()}.part")
    target = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(target, "wb") as out:
        out.write(secrets.token_bytes(KEY_BYTES))
    try:
        os.link(part, file)
    except FileExistsError:
        return
    finally:
        part.unlink()


def seal(key: bytes, *parts: Part) -> str:
    """HMAC-SHA256 over the parts, each with its type and length, as hexadecimal digits."""
    return hmac.new(key, b"".join(_framed(one) for one in parts), hashlib.sha256).hexdigest()


def same(one: str | None, other: str) -> bool:
    """Whether two seals agree, compared in constant time."""
    return one is not None and hmac.compare_digest(one, other)


def _framed(part: Part) -> bytes:
    kind = type(part).__name__.encode()
    body = part if isinstance(part, bytes) else b"" if part is None else str(part).encode()
    return kind + b":" + str(len(body)).encode() + b":" + body
