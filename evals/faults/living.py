"""One life: a process of the product that works until nothing is left to do, or is struck down."""

import socket
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app import running, turns
from app.compose import House
from app.cron import slots_of
from app.learning import Learner
from app.relay import Relay
from app.serving import HouseWork
from app.timetable import Timetable
from domain.errors import BusyError, FencedError
from evals.faults.bugs import plant_bug
from evals.faults.exporting import export
from evals.faults.hearing import serve
from evals.faults.judged import JudgeDoors
from evals.faults.people import Outsiders, click, lift_pauses
from evals.faults.plans import Plan
from evals.faults.shared import Shared, SharedClock
from evals.faults.strikes import Striker, lock_postgres, lock_sqlite
from evals.faults.world import SCHEDULE, SLOT, open_at
from graph.opening import open_run
from tools.ledger import reviews, runs
from tools.ledger.database import Ledger
from tools.ledger.leases import Keeper
from tools.ledger.models import EffectRow, ProviderRow, ReviewRow

IDLE: Final = 0
BUSY: Final = 3
"""Exit code of a life that never came to rest."""
TURNS: Final = 80
STEPS: Final = (timedelta(hours=12), timedelta(hours=14))
"""How far the clock moves where something is due and waits for what only time brings: quiet hours
end, and then its deadline passes."""
PATIENT_MOVES: Final = 15
STRIDE: Final = timedelta(hours=1)
"""After so many moves to the very instant at which something falls due, the clock moves on by no
less: what is asked again every few minutes through a night would take as many turns."""
LEASE_SECONDS: Final = 0.5
REST_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Place:
    """Where a run lives: its folder, its ledger's URL (None: SQLite in the folder), and the URL of
    the judge, who plays its providers."""

    folder: Path
    url: str | None = None
    judge: str = ""

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def journal(self) -> Path:
        return self.folder / "struck.jsonl"

    @property
    def exported(self) -> Path:
        return self.folder / "export"

    def log(self, process: int) -> Path:
        return self.folder / f"process{process}.log"


def furnish(place: Place, plan: Plan, shared: Shared) -> House:
    """The product's own house, with the run's clock and the plan's providers."""
    house = open_at(place.workspace, SharedClock(shared), place.url)
    kinds = {"email": plan.email, "call": plan.calls, "ads": plan.ads}
    doors = JudgeDoors(place.judge, kinds, plan.modes, shared)
    relay = Relay(house.tower, doors, LEASE_SECONDS)
    keeper = Keeper(house.tower.ledger, turns.LEASE, LEASE_SECONDS)
    return replace(house, relay=relay, learner=Learner(house.tower, doors), run_keeper=keeper)


def live(place: Place, plan: Plan, shared: Shared, process: int, bug: str | None) -> int:
    """Work until idle, under the plan's strikes."""
    plant_bug(bug)
    return Life(_armed(place, plan, shared), plan, process).work()


def hear(
    place: Place,
    plan: Plan,
    shared: Shared,
    bug: str | None,
    listener: socket.socket,
) -> int:
    """Take webhooks, under the plan's strikes like any life."""
    plant_bug(bug)
    house = _armed(place, plan, shared)
    return serve(house, listener)


def _armed(place: Place, plan: Plan, shared: Shared) -> House:
    house = furnish(place, plan, shared)
    outside = Outsiders(house, Ledger(str(house.tower.ledger.engine.url)), plan, place.judge)
    striker = Striker(plan, shared, place.journal, outside.act, _locker(place))
    striker.arm(house.tower.ledger.engine)
    return house


def _locker(place: Place) -> Callable[[float], None]:
    url = place.url
    if url is not None:
        return lambda seconds: lock_postgres(url, seconds)
    return lambda seconds: lock_sqlite(place.workspace / "ledger.sqlite", seconds)


def recover(place: Place, plan: Plan, shared: Shared, bug: str | None) -> int:
    """The calm end: no strikes any more. Work until idle, then write the export."""
    plant_bug(bug)
    house = furnish(place, replace(plan, modes=()), shared)
    if plan.lift:
        lift_pauses(house)
    code = Life(house, replace(plan, stubborn=False), 0).work()
    export(house, place.exported)
    return code


@dataclass
class Life:
    """What a process of the product does over and over: finish runs, ask people, deliver."""

    house: House
    plan: Plan
    process: int
    rests: bool = False
    stuck: int = 0
    moves: int = 0
    """Times the clock was moved on."""

    def work(self) -> int:
        for _ in range(TURNS):
            try:
                if self._turn():
                    return IDLE
            except Exception:
                if not self.plan.stubborn:
                    raise
                traceback.print_exc()
        return BUSY

    def _turn(self) -> bool:
        """One round; whether nothing is left to do."""
        self._decide()
        running.attend(self.house)
        click(self.house, self.plan, self.process)
        running.attend(self.house)
        self.rests = False
        running.deliver(self.house, self._hear)
        return self._move_on()

    def _decide(self) -> None:
        if self.plan.off_hours:
            self._catch_up()
            return
        ledger = self.house.tower.ledger
        left = runs.unfinished(ledger)
        if not left and runs.latest(ledger) is None:
            left = [open_run(self.house.tower, SCHEDULE, SLOT)]
        for run_id in left:
            try:
                running.decide(self.house, run_id, self._hear)
            except (BusyError, FencedError):
                self._hear("another process runs it; this one rests")

    def _catch_up(self) -> None:
        """As the server does at each tick, after the machine was off."""
        tower = self.house.tower
        schedule, zone = tower.config.schedules[0], ZoneInfo(tower.config.timezone)
        slots = slots_of(schedule.cron, zone)
        work = HouseWork(self.house)
        work.finish()
        Timetable(schedule, slots, work, tower.clock).attend()

    def _hear(self, said: str) -> None:
        self.rests = self.rests or "rests" in said

    def _move_on(self) -> bool:
        """Let time pass until something falls due; true where nothing ever will."""
        now = self.house.tower.clock.now()
        with self.house.tower.ledger.read() as session:
            instants = list(_instants(session))
            left = instants or reviews.unsettled(self.house.tower.ledger)
        if not left:
            return True
        if self.rests:
            time.sleep(REST_SECONDS)
            return False
        self._pass_time(now, instants)
        return False

    def _pass_time(self, now: datetime, instants: list[datetime]) -> None:
        clock = self.house.tower.clock
        assert isinstance(clock, SharedClock)
        later = [at for at in instants if at > now]
        self.moves += 1
        if later:
            least = now if self.moves < PATIENT_MOVES else now + STRIDE
            clock.move_to(max(min(later), least))
        elif instants:
            clock.move_to(now + STEPS[min(self.stuck, 1)])
            self.stuck += 1


def _instants(session: Session) -> Iterator[datetime]:
    """When anything that is not finished may go on: effects, reviews, closed circuits."""
    closed = {row.name: row.closed_until for row in session.exec(select(ProviderRow))}
    open_until = [at for at in closed.values() if at is not None]
    effects = select(EffectRow).where(
        col(EffectRow.state).in_(("intent", "sending", "unknown")),
        col(EffectRow.parked).is_(False),
    )
    found = list(session.exec(effects))
    for row in found:
        start = row.slot_at if row.state == "intent" else row.at
        yield max(start, row.not_before or start)
    if found:
        yield from open_until
    for review in session.exec(select(ReviewRow).where(ReviewRow.state == "pending")):
        yield review.expires_at
