"""The ledger's essentials, on SQLite and on Postgres."""

from tools.ledger import meta
from tools.ledger.database import Ledger


def test_what_one_writes_another_reads(ledger: Ledger) -> None:
    with ledger.write() as session:
        meta.put(session, "said", "hello")
    with ledger.read() as session:
        assert meta.get(session, "said") == "hello"
