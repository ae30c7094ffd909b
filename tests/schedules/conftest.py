"""Houses on a tiny workspace: as many processes as a test wants, each with clocks of its own."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app import turns
from app.compose import House
from evals.faults.world import START, open_at, plant
from tools.ledger.leases import Keeper
from tools.ledger.models import AuditRow, RunRow
from tools.ledger.runs import every


@dataclass
class Hands:
    """A wall clock and a monotonic one that a test moves; together, unless it says otherwise."""

    at: datetime = START
    ticked: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticked

    def pass_(self, time: timedelta) -> None:
        self.at += time
        self.ticked += time.total_seconds()

    def jump(self, time: timedelta) -> None:
        """The wall clock is set to another time."""
        self.at += time


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schedules") / "workspace"
    plant(folder)
    return folder


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def process(planted: Path, tmp_path: Path, hands: Hands) -> Iterator[Callable[[str], House]]:
    """Another process of the workspace, on a machine of that name."""
    folder = tmp_path / "workspace"
    shutil.copytree(planted, folder)
    opened = []

    def start(machine: str) -> House:
        house = open_at(folder, hands)
        holder = f"{machine}:1/boot/{len(opened) + 100}/1"
        keeper = Keeper(
            house.tower.ledger, turns.LEASE, turns.LEASE_SECONDS, hands.monotonic, holder
        )
        opened.append(house)
        return replace(house, run_keeper=keeper)

    yield start
    for one in opened:
        one.tower.ledger.engine.dispose()


def rows_of(house: House) -> list[RunRow]:
    return every(house.tower.ledger)


def lines_of(house: House, kind: str) -> list[AuditRow]:
    """Audit lines of the kind, in order."""
    from sqlmodel import select

    with house.tower.ledger.read() as session:
        wanted = select(AuditRow).where(AuditRow.kind == kind).order_by(AuditRow.seq)  # type: ignore[arg-type]
        found = list(session.exec(wanted))
        session.expunge_all()
        return found
