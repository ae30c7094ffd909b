"""F41: the connection is lost at COMMIT. Nothing is written twice, and nothing is lost."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from app.compose import House
from app.storage_watch import StorageWatch
from domain.errors import StorageError, UncertainCommitError
from evals.faults.world import START, open_at, plant
from graph.opening import open_run
from tests.ledger_storage.worlds import LATER, NOON, holds, intents, packet, statements
from tests.relay.conftest import KEYED, Hands, Post
from tests.relay.twin import Twin
from tools.ledger import (
    audit,
    consents,
    controls,
    effects,
    engines,
    meta,
    moves,
    packets,
    reservations,
    reviews,
    runs,
    verify,
    voting,
)
from tools.ledger.database import Ledger
from tools.ledger.models import AuditRow, ConsentRow, EffectRow, PauseRow, ReservationRow, VoteRow
from tools.ledger.moves import Hand

Change = Callable[[Session], Any]
WHENS = pytest.mark.parametrize("when", ["before", "after"])
"""The server never got the COMMIT, or did it and could not say so."""


@dataclass
class Cut:
    commits: int = 0
    happened: bool = False


@contextmanager
def cut_at_commit(ledger: Ledger, when: str, number: int = 1) -> Iterator[Cut]:
    """The connection is lost at the so manieth COMMIT from now on."""
    really, cut = ledger.engine.dialect.do_commit, Cut()

    def commit(connection: Any) -> None:
        cut.commits += 1
        if cut.commits != number:
            return really(connection)
        cut.happened = True
        if when == "before":
            end(ledger, connection.dbapi_connection.info.backend_pid)
            return really(connection)
        really(connection)
        connection.dbapi_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    ledger.engine.dialect.do_commit = commit  # type: ignore[method-assign]
    try:
        yield cut
    finally:
        ledger.engine.dialect.do_commit = really  # type: ignore[method-assign]


def end(ledger: Ledger, backend: int) -> None:
    url = ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (backend,))


@pytest.fixture
def server(postgres: str) -> Iterator[Ledger]:
    made = Ledger(postgres)
    made.create()
    yield made
    made.engine.dispose()


def plan(session: Session) -> None:
    reservations.hold(session, holds("e1", "e2"), "r1")
    effects.insert_intents(session, intents("e1", "e2"), NOON)


def ask(session: Session) -> None:
    packets.save(session, packet(), NOON)
    reviews.open_review(session, packet(), NOON, LATER)


def approve(session: Session) -> None:
    said = voting.decide(
        session,
        packet_id="p1",
        version=1,
        payload_hash=packet().payload_hash,
        person_id="ada",
        roles=["reviewer"],
        verdict="approve",
        at=NOON,
    )
    assert said.kind == "decided" or (said.kind == "already_decided" and said.same)


def nothing(_: Session) -> None:
    return None


CHANGES: dict[str, tuple[Change, Change]] = {
    "intents": (nothing, plan),
    "a claim": (plan, lambda session: moves.claim(session, ["e1"], Hand("sandbox", 1, NOON))),
    "consents": (nothing, lambda session: consents.record(session, statements("ada", "bob"))),
    "a suppression": (
        nothing,
        lambda session: consents.suppress(session, "bob", NOON, "complaint", "provider"),
    ),
    "a withdrawal": (
        nothing,
        lambda session: consents.withdraw(session, "bob", "email", "marketing", NOON, "link"),
    ),
    "an approval": (ask, approve),
    "a pause": (
        nothing,
        lambda session: controls.pause(session, "channel", "email", "ada", "why", NOON),
    ),
}
COUNTED = (ConsentRow, EffectRow, ReservationRow, VoteRow, PauseRow)


def record(ledger: Ledger) -> dict[str, Any]:
    """How many rows of each kind there are, and what the audit says."""
    with ledger.read() as session:
        assert audit.verify_chain(session) == []
        said: dict[str, Any] = {kind.__name__: count(session, kind) for kind in COUNTED}
        lines = session.exec(select(AuditRow).order_by(AuditRow.seq))  # type: ignore[arg-type]
        said["audit"] = [(one.kind, one.subject, one.payload) for one in lines]
    return said


def count(session: Session, kind: Any) -> int:
    return len(session.exec(select(kind)).all())


def trouble_of(work: Callable[[], Any]) -> str | None:
    """The kind of trouble that the work met; None where it met none."""
    try:
        work()
    except StorageError as error:
        return error.kind
    return None


def write(ledger: Ledger, change: Change) -> None:
    with ledger.write() as session:
        change(session)


def untroubled(folder: Path, name: str) -> dict[str, Any]:
    ledger = Ledger.at(folder / "calm.sqlite")
    ledger.create()
    for change in CHANGES[name]:
        write(ledger, change)
    return record(ledger)


@WHENS
@pytest.mark.parametrize("name", CHANGES)
def test_F41_a_change_whose_commit_got_no_answer_is_there_once_after_it_is_repeated(
    server: Ledger, tmp_path: Path, name: str, when: str
) -> None:
    before, change = CHANGES[name]
    write(server, before)

    with cut_at_commit(server, when):
        found = trouble_of(lambda: write(server, change))

    assert found == ("unreachable" if when == "before" else None)
    write(server, change)  # whoever was not told does it again
    assert record(server) == untroubled(tmp_path, name)


@WHENS
def test_F41_where_nobody_can_say_the_caller_is_told_so_and_repeating_it_is_safe(
    server: Ledger, tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> bool:
        raise OperationalError("SELECT", {}, psycopg.OperationalError("no server"))

    watch = StorageWatch(server)
    with monkeypatch.context() as patch, cut_at_commit(server, when):
        patch.setattr(engines, "was_kept", unreachable)
        with pytest.raises(UncertainCommitError, match="not known") as told:
            write(server, plan)
    assert told.value.kind == "uncertain"
    assert not watch.guard(lambda: again(told.value))
    assert watch.halt is told.value

    assert watch.guard(lambda: write(server, plan))
    assert record(server) == untroubled(tmp_path, "intents")


def again(error: Exception) -> None:
    raise error


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lost") / "workspace"
    plant(folder)
    return folder


@pytest.fixture
def house_on_postgres(planted: Path, server: Ledger, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(planted, tmp_path / "workspace")
    made = open_at(
        tmp_path / "workspace", Hands(START), str(server.engine.url.render_as_string(False))
    )
    people = [f"c{n:02d}" for n in range(3)]
    write(made.tower.ledger, lambda session: consents.record(session, statements(*people)))
    yield made
    made.tower.ledger.engine.dispose()


@WHENS
def test_F41_whichever_commit_of_a_pass_gets_no_answer_each_effect_happens_once(
    house_on_postgres: House, when: str
) -> None:
    tower, clock = house_on_postgres.tower, Hands(START)
    at = Post(tower, clock, Twin(KEYED))
    for number in range(1, 20):
        key = at.intend_budget(1000 + number, f"campaign-{number}")
        with cut_at_commit(tower.ledger, when, number) as cut:
            assert trouble_of(at.deliver) in (None, "unreachable")
        at.deliver()
        at.deliver()
        assert at.states()[key] == "accepted", number
        assert at.twin.acts[key] == 1, number
        if not cut.happened:
            break
    assert number > 4  # the lease, the claim, the answer, the lease given back
    assert all(one.ok for one in verify.verify(tower.ledger, tower.workspace.runs_folder))


@WHENS
def test_F41_a_run_whose_opening_got_no_answer_is_opened_once(
    house_on_postgres: House, when: str
) -> None:
    tower = house_on_postgres.tower
    with cut_at_commit(tower.ledger, when):
        found = trouble_of(lambda: open_run(tower, "morning", "a slot"))
    assert found == ("unreachable" if when == "before" else None)
    run_id = open_run(tower, "morning", "a slot")
    assert runs.unfinished(tower.ledger) == [run_id]
    with tower.ledger.read() as session:
        lines = session.exec(select(AuditRow).where(AuditRow.kind == "run_opened")).all()
    assert len(lines) == 1


def test_F41_a_connection_lost_before_the_commit_leaves_nothing(server: Ledger) -> None:
    def change(session: Session) -> None:
        meta.put(session, "said", "hello")
        session.flush()
        pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        end(server, int(pid))

    with pytest.raises(StorageError) as told:
        write(server, change)
    assert told.value.kind == "unreachable"
    with server.read() as session:
        assert meta.get(session, "said") is None
