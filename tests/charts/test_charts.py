"""Charts: where things lie, and files that any viewer reads."""

import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.charts.chart import HEIGHT, WIDTH, Chart, Dot, Line, tick_words, ticks
from tools.charts.letters import stencil
from tools.charts.png import BLUE, GREY, INK, PALE, SCALE, png
from tools.charts.svg import svg

CHART = Chart(
    "Gains <of all>",
    "share",
    "gain",
    (Line("even", ((0.0, 0.0), (1.0, 0.1)), dashed=True), Line("ours", ((0.0, 0.0), (1.0, 0.2)))),
    ((0.0, 0.0, 0.02), (1.0, 0.15, 0.25)),
    (Dot(0.5, 0.12, 0.1, 0.14),),
)


def pixels(body: bytes) -> np.ndarray:
    """The picture read again, by the specification: signature, checked parts, rows."""
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(body):
        (size,) = struct.unpack(">I", body[at : at + 4])
        kind, data = body[at + 4 : at + 8], body[at + 8 : at + 8 + size]
        (told,) = struct.unpack(">I", body[at + 8 + size : at + 12 + size])
        assert told == zlib.crc32(kind + data)
        parts[kind], at = data, at + 12 + size
    wide, high = struct.unpack(">II", parts[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8).reshape(high, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(high, wide, 3)


def test_a_png_holds_its_band_lines_dots_and_words() -> None:
    picture = pixels(png(CHART))
    assert picture.shape == (HEIGHT * SCALE, WIDTH * SCALE, 3)
    for colour, least in ((PALE, 5000), (BLUE, 1000), (GREY, 300), (INK, 500)):
        assert (picture == colour).all(axis=2).sum() >= least, colour
    x, y = (round(one * SCALE) for one in CHART.frame.place(0.5, 0.12))
    assert tuple(picture[y, x]) == BLUE


def test_the_same_chart_gives_the_same_bytes() -> None:
    assert png(CHART) == png(CHART)


def test_an_svg_is_whole_escaped_and_fetches_nothing() -> None:
    root = ET.fromstring(svg(CHART))
    spoken = [one.text for one in root.iter() if one.tag.endswith("title")]
    assert spoken == ["Gains <of all>"]
    assert "http" not in svg(CHART).replace("http://www.w3.org/2000/svg", "")
    assert "script" not in svg(CHART)


def test_a_chart_without_figures_is_still_one() -> None:
    empty = Chart("nothing yet", "x", "y")
    assert pixels(png(empty)).shape == (HEIGHT * SCALE, WIDTH * SCALE, 3)
    assert ET.fromstring(svg(empty)) is not None


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_lie_within_the_span_evenly_and_are_few(low: float, wide: float) -> None:
    high = low + wide
    found = ticks((low, high))
    slack = wide * 1e-6 + abs(low) * 1e-9
    assert all(low - slack <= one <= high + slack for one in found)
    assert len(found) <= 7


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.05, "0.05"), (0.0, "0"), (1500.0, "1,500"), (2.5e6, "2.5M"), (3e9, "3G"), (-20.0, "-20")],
)
def test_ticks_are_said_as_people_read_them(value: float, words: str) -> None:
    assert tick_words(value) == words


def test_each_letter_has_its_own_form_and_an_unknown_one_a_question_mark() -> None:
    known = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    assert len({stencil(one, 1).tobytes() for one in known}) == len(known)
    assert np.array_equal(stencil("\u00fc", 1), stencil("?", 1))
