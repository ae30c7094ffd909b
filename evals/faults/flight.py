"""Thousands of effects in flight while the relay is killed again and again.

Every life of the relay is ended by SIGKILL, at a random moment or at a random fault point; the last
one is left to finish. Then the provider's own record is compared with the ledger: each effect
happened exactly once, or it is parked as unknown where the provider knows no key.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from app.relay import Relay
from evals.faults import zygote
from evals.faults.crowd import intend, names_of, plant_crowd
from evals.faults.shared import ARMED, REACHED, Shared, SharedClock
from evals.faults.watching import Watched
from evals.faults.world import START, open_at
from tools import faultpoints
from tools.connectors.protocols import Doors
from tools.ledger import effects

BATCH: Final = 25
"""Effects in one call: small, so that many calls are there to be interrupted."""
TURN: Final = timedelta(seconds=5)
TURNS: Final = 200
DONE: Final = 0
BUSY: Final = 3
POINTS_A_LIFE: Final = 32
LONGEST_LIFE: Final = 1.2
"""Seconds; a life that is killed by the clock ends somewhere before."""
LONGEST_WAIT: Final = 180.0
"""Seconds after which a life that should have died at a fault point hangs. All twenty lives of a
flight of 5,000 effects take about 20 s together, so even one beside many other jobs is well
within."""
LONGEST_WORK: Final = 1800.0
"""Seconds after which a process that is left to finish hangs: ninety flights of 5,000 effects, as
the last life delivers to everybody who is left, however many they are."""
POLL: Final = 0.002

OpenDoors = Callable[[], Doors]


@dataclass
class Flight:
    """What came of it. `acts`: how many effects the provider did so many times."""

    provider: str
    engine: str
    effects: int
    kills: int = 0
    struck: dict[str, int] = field(default_factory=dict)
    acts: dict[int, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    parked: int = 0
    lost: int = 0
    """Neither done nor parked nor ended with a reason."""
    unlike: int = 0
    """The ledger says accepted and the provider knows nothing of it, or it did what the ledger
    says is not done."""
    seconds: float = 0.0


def fly(
    folder: Path,
    provider: str,
    doors: OpenDoors,
    acts: Callable[[], Counter[str]],
    people: int,
    kills: int,
    url: str | None = None,
    seed: int = 0,
) -> Flight:
    """Plant a crowd, deliver to all of it under fire, compare. `acts`: how often the provider did
    each key, by its own record."""
    shared = Shared()
    SharedClock(shared).start(START)
    _must(lambda: _plant(folder, people, url), folder.with_suffix(".plant.log"))
    found = Flight(provider, "sqlite" if url is None else "postgres", people)
    rng = random.Random(f"flight {seed} {provider}")
    began = time.perf_counter()
    while found.kills < kills:
        _live_and_die(folder, doors, url, shared, rng, found)
    shared.put(ARMED, 0)
    _must(lambda: _work(folder, doors, url, shared), folder.with_suffix(".log"))
    found.seconds = time.perf_counter() - began
    told = folder.with_suffix(".told")
    _must(lambda: _tell(folder, url, told), folder.with_suffix(".tell.log"))
    _compare(found, told, acts())
    return found


def _live_and_die(
    folder: Path,
    doors: OpenDoors,
    url: str | None,
    shared: Shared,
    rng: random.Random,
    to: Flight,
    longest: float = LONGEST_WAIT,
) -> None:
    """One life: every second one ends at a fault point, the others at a moment of the clock.
    Raises RuntimeError where it ends by itself, or outlives the longest wait for its point."""
    how = "point" if to.kills % 2 else "moment"
    shared.put(REACHED, 0)
    shared.put(ARMED, rng.randrange(1, POINTS_A_LIFE) if how == "point" else 0)
    log = folder.with_suffix(".log")
    pid = zygote.fork(lambda: _work(folder, doors, url, shared), log)
    if how == "moment":
        ended = _look_for(pid, rng.uniform(0.2, LONGEST_LIFE)) or zygote.kill(pid)
    else:
        ended = _expect(pid, longest, f"to die at fault point {shared.get(ARMED)}", log)
    if ended.signal != signal.SIGKILL:
        said = _text_of(log)[-2000:]
        raise RuntimeError(f"A life ended by itself with {ended.code}, not killed:\n{said}")
    to.kills += 1
    to.struck[how] = to.struck.get(how, 0) + 1


def _must(work: Callable[[], int], log: Path, longest: float = LONGEST_WORK) -> None:
    ended = _expect(zygote.fork(work, log), longest, "to finish its work", log)
    if ended.code != DONE:
        raise RuntimeError(f"A process ended with {ended.code}:\n{_text_of(log)[-2000:]}")


def _expect(pid: int, longest: float, what: str, log: Path) -> zygote.Ended:
    """How the process ended. One that outlives the longest wait hangs: it is made to tell where,
    killed, and RuntimeError raised."""
    ended = _look_for(pid, longest)
    if ended is not None:
        return ended
    before = len(_text_of(log))
    zygote.end_telling(pid)
    raise RuntimeError(
        f"Expected process {pid} {what} within {longest:g} s, found it running still; it was "
        f"killed. Look below where its threads hung; if it was only slow, fly again when the "
        f"machine has less to do.\n{_text_of(log)[before:]}"
    )


def _look_for(pid: int, seconds: float) -> zygote.Ended | None:
    """How the process ended; None where it runs still when so many seconds were watched."""
    watched = Watched()
    ended = zygote.look(pid)
    while ended is None and watched.look() < seconds:
        time.sleep(POLL)
        ended = zygote.look(pid)
    return ended


def _text_of(log: Path) -> str:
    return log.read_text() if log.exists() else ""


def _plant(folder: Path, people: int, url: str | None) -> int:
    ledger = plant_crowd(folder, people, url)
    intend(ledger, names_of(people))
    return DONE


def _work(folder: Path, doors: OpenDoors, url: str | None, shared: Shared) -> int:
    """One life of the relay: deliver until nothing is left to do. Time moves on between passes."""
    clock = SharedClock(shared)
    house = open_at(folder, clock, url)
    relay = Relay(house.tower, doors())
    _arm(shared)
    for _ in range(TURNS):
        relay.deliver_due(lambda _: None)
        counts = effects.counts(house.tower.ledger)
        if not _open(counts):
            return DONE
        clock.move_to(clock.now() + TURN)
    return BUSY


def _open(counts: dict[str, int]) -> int:
    unknown = counts.get("unknown", 0) - counts["parked"]
    return counts.get("intent", 0) + counts.get("sending", 0) + unknown


def _arm(shared: Shared) -> None:
    """Die at the fault point whose number is told, counted from the start of this life."""

    def strike(_: str, __: str) -> None:
        if shared.get(ARMED) and shared.count(REACHED) >= shared.get(ARMED):
            os.kill(os.getpid(), signal.SIGKILL)

    faultpoints.strike = strike


def _tell(folder: Path, url: str | None, told: Path) -> int:
    """Write each effect's state, in a process of its own: the parent opens no ledger."""
    house = open_at(folder, SharedClock(Shared()), url)
    rows = effects.in_states(house.tower.ledger, effects.EVERY)
    rows.select("effect_id", "state", "parked").write_csv(told)
    return DONE


def _compare(found: Flight, told: Path, acts: Counter[str]) -> None:
    lines = [line.split(",") for line in told.read_text().splitlines()[1:]]
    states = {key: state for key, state, _ in lines}
    parked = {key for key, _, flag in lines if flag == "true"}
    found.states = dict(Counter(states.values()))
    found.acts = dict(Counter(acts[key] for key in states))
    found.parked = len(parked)
    found.lost = sum(
        state in ("intent", "sending", "unknown") and key not in parked
        for key, state in states.items()
    )
    done = {"accepted": (1,), "failed": (0,), "skipped": (0,), "expired": (0,), "unknown": (0, 1)}
    found.unlike = sum(acts[key] not in done.get(state, ()) for key, state in states.items())
    found.unlike += sum(key not in states for key in acts)
