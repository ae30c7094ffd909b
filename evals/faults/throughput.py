"""How many intents a second are committed, and how many effects delivered, over loopback.

The provider is the judge: a process of its own that syncs its record to the disk before it answers.
Postgres runs with its own durable settings here, unlike in the fault runs.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.relay import Relay
from evals.faults.crowd import intend, names_of, plant_crowd
from evals.faults.postgres import drop, postgres_url
from evals.faults.world import START, open_at
from tools.clock import FrozenClock
from tools.connectors.protocols import Doors

A_RUN: Final = 2_000
"""Intents in one transaction: those of a run of that many contacts."""


@dataclass
class Throughput:
    """Of one engine, repeated: per second."""

    engine: str
    effects: int
    committed: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return {
            "engine": self.engine,
            "effects": self.effects,
            "repeats": len(self.delivered),
            "committed_per_second": spread(self.committed),
            "delivered_per_second": spread(self.delivered),
        }


def spread(values: list[float]) -> dict[str, int]:
    return {
        "median": round(statistics.median(values)),
        "least": round(min(values)),
        "most": round(max(values)),
    }


def measure(engine: str, doors: Doors, people: int, repeats: int) -> Throughput:
    """Commit and deliver one effect for each of so many people, on a new ledger each time."""
    found = Throughput(engine, people)
    for turn in range(repeats):
        with _place(engine) as (folder, url):
            _once(folder, url, doors, people, turn, found)
    return found


def _once(
    folder: Path, url: str | None, doors: Doors, people: int, turn: int, to: Throughput
) -> None:
    ledger, names = plant_crowd(folder, people, url), names_of(people)
    began = time.perf_counter()
    for start in range(0, people, A_RUN):
        intend(ledger, names[start : start + A_RUN], f"run-{turn}-{start}")
    to.committed.append(people / (time.perf_counter() - began))
    house = open_at(folder, FrozenClock(START), url)
    began = time.perf_counter()
    done = Relay(house.tower, doors).deliver_due(lambda _: None)
    to.delivered.append(people / (time.perf_counter() - began))
    if done.accepted != people:
        raise RuntimeError(f"Expected {people} accepted, found {done}.")


@contextmanager
def _place(engine: str) -> Iterator[tuple[Path, str | None]]:
    folder = Path(tempfile.mkdtemp(prefix="throughput-"))
    url = postgres_url(durable=True) if engine == "postgres" else None
    try:
        yield folder / "workspace", url
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if url is not None:
            drop(url)
