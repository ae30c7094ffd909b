"""Real trouble for a ledger: the engine itself refuses, until the trouble is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from tools.ledger.database import Ledger

Trouble = Callable[[Ledger], Any]
SAID: dict[tuple[str, bool], str] = {
    ("read_only", True): "PRAGMA query_only = ON",
    ("read_only", False): "SET default_transaction_read_only = on",
    ("full", True): "PRAGMA max_page_count = 1",
}
NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$
"""
HELD = ("meta", "effect", "lease", "audit")


@contextmanager
def trouble(ledger: Ledger, kind: str) -> Iterator[None]:
    """While it lasts the ledger is full or read_only."""
    said = SAID.get((kind, ledger.sqlite))
    if said is None:
        with _server_without_room(ledger):
            yield
        return

    def tell(connection: Any, _: Any) -> None:
        connection.execute(said)
        if not ledger.sqlite:
            connection.commit()

    event.listen(ledger.engine, "connect", tell)
    ledger.engine.dispose()
    try:
        yield
    finally:
        event.remove(ledger.engine, "connect", tell)
        ledger.engine.dispose()


@contextmanager
def _server_without_room(ledger: Ledger) -> Iterator[None]:
    with ledger.engine.begin() as connection:
        connection.execute(text(NO_ROOM))
        for table in HELD:
            connection.execute(
                text(
                    f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} "
                    "EXECUTE FUNCTION no_room()"
                )
            )
    try:
        yield
    finally:
        with ledger.engine.begin() as connection:
            connection.execute(text("DROP FUNCTION no_room CASCADE"))
