"""Contact law, L31: contacts and logs have a purge date, and what is past it goes."""

import os
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from sqlmodel import select

from app.purging import due, purge
from domain.errors import ClearanceError
from evals.faults.world import START
from tests.erasure.conftest import EMAIL, PERSON, WORDS, Place, effects_of, is_sound
from tests.erasure.scanning import traces
from tests.relay.conftest import Hands
from tools.ledger.models import AuditRow
from tools.retention_config import RetentionConfig

YEAR = RetentionConfig(contacts_days=365, logs_days=30)


def kept_for(place: Place, limits: RetentionConfig, days: int) -> None:
    """The house under these limits, so many days after its run; only the person was silent."""
    tower = place.house.tower
    config = tower.config.model_copy(update={"retention": limits})
    later = START + timedelta(days=days)
    place.house = replace(place.house, tower=replace(tower, config=config, clock=Hands(later)))
    others = tower.warehouse.table("contacts").filter(pl.col("contact_id") != PERSON)
    seen = others.with_columns(created_at=pl.lit(later - timedelta(days=2)))
    person = tower.warehouse.table("contacts").filter(pl.col("contact_id") == PERSON)
    tower.warehouse.replace("contacts", pl.concat([seen, person.select(seen.columns)]))


def test_L31_a_contact_past_the_purge_date_goes_whole_and_the_record_proves_itself(
    place: Place,
) -> None:
    kept_for(place, YEAR, 400)

    told = purge(place.house, "olga")

    assert (told.contacts, told.done) == ([PERSON], True)
    assert traces(place.folder, *WORDS) == []
    assert effects_of(place, told.tokens[0]).height > 0
    assert is_sound(place)


def test_L31_a_day_before_its_purge_date_a_contact_stays(place: Place) -> None:
    kept_for(place, YEAR, 364)

    assert due(place.house).contacts == []


def test_L31_a_log_past_its_purge_date_goes_and_a_newer_one_stays(place: Place) -> None:
    kept_for(place, RetentionConfig(logs_days=30), 40)
    log = place.folder / "logs" / "serve.log"
    newer = log.with_name("newer.log")
    newer.write_text("all is well\n")
    for file, age in ((log, 31), (newer, 29)):
        written = (place.house.tower.clock.now() - timedelta(days=age)).timestamp()
        os.utime(file, (written, written))

    told = purge(place.house, "olga")

    assert log in told.files
    assert (log.exists(), newer.exists()) == (False, True)
    assert is_sound(place)


def test_without_a_limit_everything_is_kept_and_it_says_so(place: Place) -> None:
    kept_for(place, RetentionConfig(), 4_000)

    told = purge(place.house, "olga")

    assert (told.any, told.kept) == (False, ["contacts", "logs"])
    assert "Kept for ever" in told.sentence
    assert traces(place.folder, PERSON)


def test_what_is_due_is_said_before_anything_goes(place: Place) -> None:
    kept_for(place, YEAR, 400)

    assert due(place.house).as_dict()["contacts"] == [PERSON]
    assert traces(place.folder, PERSON)


def test_a_contact_whose_address_another_one_still_uses_stays(place: Place) -> None:
    kept_for(place, YEAR, 400)
    people = place.house.tower.warehouse.table("contacts")
    shared = pl.when(pl.col("contact_id") == "c01").then(pl.lit(EMAIL.upper())).otherwise("email")
    place.house.tower.warehouse.replace("contacts", people.with_columns(email=shared))

    assert due(place.house).contacts == []


def test_purging_is_a_line_of_the_audit_that_names_nobody(place: Place) -> None:
    kept_for(place, YEAR, 400)

    purge(place.house, "olga")

    with place.house.tower.ledger.read() as session:
        wanted = select(AuditRow.payload).where(AuditRow.kind == "purged")
        payloads = session.exec(wanted).all()
    assert len(payloads) == 1
    assert PERSON not in payloads[0]


def test_a_limit_of_no_days_is_refused() -> None:
    with pytest.raises((ValueError, ClearanceError)):
        RetentionConfig(contacts_days=0)
