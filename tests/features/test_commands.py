"""`clearance features`: list, show, check, refresh."""

import json
from functools import cache
from pathlib import Path

import polars as pl

from tests.app.commands import Answer, clearance
from tests.app.worlds import copy_of, fresh
from tests.features.test_declaring import told


@cache
def company() -> Path:
    return copy_of(fresh("company"))


def asked(*words: str) -> Answer:
    return clearance("features", *words, "--json", workspace=company())


def test_features_are_listed_with_what_they_are_for() -> None:
    found = {one["name"]: one for one in asked("list").json["features"]}

    assert found["clicks_7d"]["purposes"] == ["marketing", "measurement"]
    assert (found["clicks_7d"]["days"], found["clicks_7d"]["used"]) == (7, False)
    assert "clicks of the last 7 days" in clearance("features", "list", workspace=company()).out


def test_a_feature_is_shown_with_its_statements() -> None:
    found = asked("show", "first_channel").json

    assert "ARG_MIN" in found["duckdb"]
    assert "ARRAY_AGG" in found["postgres"]
    assert 'r."at" < p.as_of' in found["duckdb"]
    assert asked("show", "firstchannel").code == 2


def test_declarations_are_checked_by_line(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(told())
    bad.write_text(told(sql='"count(*) from touches"'))

    assert (asked("check", str(good)).json["own"], asked("check").json["own"]) == (1, 0)
    refused = asked("check", str(bad))
    assert refused.code == 1
    assert "bad.toml, line 4: This is no feature" in refused.error
    assert asked("check", str(tmp_path / "none.toml")).code == 2


def test_what_is_kept_is_brought_up_to_now_and_an_erased_contact_is_gone_from_it() -> None:
    folder = copy_of(company())
    first = clearance("features", "refresh", "--json", workspace=folder)
    again = clearance("features", "refresh", "--json", workspace=folder)
    contacts = pl.read_parquet(folder / "warehouse" / "contacts.parquet")
    who = contacts.item(0, "contact_id")

    assert first.json["calculated"]["touches"] == first.json["contacts"] == contacts.height
    assert set(again.json["calculated"].values()) == {0}
    erased = clearance("erase", who, "--yes", "--json", workspace=folder)
    assert erased.code == 0, erased.error
    for file in (folder / "features").glob("*.parquet"):
        assert who not in pl.read_parquet(file).get_column("contact_id")
    assert json.loads(erased.out)["done"]
