"""Leaving nothing of what was deleted in the ledger's file."""

from sqlalchemy import text

from domain.errors import BusyError
from tools.ledger.database import Ledger
from tools.ledger.trouble import in_words


def squeeze(ledger: Ledger) -> None:
    """Write the file anew without its free pages, and empty the log beside it. On Postgres the
    server is told to clear up; see docs/decisions/erasure.md for what it keeps.

    Raises BusyError where another process reads on and holds the log.
    """
    ledger.engine.dispose()
    with in_words(ledger.file), ledger.engine.connect() as connection:
        if not ledger.sqlite:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))
            return
        connection.exec_driver_sql("VACUUM")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        raise BusyError(
            "Another process reads the ledger and holds on to what was erased in its log.",
            "Run the same command again: it goes on where it stopped.",
        )
