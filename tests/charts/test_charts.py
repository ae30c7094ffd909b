"""Charts: what is drawn, that nothing is cut off, and files that any viewer reads."""

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxBase

from tools.charts.chart import (
    Axis,
    Band,
    Bar,
    Bars,
    Chart,
    Columns,
    Curves,
    Dots,
    Grades,
    Line,
    Mark,
    number_words,
    share_words,
)
from tools.charts.drawing import figure
from tools.charts.looks import BLUE, DOTS_PER_INCH, GREY, ORANGE, PALE, SKY, WIDTH, looks
from tools.charts.pictures import png, svg

ROOT = Path(__file__).parents[2]
ODD = "<script>alert('a')</script> $\\frac{$ & \u65e5\u672c"
"""Markup, a formula that can't be read, and letters that the font lacks."""
CURVES = Curves(
    "Gains <of all>",
    Axis("share of contacts", "share"),
    Axis("gain"),
    (Line("even", ((0.0, 0.0), (1.0, 0.1)), dashed=True), Line("ours", ((0.0, 0.0), (1.0, 0.2)))),
    Band("band", ((0.0, 0.0, 0.02), (1.0, 0.15, 0.25))),
    Dots("found", ((0.5, 0.12, 0.1, 0.14),)),
    (Mark("now", 0.3),),
    "A note.",
)
BARS = Bars("Missing", Axis("rows", "share"), (Bar(ODD, 0.2, "8 of 40"), Bar("b", 1.0, "all")), 1.0)
COLUMNS = Columns(
    "Delay", Axis("days"), Axis("answers"), (0.0, 1.0, 2.0), (30, 2), (Mark("median", 0.4),)
)
GRADES = Grades("Grades", ("one", "two"), ("x", "y"), (("A", "F"), ("-", "C")))
EACH: list[Chart] = [CURVES, BARS, COLUMNS, GRADES]


def colours(chart: Chart) -> dict[str, int]:
    """How many points of the picture have each colour of the house exactly."""
    picture = (imread(io.BytesIO(png(chart)))[:, :, :3] * 255).round()
    assert picture.shape[1] == WIDTH * DOTS_PER_INCH
    named = {"blue": BLUE, "grey": GREY, "pale": PALE, "orange": ORANGE, "sky": SKY}
    return {
        name: int((picture == np.array(to_rgb(code)) * 255).all(axis=2).sum())
        for name, code in named.items()
    }


def test_a_picture_holds_its_band_lines_dots_marks_bars_and_columns() -> None:
    found = colours(CURVES)
    assert found["pale"] > 20_000
    assert min(found["blue"], found["grey"], found["orange"]) > 500
    assert colours(BARS)["blue"] > 20_000
    assert colours(COLUMNS)["sky"] > 20_000


@pytest.mark.parametrize("chart", EACH, ids=["curves", "bars", "columns", "grades"])
def test_an_svg_is_whole_and_fetches_nothing(chart: Chart) -> None:
    drawn = svg(chart)
    root = ET.fromstring(drawn)
    spoken = [one.text for one in root.iter() if one.tag.endswith("title")]
    assert spoken == [f"{chart.title}. {chart.note}".strip()]
    assert not [one for one in root.iter() if re.search("script|style|image|metadata", one.tag)]
    assert re.findall(r"https?:[^\"' ]+", drawn) == [
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    ]


def test_words_from_outside_stay_words() -> None:
    drawn = svg(Bars(ODD, Axis(ODD), (Bar(ODD, 0.2, ODD),), note=ODD))
    said = "".join(ET.fromstring(drawn).itertext())
    assert "<script" not in drawn
    assert "<script>alert('a')</script> $\\frac{$ &" in said


def test_the_same_chart_gives_the_same_bytes_in_another_process_and_under_other_settings(
    tmp_path: Path,
) -> None:
    (tmp_path / "matplotlibrc").write_text("axes.labelsize: 20\nxtick.major.size: 12\n")
    code = (
        "import sys; from tests.charts.test_charts import CURVES\n"
        "from tools.charts.pictures import png, svg\n"
        "sys.stdout.buffer.write(svg(CURVES).encode() + png(CURVES))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        cwd=ROOT,
        check=True,
        env=os.environ | {"PYTHONPATH": ".", "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")},
    )
    assert done.stdout == svg(CURVES).encode() + png(CURVES)


def test_pictures_tell_neither_hour_nor_program() -> None:
    for file in (svg(CURVES).encode(), png(CURVES)):
        assert not re.search(rb"[Mm]atplotlib v|\d{4}-\d\d-\d\dT|Software|dc:date", file)


def test_charts_on_one_page_keep_their_ids_apart_and_find_what_they_refer_to() -> None:
    drawn = [svg(one) for one in EACH]
    ids = [set(re.findall(r'\bid="([^"]+)"', one)) for one in drawn]
    assert all(ids)
    assert not any(one & other for one, other in combinations(ids, 2))
    for mine, one in zip(ids, drawn, strict=True):
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', one)) <= mine


def written(chart: Chart) -> tuple[list[tuple[str, Bbox]], BboxBase]:
    """Every word of the chart with its box, and the box of the whole; in points of the picture."""
    with looks():
        drawn = figure(chart)
        drawn.draw_without_rendering()
        beyond = {id(label) for axes in drawn.axes for label in _beyond(axes)}
        shown = [
            (one.get_text(), _written(one))
            for one in drawn.findobj(Text)
            if one.get_visible() and one.get_text() and id(one) not in beyond
        ]
        return shown, drawn.bbox


def _written(one: Text) -> Bbox:
    """Where the words stand, without the empty lines that keep a place free below a title."""
    box, lines = one.get_window_extent(), one.get_text().split("\n")
    free = (len(lines) - len("\n".join(lines).rstrip("\n").split("\n"))) / len(lines)
    return Bbox.from_extents(box.x0, box.y0 + free * box.height, box.x1, box.y1)


def _beyond(axes: Axes) -> Iterator[Text]:
    """Labels of ticks that lie outside of what is shown: they are not drawn."""
    for side in (axes.xaxis, axes.yaxis):
        low, high = sorted(side.get_view_interval())
        for tick in side.get_major_ticks():
            if not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


@settings(max_examples=6, deadline=None)
@example(["W" * 120, "M " * 60])
@given(st.lists(st.text("abWM $_/<", min_size=1, max_size=120), min_size=1, max_size=8))
def test_no_word_is_cut_off_at_the_edge_however_long_the_names(names: list[str]) -> None:
    bars = tuple(Bar(one, 1.0 / (place + 1), "3 of 40 (7.5%)") for place, one in enumerate(names))
    for chart in (
        Bars(names[0], Axis("rows", "share"), bars, most=1.0, note=names[-1]),
        Columns(names[0], Axis("days"), Axis("n"), (0.0, 1.0), (3,), note=names[-1]),
    ):
        words, whole = written(chart)
        for said, box in words:
            assert box.x0 >= whole.x0 - 1, said
            assert box.x1 <= whole.x1 + 1, said
            assert box.y0 >= whole.y0 - 1, said
            assert box.y1 <= whole.y1 + 1, said


@pytest.mark.parametrize("chart", EACH, ids=["curves", "bars", "columns", "grades"])
def test_no_word_lies_over_another(chart: Chart) -> None:
    words, _ = written(chart)
    assert len(words) >= 5
    for (said, box), (other, beside) in combinations(words, 2):
        assert not box.padded(-1).overlaps(beside.padded(-1)), (said, other)


def test_an_axis_begins_at_zero_unless_it_is_to_keep_close_figures_apart() -> None:
    close = Dots("close", ((0.2, 0.2, 0.1, 0.3), (0.22, 0.2, 0.1, 0.3)))
    for from_zero in (True, False):
        chart = Curves("", Axis("x", from_zero=from_zero), Axis("y"), dots=close)
        with looks():
            (axes,) = figure(chart).axes
        assert bool(axes.get_xlim()[0] == 0.0) == from_zero
        assert axes.get_ylim()[0] == 0.0


def test_a_chart_without_figures_is_still_one() -> None:
    nothing = Axis("x"), Axis("y")
    for chart in (
        Curves("nothing yet", *nothing),
        Bars("nothing yet", Axis("x"), ()),
        Columns("nothing yet", *nothing, (0.0, 1.0), (0,)),
    ):
        assert png(chart).startswith(b"\x89PNG")
        assert ET.fromstring(svg(chart)) is not None


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.05, "0.05"), (0.0, "0"), (1500.0, "1,500"), (2.5e6, "2.5M"), (3e9, "3G"), (-20.0, "-20")],
)
def test_figures_are_said_as_people_read_them(value: float, words: str) -> None:
    assert number_words(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.4, "40%"), (0.025, "2.5%"), (0.0005, "0.05%"), (0.0, "0%")]
)
def test_shares_are_said_in_per_cent(value: float, words: str) -> None:
    assert share_words(value) == words
