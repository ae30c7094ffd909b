"""The relay: the only one that delivers. Each effect is judged again at the door."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta

import polars as pl

from domain.reasons import BIT, findings_of
from graph.gate import contacts_at, findings_now, pause_bits
from graph.tower import Tower
from tools import faultpoints
from tools.connectors.protocols import Doors, Receipt, delivery_of
from tools.ledger import effects

BATCH = 2000
DEADLINE = timedelta(hours=24)
"""How long after its slot an effect may wait for quiet hours to end or a pause to lift."""
PASSING = BIT["quiet_hours"] | BIT["paused"]
"""Findings that pass by themselves: the effect waits for its deadline."""


@dataclass(frozen=True)
class Delivered:
    """What one pass of the relay did, in effects."""

    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    expired: int = 0
    waiting: int = 0
    """Due, but quiet hours or a pause hold it."""

    def as_dict(self) -> dict[str, int]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __add__(self, other: "Delivered") -> "Delivered":
        mine, theirs = self.as_dict(), other.as_dict()
        return Delivered(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True)
class Relay:
    tower: Tower
    doors: Doors

    def deliver_due(self, progress: Callable[[str], None]) -> Delivered:
        """Deliver every effect whose slot has come. A pass that died is picked up by the next."""
        done = self._recover()
        due = effects.due(self.tower.ledger, self.tower.clock.now())
        if due.is_empty():
            return done
        contacts = contacts_at(self.tower, self.tower.clock.now())
        for batch in _batches(due):
            done += self._deliver(batch, contacts)
            progress(f"delivered {done.accepted:,} of {due.height:,} due")
        return done

    def _recover(self) -> Delivered:
        """Effects a dead process left in `sending`: the provider is asked by their keys, and only
        those it does not know are handed over again, under the same key."""
        stuck = effects.stuck(self.tower.ledger)
        done = Delivered()
        for batch in _batches(stuck):
            known = self.doors.provider("email").lookup(batch.get_column("effect_id").to_list())
            found = [known[key] for key in sorted(known)]
            missing = batch.filter(~pl.col("effect_id").is_in(sorted(known)))
            done += self._record(found) + self._send(missing)
        return done

    def _deliver(self, batch: pl.DataFrame, contacts: pl.DataFrame) -> Delivered:
        bits = self._findings(batch, contacts)
        now = self.tower.clock.now()
        held = (bits & ~pl.Series([PASSING], dtype=pl.UInt32)) == 0
        late = batch.get_column("slot_at") + DEADLINE < now
        stopped = batch.with_columns(bits=bits).filter(~held)
        passing = batch.filter((bits != 0) & held)
        expired = passing.filter(late.filter((bits != 0) & held))
        self._skip(stopped)
        self._expire(expired)
        open_ones = batch.filter(bits == 0)
        faultpoints.reach("relay.judged")
        won = self._claim(open_ones)
        done = self._send(open_ones.filter(pl.col("effect_id").is_in(won)))
        return done + Delivered(
            skipped=stopped.height,
            expired=expired.height,
            waiting=passing.height - expired.height,
        )

    def _findings(self, batch: pl.DataFrame, contacts: pl.DataFrame) -> pl.Series:
        """Findings of each effect; a budget is held by pauses only, its own limits were kept when
        it was chosen and it is set to an absolute amount."""
        rows = batch.with_columns(
            decision_id="effect_id", treatment_id="treatment", **{"class": "action_class"}
        )
        touches = rows.filter(pl.col("contact_id").is_not_null())
        budgets = rows.filter(pl.col("contact_id").is_null())
        judged = pl.concat(
            [
                touches.select("effect_id", bits=findings_now(self.tower, touches, contacts)),
                budgets.select("effect_id", bits=pause_bits(self.tower, budgets)),
            ]
        )
        return batch.join(judged, on="effect_id", how="left", maintain_order="left").get_column(
            "bits"
        )

    def _claim(self, batch: pl.DataFrame) -> list[str]:
        with self.tower.ledger.write() as session:
            won = effects.claim(
                session, batch.get_column("effect_id").to_list(), self.tower.clock.now()
            )
        faultpoints.reach("relay.claimed")
        return won

    def _send(self, batch: pl.DataFrame) -> Delivered:
        if batch.is_empty():
            return Delivered()
        receipts = self.doors.provider("email").deliver(
            [delivery_of(row, self.tower.clock.now()) for row in batch.iter_rows(named=True)]
        )
        faultpoints.reach("relay.sent")
        return self._record(receipts)

    def _record(self, receipts: list[Receipt]) -> Delivered:
        with self.tower.ledger.write() as session:
            effects.record(session, receipts, self.tower.clock.now())
        faultpoints.reach("relay.recorded")
        counts = dict.fromkeys(("accepted", "failed", "unknown"), 0)
        for receipt in receipts:
            counts[receipt.state] += 1
        return Delivered(**counts)

    def _skip(self, stopped: pl.DataFrame) -> None:
        reasons = {
            key: findings_of(bits)[0]
            for key, bits in stopped.select("effect_id", "bits").iter_rows()
        }
        if reasons:
            with self.tower.ledger.write() as session:
                effects.skip(session, reasons, self.tower.clock.now())

    def _expire(self, expired: pl.DataFrame) -> None:
        if not expired.is_empty():
            ids = expired.get_column("effect_id").to_list()
            with self.tower.ledger.write() as session:
                effects.expire(session, ids, self.tower.clock.now())


def _batches(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return rows.iter_slices(BATCH)
