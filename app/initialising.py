"""A workspace from a sample: its files are built, imported like anyone's, and its clock is set."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import polars as pl
from sqlmodel import Session

from app.compose import open_house, open_ledger
from app.samples import build
from domain.errors import DataError, RefusedError
from graph import spam_rates
from graph.tower import Tower
from policies.cases import CASES_FILE
from tools.ledger import audit, consents, controls, doormark, reputation
from tools.ledger.consents import Recorded
from tools.ledger.meta import set_sample_now
from tools.warehouse.importing import ImportReport, import_file
from tools.workspace import Workspace


@dataclass(frozen=True)
class Made:
    folder: Path
    sample: str
    note: str
    counts: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "sample": self.sample,
            "note": self.note,
            "counts": self.counts,
        }


def initialise(
    folder: Path, sample: Literal["company", "store", "bank"], progress: Callable[[str], None]
) -> Made:
    """Make the workspace. Raises RefusedError where the folder holds one already."""
    workspace = Workspace(folder.resolve())
    if workspace.config_file.exists():
        raise RefusedError(f"{folder} is a workspace already.", "Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        progress("building the sample's files")
        files = build(sample, Path(scratch))
        workspace.config_file.write_text(files.config_text)
        workspace.policy_file.write_text(files.policy_text)
        (workspace.folder / CASES_FILE).write_text(files.cases_text)
        config = workspace.config()
        ledger = open_ledger(workspace, config)
        set_sample_now(ledger, files.starts_at)
        tower = open_house(folder).tower
        counts = {}
        for kind, file in files.imports:
            progress(f"importing {kind}")
            counts[kind] = import_into(tower, kind, file).loaded
        workspace.sandbox_folder.mkdir(exist_ok=True)
        for name, file in files.sandbox:
            shutil.copyfile(file, workspace.sandbox_folder / name)
    return Made(folder, sample, config.note, counts)


def import_into(tower: Tower, kind: str, file: Path) -> ImportReport:
    """Import one file: consents into the ledger, everything else into the warehouse. What the
    door judged before may not hold any more."""
    sink = ConsentSink(tower) if kind == "consents" else tower.warehouse
    at = tower.clock.now()
    quarantine = tower.workspace.quarantine_folder
    report = import_file(kind, file, tower.config.currency, sink, quarantine)
    with tower.ledger.write() as session:
        audit.append(session, at, "import", "imported", kind, report.model_dump(mode="json"))
        if kind == "spam_rates":
            _pause_email(tower, session, at)
        doormark.raise_mark(session)
    return report


def _pause_email(tower: Tower, session: Session, at: datetime) -> None:
    """A rate that mailbox providers never forgive stops all email until a person resumes it."""
    rate, bound = spam_rates.newest(tower, at), tower.loaded.policy.spam_rate.hard_stop_at
    if rate is not None and rate >= bound:
        reason = f"the spam rate is {rate:.2%}; the policy stops at {bound:.2%}"
        controls.pause(session, "channel", "email", reputation.SYSTEM, reason, at)


@dataclass(frozen=True)
class ConsentSink:
    """Consents go into the ledger: they are the record, not behaviour."""

    tower: Tower

    def merge(self, kind: str, frame: pl.DataFrame) -> Recorded:
        """The sink's promise; `kind` is always `consents`."""
        if kind != "consents":
            raise DataError(f"Consents alone go into the ledger, found {kind}.")
        with self.tower.ledger.write() as session:
            return consents.record_told(session, frame, self.tower.clock.now(), "import")
