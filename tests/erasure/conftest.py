"""A tiny workspace whose run is over, and a person of it who left words in every corner."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from app import running
from app.compose import House
from app.exporting import export
from app.initialising import import_into
from app.measuring import verify_record
from evals.faults.world import SCHEDULE, SLOT, START, Ledgers, make_world, open_at
from graph.reserving import payload_hashes
from tests.ledger_storage import worlds
from tests.relay.conftest import Hands
from tools.ledger import audit, consents, effects
from tools.ledger.models import FeedbackRow

PERSON = "C-4711-x"
NAME = "Zoë Überschär"
EMAIL = "Zoe.Ueberschaer@Leak.Example"
PHONE = "+49 30 5550 4711"
WORDS = (PERSON, NAME, EMAIL, PHONE)


@dataclass
class Place:
    """A house, and where things lie."""

    house: House
    folder: Path
    outside: Path
    """A folder of somebody's own, with exports."""

    def again(self) -> House:
        """The house as a new process opens it."""
        return open_at(self.folder, self.house.tower.clock)


@pytest.fixture(scope="session")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with this person: decided, committed, delivered; then their words in every corner."""
    folder = tmp_path_factory.mktemp("erasure")
    make_world(folder, Ledgers())
    shutil.rmtree(folder / "ready")
    house = open_at(folder / "fresh", Hands(START))
    _add_person(house, folder)
    running.run(house, SCHEDULE, SLOT, lambda _: None)
    _leave_words(house)
    house.tower.ledger.engine.dispose()
    return folder / "fresh"


def _add_person(house: House, scratch: Path) -> None:
    told = {"contact_id": PERSON, "account_id": "acme", "name": NAME, "email": EMAIL}
    row = {**told, "phone": PHONE, "country": "DE", "timezone": "Europe/Berlin"}
    row |= {"created_at": START - timedelta(days=90), "nickname": "Zozo-Uschi"}
    _import(house, scratch, "contacts", row)
    enrolled = {"contact_id": PERSON, "sequence_id": "spring", "step": 1, "state": "active"}
    entered = {"entered_at": START - timedelta(days=9), "next_at": START}
    _import(house, scratch, "enrolments", {**enrolled, **entered})
    for channel in ("email", "call", "ads"):
        said = {"contact_id": PERSON, "channel": channel, "purpose": "marketing"}
        more = {"state": "granted", "source": f"form of {EMAIL}", "external_id": EMAIL.upper()}
        _import(house, scratch, "consents", {**said, **more, "at": START - timedelta(days=60)})
    touched = {"touch_id": f"mail to {PERSON}", "contact_id": PERSON, "channel": "email"}
    _import(house, scratch, "touches", {**touched, "at": START - timedelta(days=40)})
    seen = {"kind": "note", "at": START - timedelta(days=4), "contact_id": PERSON}
    _import(house, scratch, "events", {**seen, "subject": f"call {NAME} on {PHONE}"})
    _import(house, scratch, "events", {**seen, "contact_id": "c01", "subject": f"like {EMAIL}"})
    bad = {"touch_id": "bad", "contact_id": PERSON, "channel": EMAIL}
    _import(house, scratch, "touches", {**bad, "at": START})


def _import(house: House, scratch: Path, kind: str, row: dict[str, object]) -> None:
    file = scratch / f"{kind}.csv"
    pl.DataFrame([row]).write_csv(file, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    import_into(house.tower, kind, file)
    file.unlink()


def _leave_words(house: House) -> None:
    """Where people and providers leave them: feedback, audit, threads, logs, a stale part."""
    tower, body = house.tower, {"contact_id": PERSON, "note": f"{NAME} <{EMAIL}>"}
    with tower.ledger.write() as session:
        at = {"at": START, "received_at": START, "state": "applied", "contact_id": PERSON}
        row = {"provider": "twin", "event_id": "1", "kind": "delivered", "body": json.dumps(body)}
        session.add(FeedbackRow(**row, **at))
        said = {"provider": "twin", "states": {"1": "applied"}}
        audit.append(session, START, "twin", "feedback", "1 events", said)
        consents.withdraw(session, PERSON, "call", "marketing", START, "twin")
        audit.append(session, START, "operator", "noted", "note", {"text": f"{NAME} rang: {PHONE}"})
    with sqlite3.connect(tower.workspace.checkpoint_file) as made:
        row_ = ("chat-1", "", "1", None, "msgpack", f"\x82{EMAIL}\xa1".encode(), b"{}")
        made.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", row_)
        made.execute(
            "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
            ("chat-2", *row_[1:5], b"x", b"{}"),
        )
    made.close()
    logs = tower.workspace.folder / "logs"
    logs.mkdir()
    (logs / "serve.log").write_text(f"13:00 sent to {EMAIL.lower()}\n13:01 all is well\n")
    (tower.warehouse.folder / "contacts.999999999.part").write_bytes(EMAIL.encode())


@pytest.fixture
def place(ended: Path, tmp_path: Path) -> Iterator[Place]:
    folder, outside = tmp_path / "workspace", tmp_path / "desk"
    shutil.copytree(ended, folder)
    outside.mkdir()
    house = open_at(folder, Hands(START + timedelta(hours=1)))
    for what, file in (("effects", "effects.csv"), ("consents", "consents.parquet")):
        export(house, what, outside / file, None)
    yield Place(house, folder, outside)
    house.tower.ledger.engine.dispose()


def effects_of(place: Place, contact: str) -> pl.DataFrame:
    """The contact's effects, in any state."""
    rows = effects.in_states(place.house.tower.ledger, effects.EVERY)
    return rows.filter(pl.col("contact_id") == contact)


def is_sound(place: Place) -> bool:
    """The record agrees with itself, as a new process sees it."""
    house = place.again()
    told: bool = verify_record(house)["ok"]
    house.tower.ledger.engine.dispose()
    return told


def intend(place: Place, *contacts: str) -> None:
    """A mail for each of these contacts waits to be delivered now."""
    tower = place.house.tower
    at = tower.clock.now()
    rows = worlds.intents(*(f"e-{i}" for i, _ in enumerate(contacts)))
    rows = rows.with_columns(
        contact_id=pl.Series(contacts),
        treatment=pl.lit("launch_mail"),
        campaign_id=pl.lit("launch"),
        slot_at=pl.lit(at),
    )
    with tower.ledger.write() as session:
        effects.insert_intents(session, rows.with_columns(payload_hash=payload_hashes(rows)), at)
