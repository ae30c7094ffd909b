"""One pass of the relay: take the lease, clear up lost answers, deliver what is due."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from app.relay import lost
from app.relay.ahead import Ahead
from app.relay.budgets import set_budget
from app.relay.delivered import Delivered
from app.relay.door import Judged, Seen, judge
from app.relay.handing import by_provider, hand_over
from app.relay.looking import look_at_budgets
from app.relay.shift import Shift
from domain.errors import FencedError
from domain.periods import LATEST
from graph.gate import contacts_at
from graph.tower import Tower
from tools import faultpoints
from tools.connectors.guarded import Guarded, GuardedDoors
from tools.connectors.protocols import Doors
from tools.ledger import effects, moves, providers
from tools.ledger.leases import Keeper
from tools.permit_keys import keys_in, signer_in
from tools.unsubscribing import Imprint, tokens_in

LEASE = "relay"
LEASE_SECONDS = 60.0
"""Longer than a call may take, so that who is only waiting for an answer keeps it."""
JUDGINGS = 5
"""Times a batch is judged again in one pass because the door's facts changed meanwhile."""

Progress = Callable[[str], None]
Act = Callable[[Shift, Guarded, pl.DataFrame, Seen], Delivered | None]
"""Hands judged effects over; None where they must be judged again."""


@dataclass(frozen=True)
class Relay:
    tower: Tower
    doors: Doors
    lease_seconds: float = LEASE_SECONDS
    _ahead: Ahead = field(default_factory=Ahead)
    """What the door said already of what comes next."""
    _keepers: list[Keeper] = field(default_factory=list)
    """This process's keeper: it remembers how long another holder has been silent."""

    def deliver_due(self, progress: Progress) -> Delivered:
        """Deliver every effect whose slot has come. A pass that died is picked up by the next; a
        process that finds another one delivering rests."""
        keeper = self._keeper()
        if keeper.take() is None:
            progress("another process delivers; this one rests")
            return Delivered()
        faultpoints.reach("relay.leased")
        try:
            done = _Pass(self._shift(keeper), self._ahead, progress).work()
        except FencedError:
            progress("another process took over; nothing of this pass is written any more")
            return Delivered()
        keeper.release()
        faultpoints.reach("relay.released")
        return done

    def _shift(self, keeper: Keeper) -> Shift:
        """No pass without the guard: a provider is reached through it alone."""
        workspace = self.tower.workspace
        signer = signer_in(workspace.permit_key_file, workspace.permit_keys_file)
        trusted = keys_in(workspace.permit_keys_file)
        guarded = GuardedDoors(self.doors, trusted, self.tower.clock)
        sender = self.tower.config.sender
        tokens = tokens_in(workspace.unsubscribe_key_file)
        imprint = Imprint(sender, tokens) if sender else None
        return Shift(self.tower, guarded, keeper, signer, imprint)

    def look(self) -> None:
        """See what the platforms show of budgets, before a run plans."""
        look_at_budgets(self.tower, self.doors)

    def _keeper(self) -> Keeper:
        if not self._keepers:
            self._keepers.append(Keeper(self.tower.ledger, LEASE, self.lease_seconds))
        return self._keepers[0]


class _Pass:
    def __init__(self, shift: Shift, ahead: Ahead, progress: Progress) -> None:
        self.shift = shift
        self.ahead = ahead
        self.progress = progress
        self._contacts: pl.DataFrame | None = None
        self._read: frozenset[tuple[str, int, int, int]] = frozenset()
        """Which version of the warehouse they are from."""

    def work(self) -> Delivered:
        done = lost.adopt(self.shift) + lost.look_into(self.shift, self._judge)
        for page in effects.due(self.shift.tower.ledger, self.shift.now()):
            done += self._page(page)
            self.progress(f"delivered {done.accepted:,}, {done.waiting:,} wait")
        return done

    def _page(self, rows: pl.DataFrame) -> Delivered:
        done, budget = Delivered(), pl.col("amount").is_not_null()
        for provider, part in by_provider(self.shift, rows.filter(~budget)):
            done += self._work_off(provider, part, hand_over, max(provider.terms.batch, 1))
        for provider, part in by_provider(self.shift, rows.filter(budget)):
            done += self._work_off(provider, part, set_budget, 1)
        return done

    def _work_off(self, provider: Guarded, rows: pl.DataFrame, act: Act, most: int) -> Delivered:
        """As many at once as the provider takes now; what it does not take waits unjudged, and only
        expires."""
        done, ledger = Delivered(), self.shift.tower.ledger
        while not rows.is_empty():
            room = providers.room(ledger, provider.terms, most, self.shift.now())
            if room == 0:
                return done + self._late(rows)
            done += self._deliver(provider, rows.head(room), rows.slice(room), act)
            rows = rows.slice(room)
        return done

    def _late(self, rows: pl.DataFrame) -> Delivered:
        late = rows.filter(pl.col("slot_at") + LATEST < self.shift.now())
        waiting = Delivered(waiting=rows.height - late.height)
        return waiting if late.is_empty() else waiting + self._close(self._judge(late))

    def _judge(self, batch: pl.DataFrame) -> Judged:
        """Contacts are read once a pass, and where the warehouse changed; consents, pauses and
        approvals at every judging."""
        judged = judge(self.shift.tower, batch, self._known)
        faultpoints.reach("relay.judged")
        return judged

    def _known(self) -> pl.DataFrame:
        """The contacts as the warehouse tells of them now. What changes while they are read has
        them read again; what changes later raises the door's mark after this."""
        while self._contacts is None or self._read != self.shift.tower.warehouse.versions():
            self._read = self.shift.tower.warehouse.versions()
            self._contacts = contacts_at(self.shift.tower, self.shift.now())
        return self._contacts

    def _deliver(
        self, provider: Guarded, batch: pl.DataFrame, queue: pl.DataFrame, act: Act
    ) -> Delivered:
        """Judge, with what waits behind, and hand over; judged again while what the door looks at
        changes under it."""
        done = Delivered()
        for _ in range(JUDGINGS):
            judged = self.ahead.judge(self.shift.tower, batch, queue, self._judge)
            done += self._close(judged)
            batch = batch.filter(pl.col("effect_id").is_in(list(judged.of("clear"))))
            if batch.is_empty():
                return done
            sent = act(self.shift, provider, batch, judged.seen)
            if sent is not None:
                return done + sent
        return done + Delivered(waiting=batch.height)

    def _close(self, judged: Judged) -> Delivered:
        """Stop what the door refuses, give up what is too late; the rest of it waits."""
        stop, late = judged.of("stop"), judged.of("expire")
        if stop or late:
            with self.shift.write() as session:
                moves.skip(session, stop, self.shift.now())
                moves.expire(session, list(late), self.shift.now())
            faultpoints.reach("relay.closed")
        return Delivered(skipped=len(stop), expired=len(late), waiting=len(judged.of("wait")))
