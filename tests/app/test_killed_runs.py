"""A run that is killed resumes with the same decisions: no effect twice, none lost."""

import signal
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from tests.app.commands import clearance, killed_at
from tests.app.worlds import copy_of, fresh, ran

POINTS = (
    "run.writing observations",
    "run.writing predictions",
    "run.writing facts",
    "run.writing candidates_sales",
    "run.writing candidates",
    "run.writing choices",
    "run.writing decisions",
    "run.committing",
    "run.committed",
    "review.opened",
    "relay.judged",
    "relay.claimed",
    "relay.sent",
    "relay.recorded",
)


def run_of(folder: Path) -> Path:
    return next((folder / "runs").iterdir())


def effects_of(folder: Path) -> pl.DataFrame:
    file = folder / "effects.parquet"
    assert clearance("export", "effects", "--out", str(file), workspace=folder).code == 0
    return pl.read_parquet(file).sort("effect_id")


def handed_over(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "sandbox" / "provider.sqlite") as record:
        return dict(record.execute("SELECT key, attempts FROM delivered").fetchall())


@pytest.fixture(scope="module")
def battered() -> Path:
    """One run, killed at fourteen points in turn and run again each time, then left to finish."""
    folder = copy_of(fresh("company"))
    for point in POINTS:
        died = killed_at(point, "run", "--json", workspace=folder)
        assert died.code == -signal.SIGKILL, (point, died.error)
    last = clearance("run", "--json", workspace=folder)
    assert last.code == 0, last.error
    return folder


def test_a_run_killed_at_every_point_decides_as_one_never_killed(battered: Path) -> None:
    calm = run_of(ran("company"))

    for name in ("candidates", "choices", "decisions"):
        mine = (run_of(battered) / f"{name}.parquet").read_bytes()
        assert mine == (calm / f"{name}.parquet").read_bytes(), name


def test_no_effect_is_lost_and_none_happens_twice(battered: Path) -> None:
    same = ["effect_id", "contact_id", "treatment", "slot", "state", "reason"]
    calm = effects_of(ran("company"))

    mine = effects_of(battered)
    assert mine.select(same).equals(calm.select(same))
    accepted = set(mine.filter(pl.col("state") == "accepted")["effect_id"])
    assert accepted
    assert accepted <= set(handed_over(battered))
    assert set(handed_over(battered)) == set(handed_over(ran("company")))


def test_the_record_of_a_battered_run_verifies(battered: Path) -> None:
    assert clearance("verify", workspace=battered).code == 0


def test_the_same_pins_in_two_fresh_workspaces_give_the_same_bytes() -> None:
    other = copy_of(fresh("company"))
    assert clearance("run", "--json", workspace=other).code == 0

    for name in ("decisions", "choices", "candidates", "predictions"):
        mine = (run_of(other) / f"{name}.parquet").read_bytes()
        assert mine == (run_of(ran("company")) / f"{name}.parquet").read_bytes(), name
