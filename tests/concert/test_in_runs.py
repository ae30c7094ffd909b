"""A whole run of the company that asks its models together, and the receipts that tell of it."""

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from app.compose import open_house
from app.explaining import explain
from tests.app.commands import clearance
from tests.app.worlds import copy_of, fresh, ran

KEYS = """
[send_time]
use = true
"""


@cache
def together() -> Path:
    folder = copy_of(fresh("company"))
    config = folder / "clearance.toml"
    config.write_text(config.read_text() + KEYS)
    answer = clearance("run", "--json", workspace=folder)
    assert answer.code == 0, answer.error
    return folder


def tables(folder: Path) -> Path:
    return next((folder / "runs").iterdir())


def decisions(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(tables(folder) / "decisions.parquet")


def receipt(folder: Path, rule: pl.Expr) -> dict[str, Any]:
    row = decisions(folder).filter(rule).row(0, named=True)
    told: dict[str, Any] = explain(open_house(folder), row["decision_id"], confirm=False)
    return dict(told["receipts"][0])


def test_a_run_keeps_no_send_times_unless_the_workspace_asks_for_them() -> None:
    names = {one.stem for one in tables(ran("company")).iterdir()}

    assert not names & {"send_times", "own_send_times", "send_time_notes"}
    assert receipt(ran("company"), pl.col("channel") == "email")["times"] == []


def test_each_channel_of_a_run_says_how_far_its_hours_may_be_believed() -> None:
    told = pl.read_parquet(tables(together()) / "send_times.parquet")
    notes = (tables(together()) / "send_time_notes.jsonl").read_text()

    assert set(told["channel"]) == {"email", "call", "task"}
    assert set(told["evidence"]) <= {"measured", "prior"}
    assert (told["low"] < told["multiplier"]).all()
    assert (told["multiplier"] < told["high"]).all()
    assert all(notes.count(f'"channel":"{one}"') == 1 for one in set(told["channel"]))


def test_values_are_the_effects_times_the_hour_as_the_receipt_says() -> None:
    folder = together()
    rows = decisions(folder).filter(
        (pl.col("channel") == "email") & (pl.col("class") == "marketing")
    )
    for row in rows.sort("slot", descending=True).head(3).iter_rows(named=True):
        told = explain(open_house(folder), row["decision_id"], confirm=False)["receipts"][0]
        (times,) = told["times"]
        factors = told["factors"]
        left = 0.95 ** (row["slot"] * 3 / 24)
        gain = factors["effect"] * factors["worth"] * times["multiplier"] * left
        assert abs(told["value"] - (gain - row["cost"])) < 0.01


def test_the_command_says_why_this_hour() -> None:
    folder = together()
    row = decisions(folder).filter(pl.col("channel") == "email").row(0, named=True)

    said = clearance("explain", row["decision_id"], workspace=folder).out

    (times,) = receipt(folder, pl.col("decision_id") == row["decision_id"])["times"]
    assert " ".join(times["sentence"].split()) in " ".join(said.split())
    assert " local: " in times["sentence"]
