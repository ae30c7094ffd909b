"""Contact law, L5: who is erased is gone, and what happened can still be proven."""

import shutil
import sqlite3

import polars as pl
import pytest
from sqlmodel import select

from app import running
from app.erasing import contacts_named, erase, erase_again
from app.measuring import verify_record
from app.turns import turn_of
from domain.errors import BusyError, RefusedError
from graph.erased import erased_again
from tests.erasure.conftest import EMAIL, PERSON, WORDS, Place, effects_of, intend, is_sound
from tests.erasure.scanning import traces
from tools import faultpoints
from tools.ledger.leases import who_am_i
from tools.ledger.models import AuditRow, ErasureRow

CORNERS = (
    "ledger.sqlite",
    "checkpoints.sqlite",
    "sandbox/provider.sqlite",
    "warehouse/contacts.parquet",
    "warehouse/events.parquet",
    "observations.parquet",
    "decisions.parquet",
    "quarantine/",
    "logs/serve.log",
    ".part",
)


class Killed(BaseException):
    """The process is no more."""


def erased(place: Place) -> None:
    for contact in contacts_named(place.house, PERSON):
        assert erase(place.house, contact, "olga").done


@pytest.mark.parametrize("corner", CORNERS)
def test_the_scan_finds_the_person_in_every_corner_before(place: Place, corner: str) -> None:
    assert any(corner in one for one in traces(place.folder, *WORDS))
    assert traces(place.outside, PERSON)


def test_L5_no_file_of_the_workspace_holds_a_word_of_an_erased_person(place: Place) -> None:
    erased(place)

    parts = ("Zozo-Uschi", EMAIL.split("@")[0], "55504711", "5550 4711")
    assert traces(place.folder, *WORDS, *parts) == []
    assert traces(place.outside, *WORDS, *parts) == []


def test_L5_the_record_still_proves_itself_after_an_erasure(place: Place) -> None:
    assert is_sound(place)
    token = erase(place.house, PERSON, "olga").token

    assert is_sound(place)
    assert effects_of(place, token).filter(pl.col("state") == "accepted").height == 1


def test_L5_what_waits_for_the_person_is_refused_first(place: Place) -> None:
    intend(place, PERSON, "c01")

    told = erase(place.house, PERSON, "olga")
    running.deliver(place.house, lambda _: None)

    states = effects_of(place, told.token).select("state", "reason").rows()
    assert told.refused == 1
    assert ("skipped", "erased_or_suppressed") in states
    assert ("accepted", None) in effects_of(place, "c01").select("state", "reason").rows()


def test_L5_erased_twice_is_erased_once(place: Place) -> None:
    erased(place)
    with place.house.tower.ledger.read() as session:
        before = len(session.exec(select(AuditRow.seq)).all())

    again = erase(place.house, PERSON, "olga")

    with place.house.tower.ledger.read() as session:
        assert len(session.exec(select(AuditRow.seq)).all()) == before
    assert (again.rows, again.files, again.threads, again.known_before) == ({}, 0, 0, True)


@pytest.mark.parametrize("commits", range(1, 10))
def test_L5_broken_off_anywhere_the_same_command_finishes_it(
    place: Place, commits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [commits]

    def strike(point: str, _: str) -> None:
        left[0] -= point == "ledger.committed"
        if left[0] == 0:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(faultpoints, "strike", strike)
        with pytest.raises(Killed):
            erased(place)
    monkeypatch.setattr("tools.ledger.leases._may_live", lambda _: False)

    erased(place)

    assert traces(place.folder, *WORDS) == []
    assert is_sound(place)


def test_L5_who_erased_when_is_recorded_and_not_whom(place: Place) -> None:
    erased(place)

    with place.house.tower.ledger.read() as session:
        row = session.exec(select(ErasureRow)).one()
        lines = select(AuditRow.kind).where(AuditRow.subject == row.token)
        kinds = set(session.exec(lines))
        assert (row.state, row.by) == ("done", "olga")
    assert kinds >= {"erasure_begun", "audit_blanked", "tables_rewritten", "erasure_done"}


@pytest.mark.parametrize("column", ["payload", "subject"])
def test_L5_a_blanked_line_is_as_hard_to_change_as_any_other(place: Place, column: str) -> None:
    erased(place)
    with place.house.tower.ledger.write() as session:
        line = session.exec(select(AuditRow).where(AuditRow.kind == "noted")).one()
        setattr(line, column, '{"text":"nobody rang"}')
        session.add(line)

    assert not is_sound(place)


def test_L5_a_line_that_no_erasure_blanked_is_a_forgery(place: Place) -> None:
    with place.house.tower.ledger.write() as session:
        line = session.exec(select(AuditRow).where(AuditRow.kind == "noted")).one()
        line.payload = '{"text":"[erased] rang: [erased]"}'
        session.add(line)

    assert not is_sound(place)


def test_L5_an_erasure_does_not_bless_a_table_that_was_altered_before(place: Place) -> None:
    file = next(place.folder.glob("runs/*/decisions.parquet"))
    other = next(place.folder.glob("runs/*/observations.parquet"))
    file.write_bytes(other.read_bytes())

    erased(place)

    checks = {one["check"]: one for one in verify_record(place.house)["checks"]}
    assert (
        "decisions was altered" in checks["Every run's tables are as they were committed"]["detail"]
    )


def test_L5_another_contact_with_the_same_address_is_the_same_person(place: Place) -> None:
    people = place.house.tower.warehouse.table("contacts")
    other = people.filter(pl.col("contact_id") == PERSON).with_columns(contact_id=pl.lit("c01"))
    place.house.tower.warehouse.merge("contacts", other)

    assert contacts_named(place.house, EMAIL.upper()) == [PERSON, "c01"]
    assert contacts_named(place.house, PERSON) == contacts_named(place.house, EMAIL)


def test_L5_nobody_is_erased_whom_nobody_knows(place: Place) -> None:
    with pytest.raises(RefusedError):
        contacts_named(place.house, "nobody@nowhere.example")


def test_L5_where_a_reader_holds_on_to_the_log_the_erasure_is_not_called_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.ledger.engines.BUSY_SECONDS", 0.2)
    reader = sqlite3.connect(place.folder / "ledger.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM consent").fetchone()

    with pytest.raises(BusyError):
        erased(place)
    reader.close()
    erased(place)

    assert traces(place.folder, *WORDS) == []


def test_L5_a_backup_that_is_put_back_is_erased_from_again(place: Place) -> None:
    """The list of keyed hashes is no part of what is put back."""
    backup = place.outside.with_name("backup")
    place.house.tower.ledger.engine.dispose()
    shutil.copytree(place.folder, backup)
    erased(place)
    place.house.tower.ledger.engine.dispose()
    for name in ("erasure.key", "erasures.jsonl"):
        shutil.copyfile(place.folder / name, backup / name)
    shutil.rmtree(place.folder)
    shutil.copytree(backup, place.folder)

    house = place.again()
    assert erased_again(house.tower) == {PERSON}
    assert not is_sound(place)
    told = erase_again(house, "olga")

    assert [one.done for one in told] == [True]
    assert traces(place.folder, *WORDS) == []
    assert is_sound(place)


def test_L5_a_person_is_not_erased_while_a_run_goes_on(place: Place) -> None:
    place.house.run_keeper.holder = who_am_i().rpartition("/")[0] + "/another"

    with turn_of(place.again()), pytest.raises(BusyError):
        erased(place)
