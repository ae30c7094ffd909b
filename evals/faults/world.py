"""A tiny workspace of the company, and a run that is computed up to its commit.

Made once by a child (`zygote`), then copied for every fault run.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Final

import polars as pl

from app.compose import House, compose, open_ledger
from app.running import decide
from evals.faults import company
from graph.opening import open_run
from tools import faultpoints
from tools.clock import Clock, FrozenClock
from tools.ledger import budgets_seen, consents
from tools.ledger.database import Ledger
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace

START: Final = datetime(2026, 3, 2, 14, tzinfo=UTC)
SCHEDULE: Final = "morning"
SLOT: Final = "2026-03-02T14:00:00+00:00"
BUDGETS: Final = {"search_ads": 210_000, "social_ads": 180_000}
"""What the platforms run when a run begins, in minor units a week."""


class Ready(BaseException):
    """The run is computed and about to be written: the world is ready."""


@dataclass(frozen=True)
class Ledgers:
    """URLs of the two worlds' ledgers; None: SQLite in their folders."""

    fresh: str | None = None
    ready: str | None = None


def make_world(folder: Path, ledgers: Ledgers) -> None:
    """A workspace whose run stands before its commit; `folder/fresh` is one without any run.
    `folder/decisions.sha256`: what the run decided."""
    plant(folder / "fresh", ledgers.fresh)
    if ledgers.ready is None:
        _copy(folder / "fresh", folder / "ready")
    else:
        plant(folder / "ready", ledgers.ready)
    house = open_at(folder / "ready", FrozenClock(START), ledgers.ready)
    run_id = open_run(house.tower, SCHEDULE, SLOT)
    _decide_up_to_commit(house, run_id)
    house.tower.ledger.engine.dispose()
    decided = house.tower.folder(run_id).hash_of("decisions")
    (folder / "decisions.sha256").write_text(decided)


def _decide_up_to_commit(house: House, run_id: str) -> None:
    before = faultpoints.strike
    faultpoints.strike = _stop_at_commit
    try:
        decide(house, run_id, lambda _: None)
    except Ready:
        return
    finally:
        faultpoints.strike = before
    raise RuntimeError("The world's run was committed: the point before its commit is gone.")


def _stop_at_commit(point: str, _: str) -> None:
    if point == "run.committing":
        raise Ready


def _copy(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        if file.is_file():
            to = target / file.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, to)


def open_at(folder: Path, clock: Clock, ledger_url: str | None = None) -> House:
    """The house of a workspace under a clock of ours."""
    workspace = Workspace(folder)
    config = workspace.config()
    ledger = Ledger(ledger_url) if ledger_url else open_ledger(workspace, config)
    return compose(workspace, config, ledger, clock)


def plant(folder: Path, ledger_url: str | None = None) -> None:
    """Configuration, policy, warehouse and consents; the same bytes every time."""
    folder.mkdir(parents=True)
    for name in ("clearance.toml", "policy.toml"):
        copyfile(Path(__file__).with_name(name), folder / name)
    workspace = Workspace(folder)
    if ledger_url is None:
        ledger = open_ledger(workspace, workspace.config())
    else:
        ledger = Ledger(ledger_url)
        ledger.create()
    warehouse = Warehouse(workspace.warehouse_folder)
    for kind, rows in company.tables(START).items():
        warehouse.merge(kind, pl.DataFrame(rows, infer_schema_length=None))
    with ledger.write() as session:
        consents.record(session, pl.DataFrame(company.consents(START)))
        for campaign, amount in BUDGETS.items():
            budgets_seen.see(session, campaign, amount, START)
    ledger.engine.dispose()
