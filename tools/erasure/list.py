"""The list of erasures in a file beside the ledger, so that a ledger put back from a backup, or a
new one, still knows whom not to reach. It holds tokens and keyed hashes, nothing of a person."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from domain.canonical import canonical

Listed = dict[str, tuple[tuple[str, str], ...]]
"""Token -> (kind, hash) of each way in which the person is known again."""


def listed(file: Path) -> Listed:
    """What the file holds; nothing where there is none."""
    if not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {one["token"]: tuple((kind, key) for kind, key in one["keys"]) for one in lines}


def listed_hashes(known: Listed) -> frozenset[str]:
    return frozenset(key for keys in known.values() for _, key in keys)


def add(file: Path, token: str, keys: Sequence[tuple[str, str]]) -> None:
    """Put one more on the list, whole or not at all; what is known of the token already stays."""
    known = listed(file)
    together = tuple(sorted({*known.get(token, ()), *keys}))
    if known.get(token) != together:
        _write(file, sorted({**known, token: together}.items()))


def _write(file: Path, entries: Iterable[tuple[str, tuple[tuple[str, str], ...]]]) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text("".join(f"{canonical({'token': t, 'keys': keys})}\n" for t, keys in entries))
    part.replace(file)
