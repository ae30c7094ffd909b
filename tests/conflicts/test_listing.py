"""`clearance conflicts RUN`, and that what it lists comes from the run's own tables."""

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from domain.money import format_minor
from graph.choosing import choose
from graph.conflicts.detecting import detect
from graph.conflicts.types import TYPES
from graph.gathering import scene_of
from graph.in_force import Fixed
from tests.app.commands import clearance
from tests.conflicts.runs import company, house_after_a_run, newest, placed, scene_again


def test_the_list_names_each_type_with_its_count_people_stake_and_resolution() -> None:
    said = clearance("conflicts", "--json", workspace=company()).json
    shown = " ".join(clearance("conflicts", said["run_id"], workspace=company()).out.split())

    assert len(said["conflicts"]) >= 8
    for row in said["conflicts"]:
        name, resolution = TYPES[row["type"]]
        assert (row["name"], row["resolution"]) == (name, resolution)
        assert row["people"] >= 0
        for words in (f"{row['count']:,}", f"{row['people']:,}", format_minor(row["stake"], "USD")):
            assert words in shown
        assert f"{row['type']} {name.split()[0]}" in shown
        assert resolution.split()[0] in shown


def test_the_list_counts_what_the_run_found() -> None:
    said = clearance("conflicts", "--json", workspace=company()).json
    house = house_after_a_run()
    rows = house.tower.folder(said["run_id"]).read("conflicts")

    for row in said["conflicts"]:
        own = rows.filter(pl.col("type") == row["type"])
        assert row["count"] == own.height
        nobody = own.filter(pl.col("contact").is_null())
        known = own.get_column("contact").drop_nulls().n_unique()
        assert row["people"] == known + nobody.get_column("people").sum()
        assert row["stake"] == round(own.get_column("stake").sum(), 2)


def test_the_same_run_looked_at_again_holds_the_same_conflicts() -> None:
    house = house_after_a_run()
    pins = newest(house)
    before = house.tower.folder(pins.run_id).read("conflicts")

    again = detect(scene_again(house))

    assert again.equals(before)


def test_two_sequences_entered_at_one_instant_are_told_as_simultaneity() -> None:
    house = house_after_a_run()
    pins, rows = newest(house), placed(house)
    beaten = rows.filter((pl.col("reason") == "outranked") & (pl.col("agent") == "email"))
    pairs = beaten.join(rows.select(winner="candidate", lead="treatment_id"), on="winner")
    row = pairs.filter(pl.col("treatment_id") != pl.col("lead")).row(0, named=True)
    asking = (row["treatment_id"], row["lead"])
    house.tower.warehouse.merge("sequences", _sequences(*asking))
    house.tower.warehouse.merge("enrolments", _entered(row["contact_id"], pins.at, *asking))

    found = detect(scene_again(house)).filter(pl.col("type") == 2)

    assert found.get_column("contact").to_list() == [row["contact"]]
    assert found.get_column("against").to_list() == [row["winner"]]


def test_a_minimum_nobody_can_meet_is_told_by_the_run_that_tried() -> None:
    house = house_after_a_run()
    tower, pins = house.tower, newest(house)
    policy = tower.loaded.policy
    (rule,) = policy.exposures
    greedy = policy.model_copy(
        update={"exposures": (rule.model_copy(update={"at_least": 100_000}),)}
    )
    wanting = replace(tower, policies=Fixed(replace(tower.loaded, policy=greedy)))

    choices, plan = choose(wanting, pins)

    rows = tower.folder(pins.run_id).read("candidates").join(choices, on="candidate", how="left")
    found = detect(scene_of(wanting, pins, rows, plan)).filter(pl.col("type") == 14)
    reached = rows.filter((pl.col("theme") == rule.theme) & pl.col("chosen")).height
    assert found.get_column("stake").to_list() == [(100_000 - reached) * rule.ceiling]
    assert found.item(0, "people") > 0
    dearer = detect(scene_of(wanting, pins, rows, plan)).filter(pl.col("type") == 27)
    assert dearer.height > 0
    assert dearer.get_column("stake").max() <= rule.ceiling


def _sequences(*treatments: str) -> pl.DataFrame:
    """One sequence per treatment, which sends it at once."""
    return pl.DataFrame(
        [
            {"sequence_id": f"to {one}", "step": 1, "channel": "email", "treatment_id": one}
            | {"wait_hours": 0}
            for one in treatments
        ]
    )


def _entered(contact_id: str, at: datetime, *treatments: str) -> pl.DataFrame:
    """One contact in each of them, with moments between."""
    return pl.DataFrame(
        [
            {"contact_id": contact_id, "sequence_id": f"to {one}", "step": 1, "state": "active"}
            | {"entered_at": at - timedelta(hours=1, seconds=number), "next_at": at}
            for number, one in enumerate(treatments)
        ]
    )
