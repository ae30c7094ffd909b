"""Leases: one process at a time does a piece of work, and one that lost it can not write.

No clock is asked what time it is. A holder shows life by raising `beat`; who wants the lease takes
it after seeing the same beat for the whole term on a monotonic clock of their own, so neither a
jump of the wall clock nor two machines' clocks that differ can break it. A holder on this machine
that is dead is seen to be dead, and its lease is free at once. Each taking raises `fence`; every
write of a holder checks it in its own transaction (`check`), so a process that was paused beyond
its lease is refused.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, select

from domain.errors import FencedError
from tools.clock import stopwatch
from tools.ledger.bulk import insert_new_row
from tools.ledger.database import Ledger
from tools.ledger.models import LeaseRow

TERM_SECONDS = 15.0


@dataclass(frozen=True)
class Lease:
    """Held by this process under this fence."""

    name: str
    holder: str
    fence: int
    unproven: int = 0
    """Holders of this fence or an older one may still be at work: they fell silent, and nothing
    proves them dead. Of those between it and ours, the work surely ended."""


def holds(session: Session, lease: Lease) -> bool:
    """In the transaction of a write: whether nobody took the lease since."""
    row = _locked(session, lease.name)
    return row is not None and row.fence == lease.fence and not row.released


def check(session: Session, lease: Lease) -> None:
    """In the transaction of a write. Raises FencedError where somebody took the lease since."""
    if not holds(session, lease):
        row = session.get(LeaseRow, lease.name)
        raise FencedError(
            f"This process lost the lease {lease.name}: fence {lease.fence}, now "
            f"{row.fence if row else 'none'}.",
            "Nothing of it was written; the new holder carries on.",
        )


@dataclass
class Keeper:
    """Takes, renews and gives back one lease for this process. Not for several threads."""

    ledger: Ledger
    name: str
    seconds: float = TERM_SECONDS
    monotonic: Callable[[], float] = stopwatch
    holder: str = field(default_factory=lambda: who_am_i())
    held: Lease | None = None
    _renewed: float = 0.0
    _seen: tuple[int, int] | None = None
    """(fence, beat) last seen of somebody else's lease."""
    _seen_since: float = 0.0

    def take(self) -> Lease | None:
        """The lease, or None while somebody else lives with it. Ours already: renewed."""
        now = self.monotonic()
        with self.ledger.write() as session:
            insert_new_row(
                session, LeaseRow(name=self.name, holder="", fence=0, beat=0, released=True)
            )
            row = _locked(session, self.name)
            assert row is not None
            if self.held is not None and row.fence == self.held.fence and not row.released:
                row.beat += 1
            elif row.released or not _may_live(row.holder) or self._silent(row):
                if not row.released and _may_live(row.holder):
                    row.unproven = row.fence
                row.fence, row.beat, row.released = row.fence + 1, 0, False
                row.holder = self.holder
            else:
                self.held = None
                return None
            session.add(row)
            taken = Lease(self.name, self.holder, row.fence, row.unproven)
        self.held, self._renewed, self._seen = taken, now, None
        return taken

    def fresh(self, within: float = 1.0) -> bool:
        """Whether the lease was renewed within this share of its term, by this process's own
        clock; within the whole of it nobody else can have taken it."""
        young = self.monotonic() - self._renewed < self.seconds * within
        return self.held is not None and young

    def release(self) -> None:
        """Give it back, so that the next need not wait."""
        if self.held is None:
            return
        with self.ledger.write() as session:
            row = _locked(session, self.name)
            if row is not None and row.fence == self.held.fence:
                row.released = True
                session.add(row)
        self.held = None

    def _silent(self, row: LeaseRow) -> bool:
        """Whether the holder showed no life for the whole term, as seen from here: what it showed
        while we waited for the lock is no older than now."""
        now = self.monotonic()
        if self._seen != (row.fence, row.beat):
            self._seen, self._seen_since = (row.fence, row.beat), now
        return now - self._seen_since >= self.seconds


def proven_dead(holder: str) -> bool:
    """Whether that holder was a process of this machine that is gone."""
    return not _may_live(holder)


def who_am_i() -> str:
    """This process: machine, boot, process id and when it started; no other is ever the same."""
    return "/".join((_machine(), _boot(), str(os.getpid()), _started(os.getpid())))


def holder_of(ledger: Ledger, name: str) -> str | None:
    """Who holds the lease; None where it is free."""
    with ledger.read() as session:
        row = session.get(LeaseRow, name)
        return None if row is None or row.released else row.holder


def in_words(holder: str) -> str:
    """The holder as people know it: the process and its machine."""
    machine, _, pid, _ = (*holder.split("/"), "", "", "")[:4]
    return f"process {pid} on {machine.partition(':')[0]}" if pid else holder


def _locked(session: Session, name: str) -> LeaseRow | None:
    """The row, which nobody else can change before this transaction ends."""
    wanted = select(LeaseRow).where(LeaseRow.name == name).with_for_update()
    return session.exec(wanted.execution_options(populate_existing=True)).first()


def _may_live(holder: str) -> bool:
    """False only for a process of this machine that is surely gone. One of another machine, or
    where the system does not tell, may live."""
    parts = holder.split("/")
    if len(parts) != 4 or parts[0] != _machine() or "" in parts:
        return True
    _, boot, pid, started = parts
    return boot == _boot() and _started(int(pid)) == started


def _machine() -> str:
    """The machine's name, with the space in which process ids count: a container has its own."""
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}:{space.readlink() if space.exists() else ''}".replace("/", "_")


def _boot() -> str:
    """Id of this boot of the machine; empty where the system tells none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process started, in the system's ticks; empty where it is gone or not told.

    A dead process that nobody has waited for yet (a zombie) is gone.
    """
    try:
        said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if said[0] in ("Z", "X") else said[19]
