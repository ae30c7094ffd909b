"""The page, the words and the rules speak of the same types."""

import re
from pathlib import Path

import polars as pl

from graph.conflicts.detecting import detect
from graph.conflicts.types import TYPES
from tests.conflicts.worlds import scene


def test_the_page_lists_every_type_by_its_number_and_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "conflicts.md").read_text()

    listed = re.findall(r"^\| (\d+) \| ([^|]+?) \|", page, flags=re.M)

    assert {int(number): name for number, name in listed} == {
        number: name for number, (name, _) in TYPES.items()
    }


def test_a_run_in_which_nobody_asked_has_no_conflicts() -> None:
    found = detect(scene())

    assert isinstance(found, pl.DataFrame)
    assert found.is_empty()
