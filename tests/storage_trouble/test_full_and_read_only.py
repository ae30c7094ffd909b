"""F40: a ledger that is full or can only be read halts the house, and nothing else."""

import logging
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from app import serving
from app.api import build_api
from app.compose import House
from app.reading import in_keys
from app.relay import Delivered
from app.serving import HouseReading, HouseWork
from app.storage_watch import StorageWatch
from domain.errors import StorageError
from evals.faults.world import START
from tests.relay.conftest import KEYED, Post
from tests.storage_trouble.troubles import trouble
from tools.ledger import audit, meta
from tools.ledger.database import Ledger
from tools.ledger.leases import holder_of
from tools.ledger.probing import probe

KINDS = pytest.mark.parametrize("kind", ["full", "read_only"])


@KINDS
def test_F40_a_write_that_has_no_room_or_no_leave_says_so_and_what_to_do(
    ledger: Ledger, kind: str
) -> None:
    with (
        trouble(ledger, kind),
        pytest.raises(StorageError) as told,
        ledger.write() as session,
    ):
        meta.put(session, "much", "x" * 100_000)
    assert told.value.kind == kind
    assert "by itself" in told.value.hint


@KINDS
def test_F40_a_probe_finds_the_trouble_and_its_end_and_reading_goes_on(
    ledger: Ledger, kind: str
) -> None:
    with ledger.write() as session:
        meta.put(session, "said", "hello")
    with trouble(ledger, kind):
        found = probe(ledger)
        assert found is not None
        assert found.kind == kind
        with ledger.read() as session:
            assert meta.get(session, "said") == "hello"
    assert probe(ledger) is None


@KINDS
def test_F40_no_call_is_made_whose_claim_can_not_be_written(
    post: Callable[..., Post], kind: str
) -> None:
    at = post(KEYED)
    ids = at.intend(*(f"c{n:02d}" for n in range(12)))

    with trouble(at.tower.ledger, kind):
        fill(at.tower.ledger)
        with pytest.raises(StorageError) as told:
            at.deliver()
        reached = holder_of(at.tower.ledger, "relay") is not None

    assert told.value.kind == kind
    assert reached == (kind == "full")  # full, it came as far as the claim
    assert (at.twin.calls, set(at.states().values())) == ([], {"intent"})
    at.deliver()
    assert at.twin.acts == dict.fromkeys(ids, 1)


def fill(ledger: Ledger) -> None:
    """Use up what room is left for lines of the audit."""
    while kept(ledger):
        continue


def kept(ledger: Ledger) -> bool:
    try:
        with ledger.write() as session:
            audit.append(session, START, "test", "said", "x", {})
    except StorageError:
        return False
    return True


@KINDS
def test_F40_the_house_halts_says_so_everywhere_and_goes_on_by_itself(
    house: House, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work, ledger = HouseWork(house), house.tower.ledger
    api = TestClient(build_api(HouseReading(house)), base_url="http://127.0.0.1:8765")
    ran: list[str] = []

    def deliver(*_: object) -> Delivered:
        write(ledger)
        ran.append("it")
        return Delivered()

    monkeypatch.setattr(serving.running, "deliver", deliver)

    with trouble(ledger, kind), caplog.at_level(logging.WARNING):
        for job in (work.deliver, work.expire, lambda: work.run("morning", START)):
            job()
        health = api.get("/health")
        assert house.storage.halt is not None
        said = in_keys(house.storage.halt)

    assert ran == []
    assert (health.status_code, health.json()["state"]) == (503, "halted: storage")
    assert kind in health.json()["storage"]
    assert said is not None
    assert (said["by"], said["kind"]) == ("storage", kind)
    assert [one.getMessage().split(".")[0] for one in caplog.records] == [
        f"halted: storage ({kind})"
    ]
    work.deliver()
    assert ran == ["it"]
    assert (api.get("/health").json()["state"], house.storage.halt) == ("ok", None)


def write(ledger: Ledger) -> None:
    with ledger.write() as session:
        meta.put(session, "much", "x" * 100_000)


def test_F40_work_that_writes_nothing_does_not_end_a_halt(ledger: Ledger) -> None:
    watch = StorageWatch(ledger)
    done: list[int] = []
    with trouble(ledger, "read_only"):
        watch.guard(lambda: write(ledger))
        assert not watch.guard(lambda: done.append(1))
    assert watch.guard(lambda: done.append(2))
    assert (done, watch.halt) == ([2], None)


def test_F40_a_full_disk_under_the_tables_halts_too_and_a_bug_does_not(ledger: Ledger) -> None:
    watch = StorageWatch(ledger)

    def no_space() -> None:
        raise OSError(28, "No space left on device")

    def bug() -> None:
        raise FileNotFoundError(2, "No such file")

    assert not watch.guard(no_space)
    assert watch.halt is not None
    assert watch.halt.kind == "full"
    with pytest.raises(FileNotFoundError):
        watch.guard(bug)
    assert watch.halt is None  # the probe before it succeeded


def test_F40_what_was_never_written_is_no_trouble_of_the_storage(house: House) -> None:
    with pytest.raises(StorageError) as told:
        house.tower.folder("run-1").read("facts")
    assert told.value.kind == "missing"
    with pytest.raises(StorageError):
        house.storage.guard(lambda: house.tower.folder("run-1").read("facts"))
    assert house.storage.halt is None


@contextmanager
def no_room_at_all() -> Iterator[None]:
    """This process can make no file longer, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def at_rest(tmp_path: Path) -> Ledger:
    """A ledger that nobody has open: it lies in one file, and none is beside it."""
    made = Ledger.at(tmp_path / "ledger.sqlite")
    made.create()
    write(made)
    made.engine.dispose()
    return made


def test_F40_a_ledger_beside_which_nothing_can_be_made_is_still_read(at_rest: Ledger) -> None:
    with no_room_at_all():
        at_rest.create()
        with at_rest.read() as session:
            read = meta.get(session, "much")
        found = probe(at_rest)

    assert read == "x" * 100_000
    assert found is not None
    assert found.kind == "unreachable"
    assert probe(at_rest) is None


def test_F40_what_lies_in_a_log_that_can_not_be_opened_is_not_passed_over(
    at_rest: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "ledger.sqlite-wal").write_bytes(b"something was committed here")
    with no_room_at_all(), pytest.raises(StorageError), at_rest.read():
        pass


@pytest.mark.parametrize(
    ("free", "flags", "kind"),
    [(0, 0, "full"), (10**9, os.ST_RDONLY, "read_only"), (10**9, 0, "unreachable")],
)
def test_F40_where_sqlite_can_not_say_why_the_disk_is_asked(
    at_rest: Ledger, monkeypatch: pytest.MonkeyPatch, free: int, flags: int, kind: str
) -> None:
    disk = SimpleNamespace(f_flag=flags, f_bavail=free, f_frsize=1)
    monkeypatch.setattr("tools.ledger.trouble.os.statvfs", lambda _: disk)
    with no_room_at_all():
        found = probe(at_rest)
    assert found is not None
    assert found.kind == kind
