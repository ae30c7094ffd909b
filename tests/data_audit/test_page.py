"""The audit as a page: charts, each gap with what it forbids, and no word of the data as HTML."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape
from typing import Any

import polars as pl
import pytest

from app.story.audit_charts import MOST_BARS, delays, grades, lacking, missing, share_told
from app.story.audit_page import page
from app.story.pages import text
from tests.data_audit.worlds import NOW, PEOPLE, clean, first, spoiled
from tools.data_audit.auditing import audit
from tools.data_audit.findings import Data

NAMED = "<script>alert('$\\frac{')</script>"
"""A column that somebody named so."""


def told(data: Data) -> dict[str, Any]:
    return {**audit(data), "note": "Made up & <b>small</b>."}


@pytest.fixture(scope="module")
def gappy() -> dict[str, Any]:
    """Seven contacts without an address, ninety without the oddly named attribute, which tells
    the outcome besides; ten of whom no consent is known."""
    data = spoiled(clean(), "contacts", first(7, email=None))
    answered = data.tables["outcomes"].get_column("contact_id").implode()
    tells = pl.when(pl.int_range(pl.len()) >= 90).then(pl.col("contact_id").is_in(answered))
    seen = data.observations.with_columns(tells.cast(pl.Float64).alias(f"attr_{NAMED}"))
    return told(replace(data, observations=seen, consents=data.consents.head(PEOPLE - 10)))


def test_a_column_named_as_a_script_is_told_and_never_run(gappy: dict[str, Any]) -> None:
    made = page(gappy)
    assert NAMED in gappy["leakage"]["columns"]
    assert "<script" not in made
    assert made.count(escape(NAMED)) >= 3
    assert "<b>small</b>" not in made
    assert "script-src" not in made
    assert "default-src 'none'" in made


def test_each_gap_stands_with_its_grade_what_it_forbids_and_what_to_do(
    gappy: dict[str, Any],
) -> None:
    made = page(gappy)
    assert len(gappy["findings"]) >= 3
    assert made.count('class="gap"') == len(gappy["findings"])
    for one in gappy["findings"]:
        for words in (one["check"], one["words"], one["forbids"], one["do"]):
            assert text(words) in made


def test_the_page_fetches_nothing_and_holds_a_chart_of_each_kind(gappy: dict[str, Any]) -> None:
    made = page(gappy)
    assert made.count("<svg") == 3
    for outward in ("src=", "@import", "<link", "<iframe", "<img"):
        assert outward not in made.replace("default-src", "")
    bare = made.replace("http://www.w3.org/2000/svg", "").replace(
        "http://www.w3.org/1999/xlink", ""
    )
    assert "http" not in bare.replace('http-equiv="Content', "")


def test_no_row_is_named_on_a_page_that_leaves_the_workspace(gappy: dict[str, Any]) -> None:
    ids = {one for finding in gappy["findings"] for one in finding["examples"]}
    assert {"c000", "c001"} <= ids
    assert not [one for one in ids if one in unescape(page(gappy))]


def test_empty_cells_are_counted_by_column_attribute_and_channel(gappy: dict[str, Any]) -> None:
    found = {(one["kind"], one["column"]): (one["empty"], one["of"]) for one in lacking(gappy)}
    assert found == {
        ("contacts", NAMED): (90, PEOPLE),
        ("contacts", "email"): (7, PEOPLE),
        ("consents", "email"): (10, PEOPLE),
    }
    assert [bar.label for bar in missing(gappy).bars] == [
        f"contacts.{NAMED}",
        "consent on email",
        "contacts.email",
    ]


def test_what_is_empty_agrees_with_what_the_findings_say(gappy: dict[str, Any]) -> None:
    said = {one["check"]: one["found"] for one in gappy["findings"]}
    assert said["contacts.email empty"] == 7
    assert said["consent unknown: email"] == 10


def test_clean_data_say_so_in_place_of_bars_and_gaps() -> None:
    made = page(told(clean()))
    assert "No cell is empty" in made
    assert "<p>None.</p>" in made
    assert made.count("<svg") == 2


def test_without_an_answer_there_is_a_sentence_in_place_of_a_chart() -> None:
    made = page(told(spoiled(clean(), "outcomes", lambda rows: rows.clear())))
    assert "No visit names the touch that it follows." in made
    assert "nothing can be told of what leaks" in made


def test_delays_are_counted_to_twice_the_horizon_and_the_rest_is_told_beside() -> None:
    late = spoiled(clean(), "outcomes", first(3, at=NOW + timedelta(days=90)))
    late = replace(late, at=NOW + timedelta(days=91))
    delay = audit(late)["label_delay"]
    chart = delays(told(late))
    assert (delay["later"], sum(delay["counts"]) + 3) == (3, delay["answers"])
    assert delay["counts"][0] == delay["answers"] - 3, "all others came after five hours"
    assert delay["horizon_days"] in chart.edges
    assert len(chart.edges) == len(chart.counts) + 1
    assert "3 came later" in chart.note


def test_answers_that_are_yet_to_come_are_no_answers() -> None:
    plain = clean()
    ahead = spoiled(plain, "outcomes", first(3, at=NOW + timedelta(hours=1)))

    answers = [audit(one)["label_delay"]["answers"] for one in (plain, ahead)]

    assert answers[0] - answers[1] == 3


def test_only_the_emptiest_columns_are_drawn_and_the_chart_says_how_many_are_not() -> None:
    many = {f"attr_a{place}": pl.Series([None] * PEOPLE, dtype=pl.Float64) for place in range(40)}
    data = clean()
    said = told(replace(data, observations=data.observations.with_columns(**many)))
    chart = missing(said)
    assert len(chart.bars) == MOST_BARS
    assert f"{40 - MOST_BARS} more" in chart.note


@pytest.mark.parametrize(
    ("empty", "words"),
    [(1, "under 0.1%"), (9_999, "over 99.9%"), (10_000, "100.0%"), (0, "0.0%"), (250, "2.5%")],
)
def test_a_few_are_never_told_as_none_nor_most_as_all(empty: int, words: str) -> None:
    assert share_told({"empty": empty, "of": 10_000}) == words


def test_the_charts_of_the_page_are_whole(gappy: dict[str, Any]) -> None:
    drawn = [part.split("</svg>")[0] + "</svg>" for part in page(gappy).split("<svg")[1:]]
    assert all(ET.fromstring("<svg" + one) is not None for one in drawn)
    assert grades(gappy).rows == tuple(gappy["grades"])
