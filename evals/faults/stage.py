"""The stage of many fault runs: a parent with everything imported, and the worlds it copies."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from evals.faults import postgres, zygote
from evals.faults.living import live
from evals.faults.outside import judged
from evals.faults.plans import Plan
from evals.faults.runs import World
from evals.faults.shared import Shared, SharedClock
from evals.faults.world import START, Ledgers, make_world

Engine = Literal["sqlite", "postgres"]
MEMORY: Final = Path("/dev/shm")
"""A disk in memory, where the system has one: no fault run cuts the power, so that nothing has to
reach a slower one."""


@contextmanager
def set_stage(engine: Engine) -> Iterator[World]:
    """The world of an engine, made anew; nothing of it is left but what a violation left behind."""
    folder = Path(tempfile.mkdtemp(prefix="fault-runs-", dir=MEMORY if MEMORY.is_dir() else None))
    ledgers = _ledgers(engine)
    try:
        world = World(folder / "world", folder / "runs", ledgers)
        world.scratch.mkdir()
        _make(world)
        _import(world)
        yield world
    finally:
        for url in (ledgers.fresh, ledgers.ready):
            if url is not None:
                postgres.drop(url)
        _clear(folder)


def _ledgers(engine: Engine) -> Ledgers:
    if engine == "sqlite":
        return Ledgers()
    return Ledgers(postgres.postgres_url(), postgres.postgres_url())


def _make(world: World) -> None:
    """By a child: the parent itself calls no library that starts threads."""
    log = world.scratch / "world.log"
    made = zygote.wait(zygote.fork(lambda: _made(world), log))
    if made.code != 0:
        raise RuntimeError(f"The world could not be made:\n{log.read_text()}")


def _made(world: World) -> int:
    make_world(world.folder, world.ledgers)
    return 0


def _import(world: World) -> None:
    """Import what one whole cycle imports while it runs."""
    plan = Plan("first", (), whole_cycle=True)
    place, shared = world.place(plan), Shared()
    SharedClock(shared).start(START)
    try:
        with judged(place) as there:
            zygote.import_like(
                lambda: live(there, plan, shared, 0, None), world.scratch / "modules"
            )
    finally:
        if place.url is not None:
            postgres.drop(place.url)
        shutil.rmtree(place.folder)


def _clear(folder: Path) -> None:
    """Remove all but the runs that are kept."""
    shutil.rmtree(folder / "world", ignore_errors=True)
    for file in (folder / "runs").iterdir():
        if file.is_file():
            file.unlink()
    if not any((folder / "runs").iterdir()):
        shutil.rmtree(folder)
