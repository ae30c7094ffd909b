"""Serving: the schedules, the relay and the JSON API of one workspace, in one process."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app import reading, review_desk, running, turns, unsubscribing
from app.api import Health, build_api, serve_api
from app.due import Going, Skipped
from app.effect_desk import troubles
from app.scheduler import Scheduler, build_scheduler
from app.storage_watch import in_a_sentence
from app.unsubscribe_route import Links
from app.webhooks import receive
from domain.errors import BusyError, FencedError, RefusedError
from graph.opening import slot_name
from tools import faultpoints
from tools.clock import SystemClock, stopwatch
from tools.ledger import controls, effects, packets, runs

if TYPE_CHECKING:
    from app.compose import House

LOG = logging.getLogger("clearance.schedules")
SPELL_SECONDS = 45.0
"""Less than a tick, so that runs and expiries get their turn."""
BREATH_SECONDS = 1.0


@dataclass(frozen=True)
class HouseWork:
    """What falls due; each may be called twice and does its work once. While the storage is in
    trouble nothing is begun, and each looks whether it is over."""

    house: "House"

    def run(self, schedule: str, slot: datetime) -> None:
        name = slot_name(slot)
        self.house.storage.guard(lambda: running.run_slot(self.house, schedule, name, _silent))

    def skip(self, schedule: str, skipped: Skipped) -> bool:
        return self.house.storage.guard(lambda: record_skipped(self.house, schedule, skipped))

    def newest(self, schedule: str, until: datetime) -> datetime | None:
        found = runs.newest_slot(self.house.tower.ledger, schedule, slot_name(until))
        return None if found is None else datetime.fromisoformat(found)

    def going(self, at: datetime) -> Going | None:
        found = turns.going(self.house)
        return Going(found.run_id, found.at, at) if found else None

    def finish(self) -> None:
        try:
            self.house.storage.guard(lambda: running.finish(self.house, _silent))
        except (BusyError, FencedError) as other:
            LOG.info("what was broken off is left to another process. %s", other)

    def deliver(self) -> None:
        self.house.storage.guard(self._spell)

    def _spell(self) -> None:
        """Again and again for a while as long as something goes: a provider whose pace is slow is
        kept busy between two ticks."""
        until = stopwatch() + SPELL_SECONDS
        while running.deliver(self.house, _silent).accepted and stopwatch() < until:
            time.sleep(BREATH_SECONDS)

    def expire(self) -> None:
        self.house.storage.guard(lambda: running.attend(self.house))


def record_skipped(house: "House", schedule: str, skipped: Skipped) -> None:
    """Record slots that will not run, under the newest of them; recorded already: no change."""
    slot = slot_name(skipped.slots[-1])
    with turns.turn_of(house) as turn, turn.tower.write() as session:
        at = turn.tower.clock.now()
        runs.skip(session, schedule, slot, at, skipped.reason, skipped.said())
    faultpoints.reach("run.skipped", slot)


@dataclass
class HouseReading:
    """What the API shows."""

    house: "House"
    schedulers: list[Scheduler] = field(default_factory=list)

    def health(self) -> Health:
        """Raises StorageError where the ledger can't even be read."""
        tower = self.house.tower
        halt = self.house.storage.halt
        now = tower.clock.now()
        paused = controls.active(tower.ledger)
        return Health(
            at=now,
            due=effects.count_due(tower.ledger, now),
            waiting=len(packets.waiting(tower.ledger)),
            unfinished=tuple(runs.unfinished(tower.ledger)),
            halts=tuple(f"{scope} {name} is paused" for scope, name in paused.iter_rows()),
            troubles=tuple(troubles(self.house)),
            webhooks_refused=self.house.senders.refused,
            storage=None if halt is None else in_a_sentence(halt),
            failures=tuple(one for each in self.schedulers for one in each.failures.sentences()),
        )

    def status(self) -> dict[str, Any]:
        return reading.status(self.house, None, self.house.storage.halt)

    def run(self, run_id: str) -> dict[str, Any] | None:
        try:
            return running.report(self.house, run_id)
        except RefusedError:
            return None

    def reviews(self) -> list[dict[str, Any]]:
        return review_desk.waiting(self.house)


def serve(house: "House", host: str, port: int) -> None:
    """Run until stopped. A sample's own clock is moved by `clearance advance`, not by waiting."""
    config = house.tower.config
    zone = ZoneInfo(config.timezone)
    scheduler = build_scheduler(config.schedules, zone, HouseWork(house), SystemClock())
    shown = HouseReading(house, [scheduler])
    scheduler.start()
    try:
        serve_api(build_api(shown, partial(receive, house), links_of(house)), host=host, port=port)
    finally:
        scheduler.stop()


def links_of(house: "House") -> Links:
    """What answers unsubscribe links."""
    return Links(partial(unsubscribing.show, house), partial(unsubscribing.end, house))


def _silent(_: str) -> None:
    return None
