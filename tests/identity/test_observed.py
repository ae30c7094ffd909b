"""Observed: one row a person, and to the byte what was before where the merge is taken back."""

import polars as pl
import pytest

from domain.errors import IntegrityError
from evals.faults.world import START
from graph.gate import contacts_at, members_at
from graph.people import by_person
from graph.tower import Tower
from tests.identity.merging import DAY, HOUR, about, merge, split, told, touched
from tests.relay.conftest import Hands
from tools.keys import shares_of


def _row(tower: Tower, contact: str) -> dict[str, object]:
    seen = contacts_at(tower, tower.clock.now())
    return seen.filter(pl.col("contact_id") == contact).row(0, named=True)


def _later(tower: Tower) -> None:
    assert isinstance(tower.clock, Hands)
    tower.clock.at += HOUR


def test_a_person_is_one_row_and_what_each_contact_got_and_did_is_theirs(tower: Tower) -> None:
    touched(tower, "c00", at=START - 3 * DAY)
    touched(tower, "c03", at=START - DAY)
    told(tower, "c03", "won")
    before = contacts_at(tower, START)

    merge(tower, "c00", "c03")

    seen = contacts_at(tower, START)
    assert seen.height == before.height - 1
    assert "c03" not in seen.get_column("contact_id")
    row, was = _row(tower, "c00"), before.filter(pl.col("contact_id").is_in(["c00", "c03"]))
    assert row["touched_at_email"] == START - DAY
    assert row["touches_28d"] == was.get_column("touches_28d").sum()
    assert row["is_customer"] is True


def test_split_after_merge_gives_the_same_bytes_as_before(tower: Tower) -> None:
    about(tower, "c03", country="AT", hobby="chess")
    before = contacts_at(tower, START + HOUR).write_ipc(None).getvalue()
    merge(tower, "c00", "c03")
    merge(tower, "c06", "c00")
    merged = contacts_at(tower, START + HOUR).write_ipc(None).getvalue()
    _later(tower)

    split(tower, "c06")

    assert merged != before
    assert contacts_at(tower, START + HOUR).write_ipc(None).getvalue() == before
    assert contacts_at(tower, START).height == contacts_at(tower, START + HOUR).height - 2


def test_attributes_are_the_newest_that_anybody_told_and_the_account_is_the_survivors(
    tower: Tower,
) -> None:
    about(tower, "c00", hobby="go", shoe="42", account_id="acme")
    about(tower, "c03", hobby="chess", created_at=START - DAY, account_id="blue", country="AT")
    merge(tower, "c00", "c03")

    row = _row(tower, "c00")

    assert (row["attr_hobby"], row["attr_shoe"]) == ("chess", 42.0)
    assert (row["country"], row["account_id"]) == ("AT", "acme")


def test_the_holdout_is_the_persons_whatever_its_other_contacts_drew(tower: Tower) -> None:
    study, share = tower.loaded.policy.holdout.study, tower.loaded.policy.holdout.share
    people = tower.warehouse.table("contacts")
    drawn = people.with_columns(in_it=pl.Series(shares_of(people, ["contact_id"], study) < share))
    for survivor, held in drawn.select("contact_id", "in_it").iter_rows():
        other = drawn.filter(pl.col("in_it") != held).get_column("contact_id")
        if not other.is_empty():
            merge(tower, survivor, other[0])
            assert _row(tower, survivor)["holdout"] is held
            split(tower, survivor)


def test_rows_that_came_in_are_never_changed_and_nobody_writes_by_person(tower: Tower) -> None:
    before = tower.warehouse.snapshot()
    merge(tower, "c00", "c03")

    assert tower.warehouse.snapshot() == before
    with pytest.raises(IntegrityError, match="view by person"):
        by_person(tower, START).merge("contacts", tower.warehouse.table("contacts"))


def test_a_person_goes_through_a_sequence_once_at_its_strictest_place(tower: Tower) -> None:
    place = {"sequence_id": "spring", "step": 1, "entered_at": START - DAY}
    rows = [
        {**place, "contact_id": "c00", "state": "active"},
        {**place, "contact_id": "c03", "state": "exited"},
    ]
    tower.warehouse.merge("enrolments", pl.DataFrame(rows))
    merge(tower, "c00", "c03")

    places = (
        by_person(tower, START).table("enrolments").filter(contact_id="c00", sequence_id="spring")
    )

    assert places.get_column("state").to_list() == ["exited"]


def test_only_people_who_are_several_contacts_are_looked_at_one_by_one(tower: Tower) -> None:
    assert members_at(tower, START).is_empty()
    merge(tower, "c00", "c03")

    everybody = members_at(tower, START)

    assert everybody.get_column("contact_id").to_list() == ["c00", "c03"]
    assert members_at(tower, START, ["c01"]).is_empty()
    assert members_at(tower, START, ["c03"]).height == 2
