"""A shift: one pass of the relay, what it works with, and the lease under which it writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.errors import FencedError
from graph.tower import Tower
from tools.connectors.guarded import GuardedDoors
from tools.ledger import leases
from tools.ledger.leases import Keeper, Lease
from tools.permit_keys import Signer
from tools.unsubscribing import Imprint


@dataclass(frozen=True)
class Shift:
    tower: Tower
    doors: GuardedDoors
    keeper: Keeper
    signer: Signer
    imprint: Imprint | None = None
    """What commercial emails say of their sender; None: nobody has said it."""

    @property
    def lease(self) -> Lease:
        if self.keeper.held is None:
            raise FencedError("The relay works without its lease.", "Another process delivers.")
        return self.keeper.held

    def now(self) -> datetime:
        return self.tower.clock.now()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction of the holder. Raises FencedError where the lease was lost."""
        with self.tower.ledger.write() as session:
            leases.check(session, self.lease)
            yield session

    def renew(self) -> None:
        """Before a call: show life where the lease is no longer young. Raises FencedError where
        it was lost."""
        if not self.keeper.fresh(within=1 / 3) and self.keeper.take() is None:
            raise FencedError("The relay lost its lease.", "Another process delivers.")
