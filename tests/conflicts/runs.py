"""A real run of the made-up company, in which conflicts are looked for again."""

from functools import cache
from pathlib import Path

import polars as pl

from app.compose import House, open_house
from domain.run import Pins
from graph.choosing import PlanRecord
from graph.conflicts.scene import Scene
from graph.gathering import scene_of
from graph.opening import pins_of
from graph.sorting import placed_in
from tests.app.worlds import copy_of, ran
from tools.ledger import runs


@cache
def company() -> Path:
    """A workspace that had one run; to read from, not to change."""
    return ran("company")


def house_after_a_run() -> House:
    """The house of a copy, to do with as one likes."""
    return open_house(copy_of(company()))


def newest(house: House) -> Pins:
    """What the newest run is pinned to."""
    run = runs.latest(house.tower.ledger)
    assert run is not None
    return pins_of(house.tower, run.run_id)


def scene_again(house: House) -> Scene:
    """The newest run's scene, as the warehouse now is."""
    pins = newest(house)
    plan = house.tower.folder(pins.run_id).read_records("plan", PlanRecord)[0]
    return scene_of(house.tower, pins, placed(house), plan)


def placed(house: House) -> pl.DataFrame:
    """The newest run's candidates with their choices."""
    return placed_in(house.tower, newest(house))
