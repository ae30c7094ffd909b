"""A ledger that version 0.1.0 made (schema 1) opens, and loses nothing."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session, SQLModel, select

from domain.errors import WorkspaceError
from domain.payload import payload_hashes
from tests.ledger_storage.worlds import NOON, holds, intents
from tools.ledger import audit, effects, identities, leases, meta, migrating, moves, reservations
from tools.ledger.database import Ledger
from tools.ledger.models import AuditRow, EffectRow
from tools.ledger.moves import Hand

SQL = {
    name: Path(__file__).with_name(f"schema_1.{name}.sql").read_text()
    for name in ("sqlite", "postgresql")
}
EFFECT = (
    "INSERT INTO effect (effect_id, run_id, packet_id, candidate, contact_id, agent, channel, "
    "campaign_id, purpose, treatment, action_class, slot_at, local_day, amount, payload_hash, "
    "state, at, attempts) VALUES (:key, 'r1', 'p1', 1, :who, 'email', 'email', 'spring', "
    "'marketing', 'hello', 'marketing', :at, '2026-03-02', 5, 'h', :state, :at, 1)"
)


@pytest.fixture
def old(ledger_url: str) -> Iterator[Ledger]:
    """A ledger of schema 1 with two effects, a pause and three lines of the audit."""
    made = Ledger(ledger_url)
    with made.engine.begin() as connection:
        for statement in SQL[made.engine.dialect.name].split(";"):
            if statement.strip():
                connection.execute(text(statement))
        at = NOON.replace(tzinfo=None) if made.sqlite else NOON
        for key, state in (("e1", "sending"), ("e2", "intent")):
            told = {"key": key, "who": f"of-{key}", "state": state, "at": at}
            connection.execute(text(EFFECT), told)
        connection.execute(
            text(
                "INSERT INTO pause (scope, name, by, reason, at) "
                "VALUES ('all', 'all', 'ada', 'a test', :at)"
            ),
            {"at": at},
        )
        connection.execute(text("INSERT INTO meta VALUES ('schema_version', '1')"))
    with Session(made.engine) as session:
        for state in ("intent", "intent", "sending"):
            audit.append(session, NOON, "relay", "effects", "1 effects", {"states": {"e1": state}})
        session.commit()
    yield made
    made.engine.dispose()


def columns(ledger: Ledger) -> dict[str, set[str]]:
    found = inspect(ledger.engine)
    return {
        table: {one["name"] for one in found.get_columns(table)}
        for table in SQLModel.metadata.tables
    }


def test_it_gains_every_table_and_column_and_keeps_its_rows_and_its_chain(
    old: Ledger, tmp_path: Path
) -> None:
    with old.engine.connect() as connection:
        lines = connection.execute(text("SELECT * FROM audit ORDER BY seq")).all()

    old.create()

    fresh = Ledger.at(tmp_path / "fresh.sqlite")
    fresh.create()
    assert columns(old) == columns(fresh)
    with old.engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM audit ORDER BY seq")).all() == lines
        assert migrating.missing(connection) == []
    with old.read() as session:
        assert audit.verify_chain(session) == []
        assert meta.get(session, "schema_version") == migrating.SCHEMA_VERSION
        one = session.exec(select(EffectRow).where(EffectRow.effect_id == "e1")).one()
        assert (one.state, one.slot_at, one.amount, one.attempts) == ("sending", NOON, 5, 1)
        assert (one.waits, one.parked, one.fence, one.not_before) == (0, False, None, None)


def test_what_is_new_works_on_it(old: Ledger) -> None:
    old.create()
    keeper = leases.Keeper(old, "relay")
    lease = keeper.take()
    assert lease is not None
    assert (lease.fence, lease.unproven) == (1, 0)
    with old.write() as session:
        reservations.free(session, ["e2"])
        assert moves.claim(session, ["e2"], Hand("sandbox", lease.fence, NOON)) == ["e2"]
        moves.orphan(session, ["e1"], True, None, NOON)
        effects.insert_intents(session, intents("b1", amount=5_000_000_000), NOON)
    with old.read() as session:
        amounts = select(EffectRow.amount).where(EffectRow.effect_id == "b1")
        assert session.exec(amounts).one() == 5_000_000_000
        assert audit.verify_chain(session) == []
        assert len(session.exec(select(AuditRow)).all()) == 6


def test_what_is_to_go_out_gets_a_hash_of_its_payload_unless_it_was_altered(old: Ledger) -> None:
    words = {"e2": "of-e2|email|hello", "e3": "of-e3|email|another", "e4": "budget|spring|5"}
    with old.engine.begin() as connection:
        at = NOON.replace(tzinfo=None) if old.sqlite else NOON
        for key in ("e3", "e4"):
            told = {"key": key, "who": f"of-{key}", "state": "intent", "at": at}
            connection.execute(text(EFFECT), told)
        connection.execute(text("UPDATE effect SET amount = NULL WHERE effect_id <> 'e4'"))
        for key, said in words.items():
            change = text("UPDATE effect SET payload_hash = :said WHERE effect_id = :key")
            connection.execute(change, {"key": key, "said": said})

    old.create()

    rows = effects.in_states(old, ("intent",)).sort("effect_id")
    hashed = rows.get_column("payload_hash") == payload_hashes(rows)
    assert dict(zip(rows.get_column("effect_id"), hashed, strict=True)) == {
        "e2": True,
        "e3": False,
        "e4": True,
    }


def test_one_of_schema_5_gains_whose_touch_it_was_and_keeps_since_when_permits_exist(
    ledger_url: str,
) -> None:
    """What its rows hold counts for every agent and theme, since nobody wrote whose it was."""
    five = Ledger(ledger_url)
    five.create()
    with five.write() as session:
        reservations.hold(session, holds("e1"), "r1")
        effects.insert_intents(session, intents("e1"), NOON)
        hashed = session.exec(select(EffectRow.payload_hash)).one()
        meta.put(session, migrating.PERMITS_SINCE, "2026-01-01")
        meta.put(session, "schema_version", "5")
    with five.engine.begin() as connection:
        for column in ("agent", "theme"):
            connection.execute(text(f"ALTER TABLE reservation DROP COLUMN {column}"))

    five.create()

    touches = reservations.touch_log(five)
    assert touches.select("decision_id", "agent", "theme").rows() == [("e1", None, None)]
    with five.read() as session:
        assert meta.get(session, migrating.PERMITS_SINCE) == "2026-01-01"
        assert meta.get(session, "schema_version") == migrating.SCHEMA_VERSION
        assert session.exec(select(EffectRow.payload_hash)).one() == hashed
    five.engine.dispose()


def test_one_of_schema_6_gains_the_record_of_merges(ledger_url: str) -> None:
    six = Ledger(ledger_url)
    six.create()
    with six.engine.begin() as connection:
        connection.execute(text("DROP TABLE identity_merge"))
        connection.execute(text("UPDATE meta SET value = '6' WHERE key = 'schema_version'"))

    six.create()

    assert identities.survivors(six).is_empty()
    with six.read() as session:
        assert meta.get(session, "schema_version") == migrating.SCHEMA_VERSION
    six.engine.dispose()


def test_of_several_processes_that_open_it_at_once_one_brings_it_up(old: Ledger) -> None:
    failed: list[BaseException] = []

    def open_it() -> None:
        mine = Ledger(old.engine.url.render_as_string(hide_password=False))
        try:
            mine.create()
        except BaseException as error:  # noqa: BLE001  asserted below
            failed.append(error)
        finally:
            mine.engine.dispose()

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with old.read() as session:
        assert meta.get(session, "schema_version") == migrating.SCHEMA_VERSION


def test_one_that_died_while_it_was_brought_up_is_as_it_was(
    old: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = inspect(old.engine).get_table_names()

    def dies(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(migrating, "_stamp", dies)
        with pytest.raises(KeyboardInterrupt):
            old.create()

    old.engine.dispose()
    assert inspect(old.engine).get_table_names() == before
    old.create()
    assert "lease" in inspect(old.engine).get_table_names()


def test_a_newer_one_is_refused_with_one_sentence_and_left_alone(ledger: Ledger) -> None:
    with ledger.write() as session:
        meta.put(session, "schema_version", "99")
    with pytest.raises(WorkspaceError, match="has schema 99; this version reads 8") as told:
        ledger.create()
    assert "newer" in told.value.hint
    with ledger.read() as session:
        assert meta.get(session, "schema_version") == "99"


def test_one_whose_tables_are_not_its_versions_is_refused(old: Ledger) -> None:
    with old.engine.begin() as connection:
        connection.execute(text("ALTER TABLE pause ADD COLUMN mood VARCHAR"))
    with pytest.raises(WorkspaceError, match="differs"):
        old.create()
