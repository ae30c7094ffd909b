"""Watching the storage: in trouble the house halts, says why, and goes on by itself afterwards.

The halt can't stand in the ledger, which can't be written then: it is held in memory, and found
anew by a tiny write.
"""

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.errors import StorageError, StorageTrouble
from tools.ledger.database import Ledger
from tools.ledger.probing import probe
from tools.ledger.trouble import told

LOG = logging.getLogger("clearance.storage")
OF_FILES: dict[int, StorageTrouble] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EIO: "unreachable",
}
"""What a file system says when tables of the warehouse or of a run can't be written."""


@dataclass
class StorageWatch:
    ledger: Ledger
    halt: StorageError | None = None
    """The trouble found last, None where none stands."""

    def guard(self, work: Callable[[], object]) -> bool:
        """Do the work unless the storage is still in trouble; whether it was done.

        Trouble that it meets halts the house; any other error passes.
        """
        if self.halt is not None and self.look() is not None:
            return False
        try:
            work()
        except (StorageError, OSError) as error:
            found = trouble_in(error)
            if found is None:
                raise
            self._note(found)
            return False
        return True

    def look(self) -> StorageError | None:
        """The trouble as of now, found by a tiny write."""
        self._note(probe(self.ledger))
        return self.halt

    def _note(self, found: StorageError | None) -> None:
        if found is not None and (self.halt is None or self.halt.kind != found.kind):
            LOG.error("halted: storage (%s). %s", found.kind, found)
        if found is None and self.halt is not None:
            LOG.warning("storage can be written again; work goes on")
        self.halt = found


def trouble_in(error: Exception) -> StorageError | None:
    """The trouble with the storage that an error tells of; None where it tells of none."""
    if isinstance(error, StorageError):
        return None if error.kind == "missing" else error
    kind = OF_FILES.get(error.errno or 0) if isinstance(error, OSError) else None
    return None if kind is None else told(kind, str(error), "the workspace")


def in_keys(halt: StorageError | None) -> dict[str, Any] | None:
    """The halt in the documented keys of `clearance status --json`."""
    if halt is None:
        return None
    return {"by": "storage", "kind": halt.kind, "reason": halt.message, "do": halt.hint}


def in_a_sentence(halt: StorageError) -> str:
    """The halt as one line for people."""
    return f"halted: storage ({halt.kind}). {halt}"
