"""F39: somebody else holds the ledger's lock. We wait for our turn, or halt and try again."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.compose import House
from app.serving import HouseWork
from domain.errors import StorageError
from tests.ledger_storage.worlds import NOON
from tests.relay.conftest import KEYED, LOOKED_UP, Post
from tests.relay.twin import Twin, does_nothing_and_is_not_heard, well
from tools.clock import stopwatch
from tools.connectors.protocols import Delivery, Receipt
from tools.ledger import audit, meta
from tools.ledger.database import Ledger
from tools.ledger.engines import BUSY_SECONDS

really = Ledger.write


@contextmanager
def locked(ledger: Ledger) -> Iterator[None]:
    """Another program holds the lock while this lasts."""
    other = Ledger(ledger.engine.url.render_as_string(hide_password=False))
    with really(other):
        yield
    other.engine.dispose()


@contextmanager
def locked_for(ledger: Ledger, seconds: float) -> Iterator[None]:
    """Another program holds it for so long, from now on."""
    held = threading.Event()

    def hold() -> None:
        with locked(ledger):
            held.set()
            threading.Event().wait(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    yield
    thread.join()


def count(ledger: Ledger, seconds: float = 30.0) -> None:
    with ledger.write(seconds) as session:
        meta.put(session, "count", str(int(meta.get(session, "count") or 0) + 1))
        audit.append(session, NOON, "test", "counted", "count", {})


def counted(ledger: Ledger) -> tuple[str | None, list[str]]:
    with ledger.read() as session:
        return meta.get(session, "count"), audit.verify_chain(session)


def test_F39_a_write_waits_for_its_turn_and_is_done_once(ledger: Ledger) -> None:
    started = stopwatch()
    with locked_for(ledger, 0.3):
        count(ledger)
    assert stopwatch() - started >= 0.3
    assert counted(ledger) == ("1", [])


def test_F39_a_connection_of_sqlite_waits_as_long_as_the_house_says_from_its_first_statement_on(
    tmp_path: Path,
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with ledger.engine.connect() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    ledger.engine.dispose()
    assert waits == BUSY_SECONDS * 1000


def test_F39_the_wait_is_bounded_and_nothing_of_the_transaction_was_begun(ledger: Ledger) -> None:
    begun: list[int] = []
    with locked(ledger), pytest.raises(StorageError) as told, ledger.write(0.1):
        begun.append(1)
    assert (told.value.kind, begun) == ("locked", [])
    count(ledger)
    assert counted(ledger) == ("1", [])


def test_F39_reading_waits_for_nobody(ledger: Ledger) -> None:
    count(ledger)
    with locked(ledger):
        assert counted(ledger) == ("1", [])


def test_F39_who_waits_asks_again_after_waits_that_differ(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Postgres the server queues; on SQLite those who began to wait together must not ask
    together."""
    ledger = Ledger.at(tmp_path / "ledger.sqlite")
    ledger.create()
    waits: list[float] = []
    sleep = threading.Event().wait
    monkeypatch.setattr(
        "tenacity.nap.time.sleep", lambda seconds: (waits.append(seconds), sleep(seconds))
    )
    with locked(ledger), pytest.raises(StorageError), ledger.write(0.3):
        pass
    assert len(waits) > 3
    assert len(set(waits)) == len(waits)
    assert max(waits) <= 0.3


def test_F39_a_short_lock_holds_deliveries_back_and_a_long_one_halts_until_it_is_gone(
    house: House, post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, work = post(KEYED), HouseWork(house)
    monkeypatch.setattr("app.serving.running.deliver", lambda *_: at.deliver())
    monkeypatch.setattr("app.serving.BREATH_SECONDS", 0.0)
    (first,) = at.intend("c00")
    with locked_for(house.tower.ledger, 0.2):
        work.deliver()
    assert at.twin.acts == {first: 1}

    (second,) = at.intend("c01")
    monkeypatch.setattr(Ledger, "write", lambda self, seconds=0.1: really(self, min(seconds, 0.1)))
    with locked(house.tower.ledger):
        for _ in range(2):
            work.deliver()
        halt = house.storage.halt
    assert halt is not None
    assert halt.kind == "locked"
    assert at.twin.acts == {first: 1}

    work.deliver()
    assert house.storage.halt is None
    assert at.twin.acts == {first: 1, second: 1}


class Meddler(Twin):
    """A provider that needs the ledger itself while it is called: whoever holds it then waits for
    ever."""

    ledger: Ledger
    written: int = 0

    def _write(self) -> None:
        assert not self.ledger.writing
        count(self.ledger, 0.2)
        self.written += 1

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        self._write()
        return super().deliver(batch)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        self._write()
        return super().lookup(keys)

    def budget(self, campaign_id: str) -> int | None:
        self._write()
        return super().budget(campaign_id)


def test_F39_no_provider_is_called_while_a_transaction_is_held(post: Callable[..., Post]) -> None:
    at = post(LOOKED_UP)
    other = Ledger(at.tower.ledger.engine.url.render_as_string(hide_password=False))
    meddler = Meddler(LOOKED_UP, modes=[does_nothing_and_is_not_heard, well])
    meddler.ledger = other
    at.twin = meddler
    at.restart()
    (touch,) = at.intend("c00")

    at.deliver()  # called, and not heard
    at.deliver()  # looked up, and handed over again
    budget = at.intend_budget(900)
    at.deliver()  # read, set, read back

    assert at.states() == {touch: "accepted", budget: "accepted"}
    assert meddler.written >= 6
    assert counted(other) == (str(meddler.written), [])
    other.engine.dispose()
