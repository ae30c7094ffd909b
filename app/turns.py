"""A turn: the right to run the cycle, which one process of a workspace has at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from domain.errors import BusyError, FencedError
from graph.tower import Tower
from tools import faultpoints
from tools.ledger import leases, runs
from tools.ledger.leases import Keeper
from tools.ledger.models import RunRow

if TYPE_CHECKING:
    from app.compose import House

LEASE: Final = "run"
LEASE_SECONDS: Final = 300.0
"""Longer than a step of a run takes: it is renewed between steps."""


@dataclass(frozen=True)
class Turn:
    tower: Tower
    """The tower under the lease: what it writes is refused once the lease is lost."""
    keeper: Keeper

    def renew(self) -> None:
        """Between two steps: show life. Raises FencedError where the lease was lost."""
        lease = self.tower.lease
        if self.keeper.fresh(within=1 / 3):
            return
        taken = self.keeper.take()
        if taken is None or lease is None or taken.fence != lease.fence:
            raise FencedError(
                "This process was silent for so long that it lost the run's lease.",
                "Nothing of it is written any more; `clearance run` finishes the run.",
            )


@contextmanager
def turn_of(house: "House") -> Iterator[Turn]:
    """The workspace's turn, given back at the end. Raises BusyError where another has it.

    The turn of a process of this machine that died is free at once.
    """
    keeper = house.run_keeper
    lease = keeper.take()
    if lease is None:
        raise BusyError(*_who_runs(house))
    faultpoints.reach("run.leased")
    try:
        yield Turn(replace(house.tower, lease=lease), keeper)
    finally:
        keeper.release()
    faultpoints.reach("run.released")


def going(house: "House") -> RunRow | None:
    """The run that was opened first and is not finished: while somebody has the turn, theirs."""
    ledger = house.tower.ledger
    left = runs.unfinished(ledger)
    return runs.read(ledger, left[0]) if left else None


def at_work(house: "House") -> bool:
    """Whether a process has the turn, as far as can be seen: none that is known to be dead."""
    holder = leases.holder_of(house.tower.ledger, LEASE)
    return holder is not None and not leases.proven_dead(holder)


def _who_runs(house: "House") -> tuple[str, str]:
    """Who runs what since when, and what to do."""
    holder = leases.holder_of(house.tower.ledger, LEASE) or "another process"
    row = going(house)
    what = f"{row.run_id} ({row.schedule}), since {row.at.isoformat()}" if row else "it just begins"
    return f"A run is going: {what}, by {leases.in_words(holder)}.", "Ask again when it is done."
