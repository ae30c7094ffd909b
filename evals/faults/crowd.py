"""A crowd: the fault runs' workspace with many more people, each with one e-mail that is due."""

from pathlib import Path
from typing import Final

import polars as pl

from domain.payload import payload_hashes
from domain.tables import INSTANT
from evals.faults.world import START, plant
from tools.ledger import consents, effects
from tools.ledger.database import Ledger
from tools.ledger.reservations import hold
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace

RUN: Final = "crowd"


def plant_crowd(folder: Path, people: int, ledger_url: str | None = None) -> Ledger:
    """A workspace of so many people who all said yes to e-mail; its ledger, without intents."""
    plant(folder)
    workspace = Workspace(folder)
    names = names_of(people)
    Warehouse(workspace.warehouse_folder).merge("contacts", _contacts(names))
    ledger = Ledger(ledger_url or f"sqlite:///{workspace.ledger_file}")
    ledger.create()
    with ledger.write() as session:
        consents.record(session, _consents(names))
    return ledger


def names_of(people: int) -> pl.Series:
    return pl.Series([f"m{number:06d}" for number in range(people)])


def intend(ledger: Ledger, names: pl.Series, run_id: str = RUN) -> None:
    """Commit one intent for each of them, with what it holds of the caps, as a run does."""
    rows = _intents(names, run_id)
    held = rows.select(
        "packet_id",
        "account_id",
        decision_id="effect_id",
        resource=pl.lit("touch:email"),
        holder="contact_id",
        amount=pl.lit(1.0),
        at="slot_at",
    )
    with ledger.write() as session:
        hold(session, held, run_id)
        effects.insert_intents(session, rows, START)


def _contacts(names: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"contact_id": names}).with_columns(
        name=pl.lit("Somebody"),
        email=pl.format("{}@crowd.example", "contact_id"),
        country=pl.lit("DE"),
        timezone=pl.lit("Europe/Berlin"),
        created_at=pl.lit(START).dt.offset_by("-90d").cast(INSTANT),
    )


def _consents(names: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"contact_id": names}).with_columns(
        channel=pl.lit("email"),
        purpose=pl.lit("marketing"),
        state=pl.lit("granted"),
        source=pl.lit("made up"),
        at=pl.lit(START).dt.offset_by("-60d").cast(INSTANT),
    )


def _intents(names: pl.Series, run_id: str) -> pl.DataFrame:
    rows = pl.DataFrame({"contact_id": names}).select(
        effect_id=pl.format("{}-{}", pl.lit(run_id), "contact_id"),
        run_id=pl.lit(run_id),
        packet_id=pl.lit(f"pk-{run_id}"),
        candidate=pl.int_range(pl.len(), dtype=pl.Int64),
        contact_id="contact_id",
        account_id=pl.lit(None, dtype=pl.String),
        agent=pl.lit("email"),
        channel=pl.lit("email"),
        campaign_id=pl.lit("spring"),
        purpose=pl.lit("marketing"),
        treatment=pl.lit("spring_mail"),
        action_class=pl.lit("marketing"),
        slot_at=pl.lit(START).cast(INSTANT),
        local_day=pl.lit(START.date().isoformat()),
        amount=pl.lit(None, dtype=pl.Int64),
    )
    return rows.with_columns(payload_hash=payload_hashes(rows))
