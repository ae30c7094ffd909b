"""Whether the ledger can be written right now: one tiny write, taken back by another."""

from domain.errors import StorageError
from tools.ledger import meta
from tools.ledger.database import Ledger

KEY = "storage_probe"
ROOM = "." * 16_384
"""More than a page, so that the engine has to find room for it."""
SECONDS = 5.0
"""How long it waits for its turn."""


def probe(ledger: Ledger, seconds: float = SECONDS) -> StorageError | None:
    """The trouble that keeps the ledger from being written, or None."""
    try:
        for value in (ROOM, ""):
            with ledger.write(seconds) as session:
                meta.put(session, KEY, value)
    except StorageError as error:
        return error
    return None
