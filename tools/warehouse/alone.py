"""One process at a time changes the warehouse; who only reads waits for nobody.

SQLite's lock on an empty file: every system has it, and the system itself lets go of it where its
holder dies.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tools.ledger.trouble import kind_of_sqlite, told

BUSY_SECONDS: Final = 30.0
NAME: Final = ".changing"


@contextmanager
def alone_in(folder: Path, seconds: float = BUSY_SECONDS) -> Iterator[None]:
    """Nobody else changes what is in the folder; not to be taken twice by one thread.

    Raises StorageError where others kept it for so many seconds, or its disk is in trouble.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with closing(_locked(folder / NAME, seconds)):
        yield


def _locked(file: Path, seconds: float) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(file, timeout=seconds, isolation_level=None)
    except sqlite3.Error as error:
        raise told(kind_of_sqlite(error, file), str(error), "the warehouse") from error
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        connection.close()
        raise told(kind_of_sqlite(error, file), str(error), "the warehouse") from error
    return connection
