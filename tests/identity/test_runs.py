"""A run of people who are several contacts: its grid, its commit, its record."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from app import running
from app.compose import House
from app.explaining import explain
from app.measuring import verify_record
from app.story.receipts import show_receipts
from evals.faults.world import SCHEDULE, SLOT, START
from graph.replaying import replay_run
from graph.tower import Tower
from policies.loading import Loaded, hash_of
from tests.identity.merging import DAY, about, grid_of, merge, say, told, touched
from tests.policies.worlds import cap
from tools.clock import FrozenClock
from tools.ledger import runs

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


def test_a_merged_contact_is_explained_by_what_its_person_was_decided(house: House) -> None:
    merge(house.tower, "c00", "c03")
    running.run(house, SCHEDULE, SLOT, lambda _: None)

    asked, person = (explain(house, one, confirm=False) for one in ("c03", "c00"))

    assert asked["stands_under"] == "c00"
    assert person["stands_under"] is None
    assert asked["receipts"] == person["receipts"]
    with (screen := Console(width=100)).capture() as seen:
        show_receipts(screen, asked)
    assert "one person with c00" in seen.get()


def test_a_contact_merged_after_the_run_is_explained_by_what_it_was_decided_itself(
    house: House,
) -> None:
    running.run(house, SCHEDULE, SLOT, lambda _: None)
    before = explain(house, "c03", confirm=False)

    house = replace(house, tower=replace(house.tower, clock=FrozenClock(START + DAY)))
    merge(house.tower, "c00", "c03")

    assert explain(house, "c03", confirm=False) == before


@pytest.mark.parametrize("merged", [True, False])
def test_another_policy_counts_what_the_persons_other_contact_got_long_ago(
    house: House, tmp_path: Path, merged: bool
) -> None:
    """Another tool's touch, further back than the run itself looked."""
    touched(house.tower, "c03", at=START - 40 * DAY)
    if merged:
        merge(house.tower, "c01", "c03")
    running.run(house, SCHEDULE, SLOT, lambda _: None)
    (run,) = runs.every(house.tower.ledger)
    longer = cap("quarter", "email", at_most=1, hours=24 * 90)
    policy = house.tower.loaded.policy.model_copy(update={"caps": (longer,)})

    again = replay_run(house.tower, run.run_id, Loaded(policy, hash_of(policy)), tmp_path / "apart")

    facts = again.folder.read("facts").filter(contact_id="c01", channel="email")
    assert facts.height
    assert set(facts.get_column("used_quarter")) == {1 if merged else 0}
