"""A relay around a tiny workspace and a provider in memory."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.compose import House
from app.relay import Delivered, Relay
from domain.payload import payload_hashes
from evals.faults.world import START, open_at, plant
from graph.tower import Tower
from tests.ledger_storage import worlds
from tests.relay.twin import Twin
from tools import faultpoints
from tools.connectors.protocols import Terms
from tools.ledger import effects
from tools.ledger.leases import who_am_i
from tools.ledger.models import LeaseRow

KEYED = Terms(provider="twin", keys=True, lookup=True)
LOOKED_UP = Terms(provider="twin", keys=False, lookup=True)
NEITHER = Terms(provider="twin", keys=False, lookup=False)


class Killed(BaseException):
    """The process is no more, as far as a test can have it."""


@dataclass
class Hands:
    """A clock that a test moves."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class Post:
    """The tower, its clock, its provider, and whoever relays just now."""

    tower: Tower
    clock: Hands
    twin: Twin
    relay: Relay = field(init=False)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process of the relay."""
        self.relay = Relay(self.tower, self.twin)

    def intend(self, *contacts: str, **change: Any) -> list[str]:
        """Effects for these contacts, due now; their ids."""
        ids = [f"e-{one}" for one in contacts]
        rows = worlds.intents(*ids, **{"treatment": "spring_mail", "slot_at": START, **change})
        rows = rows.with_columns(contact_id=pl.col("effect_id").str.strip_prefix("e-"))
        self._write(rows)
        return ids

    def intend_budget(self, amount: int, campaign: str = "search_ads") -> str:
        """The campaign's budget is to be set to that amount, now; the effect's id."""
        key = f"b-{campaign}-{amount}"
        change = {
            "contact_id": None,
            "agent": "ads",
            "channel": "ads",
            "campaign_id": campaign,
            "purpose": "budget",
            "treatment": "weekly_budget",
            "slot_at": self.clock.at,
            "amount": amount,
        }
        self._write(worlds.intents(key, **change).with_columns(pl.col("contact_id").cast(str)))
        return key

    def _write(self, rows: pl.DataFrame) -> None:
        rows = rows.with_columns(payload_hash=payload_hashes(rows))
        with self.tower.ledger.write() as session:
            effects.insert_intents(session, rows, self.clock.at)

    def deliver(self, later: timedelta = timedelta()) -> Delivered:
        """One pass, so much later."""
        self.clock.at += later
        return self.relay.deliver_due(self.words.append)

    def dies_at(self, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A pass that is killed there; its process is gone, and known to be."""

        def strike(reached: str, _: str) -> None:
            if reached == point:
                raise Killed(point)

        with monkeypatch.context() as patch:
            patch.setattr(faultpoints, "strike", strike)
            with pytest.raises(Killed):
                self.relay.deliver_due(self.words.append)
        self.bury()
        self.restart()

    def bury(self) -> None:
        """Whoever holds the lease was a process of this machine that is no more."""
        machine, boot, _, _ = who_am_i().split("/")
        with self.tower.ledger.write() as session:
            row = session.get(LeaseRow, "relay")
            assert row is not None
            row.holder = f"{machine}/{boot}/999999999/1"
            session.add(row)

    def row(self, effect_id: str) -> dict[str, Any]:
        return effects.find(self.tower.ledger, effect_id).row(0, named=True)

    def states(self) -> dict[str, str]:
        every = ("intent", "sending", "accepted", "failed", "unknown", "skipped", "expired")
        rows = effects.in_states(self.tower.ledger, every)
        return dict(rows.select("effect_id", "state").iter_rows())


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("relay") / "workspace"
    plant(folder)
    return folder


@pytest.fixture
def house(planted: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(planted, tmp_path / "workspace")
    opened = open_at(tmp_path / "workspace", Hands(START))
    yield opened
    opened.tower.ledger.engine.dispose()


@pytest.fixture
def tower(house: House) -> Tower:
    return house.tower


@pytest.fixture
def post(tower: Tower) -> Callable[..., Post]:
    """A post at a provider of these terms: `post(KEYED, batch=2)`."""

    def build(terms: Terms = KEYED, **change: Any) -> Post:
        assert isinstance(tower.clock, Hands)
        return Post(tower, tower.clock, Twin(terms.model_copy(update=change)))

    return build
