"""A run of people who are several contacts: its grid, its commit, its record."""

import polars as pl

from app import running
from app.compose import House
from app.measuring import verify_record
from evals.faults.world import SCHEDULE, SLOT, START
from graph.tower import Tower
from tests.identity.merging import DAY, about, grid_of, merge, say, told, touched

PAIRS = (("c00", "c03"), ("c01", "c12"), ("c02", "c05"), ("c04", "c07"), ("c06", "c09"))
KEYS = ["channel", "class", "slot"]


def test_no_cell_of_the_grid_opens_that_was_closed_for_a_member(tower: Tower) -> None:
    say(tower, "c03", "withdrawn")
    say(tower, "c01", "objected", "call")
    touched(tower, "c05")
    touched(tower, "c04", channel="call", at=START - DAY / 2)
    told(tower, "c09", "complaint")
    about(tower, "c06", country=None)
    before = grid_of(tower, "before")

    for pair in PAIRS:
        merge(tower, *pair)
    after = grid_of(tower, "after").rename({"findings": "merged"})

    for survivor, other in PAIRS:
        mine = after.filter(contact_id=survivor).select(*KEYS, "merged")
        for member in (survivor, other):
            both = before.filter(contact_id=member).join(mine, on=KEYS)
            assert both.height == mine.height
            assert both.filter((pl.col("findings") & ~pl.col("merged")) != 0).is_empty()
    assert not set(after["contact_id"]) & {other for _, other in PAIRS}
    rest = after.join(before, on=["contact_id", *KEYS]).filter(
        ~pl.col("contact_id").is_in([one for pair in PAIRS for one in pair])
    )
    assert rest.height
    assert rest.filter(pl.col("findings") != pl.col("merged")).is_empty()


def test_a_run_of_merged_people_is_committed_and_its_record_holds(house: House) -> None:
    merge(house.tower, "c00", "c03")

    running.run(house, SCHEDULE, SLOT, lambda _: None)

    rows = house.tower.ledger.frame(
        "SELECT contact_id FROM effect WHERE contact_id IS NOT NULL", {"contact_id": pl.String}
    )
    assert rows.height
    assert "c03" not in rows.get_column("contact_id")
    assert verify_record(house)["ok"]
