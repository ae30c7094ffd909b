"""Strikes: how a plan's faults happen inside a process of the product.

Fault points and database calls are counted over all processes of the run in shared memory; who
comes to a strike's number takes it, once.
"""

import json
import os
import signal
import sqlite3
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from evals.faults.plans import Plan, Strike
from evals.faults.shared import ARMED, CALLS, REACHED, Shared, SharedClock
from tools import faultpoints
from tools.ledger.engines import LOCK

LOCKED_SECONDS = 0.15
Act = Callable[[str], bool]
"""Does what people outside do; False where it can't be done here and must be tried later."""


@dataclass
class Striker:
    """Arms one process. `journal`: a file that lists what was struck, one JSON line each."""

    plan: Plan
    shared: Shared
    journal: Path
    act: Act
    lock: Callable[[float], None]
    open_transactions: int = 0
    busy: bool = field(default=False)
    """A strike is happening: what it does itself comes to no strike."""

    def arm(self, engine: Engine) -> None:
        """From now on points and calls are counted, and strikes strike."""
        faultpoints.strike = self._reached
        event.listen(engine, "begin", self._began)
        event.listen(engine, "commit", self._ended)
        event.listen(engine, "rollback", self._ended)
        for name in CALLED:
            self._wrap(engine, name)

    def _wrap(self, engine: Engine, name: str) -> None:
        """The dialect's own call, which may fail before or after it is done."""
        really = getattr(engine.dialect, name)

        def call(first: Any, *rest: Any, **named: Any) -> Any:
            connection = first if name == "do_commit" else first.connection
            self._fail("before", engine, connection)
            answer = really(first, *rest, **named)
            self._fail("after", engine, connection)
            return answer

        setattr(engine.dialect, name, call)

    def _fail(self, when: str, engine: Engine, connection: Any) -> None:
        if self.call(when):
            raise _lost(engine, connection)

    def _began(self, _: Any) -> None:
        self.open_transactions += 1

    def _ended(self, _: Any) -> None:
        self.open_transactions -= 1

    def _reached(self, point: str, detail: str) -> None:
        if self.busy or not self.shared.get(ARMED):
            return
        number = self.shared.count(REACHED)
        note(self.journal, {"passed": point})
        for index, strike in enumerate(self.plan.strikes):
            if strike.kind.startswith("call_") or number < strike.at:
                continue
            if strike.point not in ("", point):
                continue
            if not self.shared.taken(index):
                self._strike(index, strike, point, detail)

    def _strike(self, index: int, strike: Strike, point: str, detail: str) -> None:
        self.busy = True
        try:
            if self._outside(strike) and self.shared.take(index):
                said = {"struck": strike.kind, "what": strike.what, "point": point}
                note(self.journal, {**said, "detail": detail})
                self._inside(strike)
        finally:
            self.busy = False

    def _outside(self, strike: Strike) -> bool:
        """Acts that commit something themselves can't happen while this process holds a write."""
        if strike.kind not in ("act", "lock"):
            return True
        if self.open_transactions > 0:
            return False
        if strike.kind == "lock":
            self.lock(LOCKED_SECONDS)
            return True
        return self.act(strike.what)

    def _inside(self, strike: Strike) -> None:
        if strike.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if strike.kind == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        if strike.kind == "jump":
            SharedClock(self.shared).jump(timedelta(hours=float(strike.what)))

    def call(self, when: str) -> bool:
        """Whether this database call fails; `when`: before or after it was done."""
        if self.busy or not self.shared.get(ARMED):
            return False
        number = self.shared.count(CALLS) if when == "before" else self.shared.get(CALLS)
        for index, strike in enumerate(self.plan.strikes):
            if strike.kind == f"call_{when}" and number >= strike.at and self.shared.take(index):
                note(self.journal, {"struck": strike.kind, "what": "", "point": "", "detail": ""})
                return True
        return False


CALLED = ("do_execute", "do_executemany", "do_commit")


def _lost(engine: Engine, connection: Any) -> Exception:
    """What the driver raises where the database goes away."""
    if engine.dialect.name == "sqlite":
        return sqlite3.OperationalError("disk I/O error (a fault run's)")
    getattr(connection, "dbapi_connection", connection).close()  # the pool must find it broken
    return psycopg.OperationalError("server closed the connection (a fault run's)")


def note(journal: Path, said: dict[str, str]) -> None:
    """One line, in one write: processes that write at once do not mix their lines."""
    line = json.dumps(said) + "\n"
    target = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(target, line.encode())
    os.close(target)


def lock_sqlite(file: Path, seconds: float) -> None:
    """Somebody else holds the write lock of the ledger for so long, from now on."""

    def hold() -> object:
        connection = sqlite3.connect(file, timeout=1, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    _held_by_another(hold, seconds)


def lock_postgres(url: str, seconds: float) -> None:
    """The same on Postgres."""

    def hold() -> object:
        connection = psycopg.connect(url.replace("+psycopg", ""))
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        return connection

    _held_by_another(hold, seconds)


def _held_by_another(hold: Callable[[], object], seconds: float) -> None:
    ready, tell = os.pipe()
    if os.fork() == 0:
        try:
            held = hold()
            os.write(tell, b"1")
            time.sleep(seconds)
            del held
        except (sqlite3.Error, psycopg.Error):
            traceback.print_exc()  # to the log of the life it strikes: nothing was held
        finally:
            os._exit(0)
    os.close(tell)
    os.read(ready, 1)
    os.close(ready)
