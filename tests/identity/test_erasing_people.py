"""Erasing one contact of a person erases every contact of it, and who merged them."""

import re

import polars as pl
import pytest

from app.compose import House
from app.erasing import contacts_named, erase_contacts
from app.measuring import verify_record
from tests.identity.merging import merge
from tools.ledger import identities


@pytest.mark.parametrize("named", ["c00", "c03", "person03@leak.example"])
def test_whoever_of_a_person_is_named_all_of_it_goes(house: House, named: str) -> None:
    merge(house.tower, "c00", "c03")

    told = erase_contacts(house, contacts_named(house, named), "olivia")

    assert [one.done for one in told] == [True, True]
    assert not {"c00", "c03"} & set(house.tower.warehouse.table("contacts")["contact_id"])
    row = identities.record(house.tower.ledger).row(0, named=True)
    assert row["contact_id"].startswith("erased-")
    assert row["survivor_id"].startswith("erased-")
    said = house.tower.ledger.frame(
        "SELECT payload FROM audit WHERE kind = 'contacts_merged'", {"payload": pl.String}
    )
    # As words: a pseudonym is keyed anew in each house and may hold any three hexadecimal digits.
    assert not re.search(r"\bc0[03]\b", said.item())
    checks = {one["check"]: one["ok"] for one in verify_record(house)["checks"]}
    assert checks["Every merge of contacts stands as its newest audit line says"]
    assert checks["The audit chain is whole"]


def test_without_a_merge_one_goes_alone(house: House) -> None:
    assert contacts_named(house, "c00") == ["c00"]
