"""A chart as PNG, drawn and packed here: no library for it, and the same bytes everywhere."""

import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from tools.charts.chart import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Chart,
    Frame,
    Point,
    tick_words,
    ticks,
)
from tools.charts.letters import stencil

SCALE: Final = 2
"""Pixels to a unit of the chart."""
Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
INK: Final[Colour] = (34, 34, 34)
GRID: Final[Colour] = (221, 221, 221)
BLUE: Final[Colour] = (31, 95, 168)
GREY: Final[Colour] = (119, 119, 119)
PALE: Final[Colour] = (201, 220, 242)


def png(chart: Chart) -> bytes:
    """The chart of 960 x 640 pixels."""
    ground = np.full((HEIGHT * SCALE, WIDTH * SCALE, 3), 255, dtype=np.uint8)
    frame = chart.frame
    _axes(ground, chart, frame)
    _band(ground, chart, frame)
    for line in chart.lines:
        placed = [frame.place(*point) for point in line.points]
        _line(ground, placed, GREY if line.dashed else BLUE, dashed=line.dashed, wide=4)
    for dot in chart.dots:
        whisker = [frame.place(dot.x, dot.low), frame.place(dot.x, dot.high)]
        _line(ground, whisker, BLUE, wide=2)
        _square(ground, frame.place(dot.x, dot.y))
    return _packed(ground)


def _axes(ground: Pixels, chart: Chart, frame: Frame) -> None:
    middle = (LEFT + WIDTH - RIGHT) / 2
    _write(ground, middle, 14, chart.title)
    _write(ground, middle, HEIGHT - 12, chart.x_label)
    _write(ground, 10, (TOP + HEIGHT - BOTTOM) / 2, chart.y_label, turned=True)
    for value in ticks(frame.x):
        x, y = frame.place(value, frame.y[0])
        _line(ground, [(x, TOP), (x, y)], GRID)
        _write(ground, x, HEIGHT - BOTTOM + 11, tick_words(value))
    for value in ticks(frame.y):
        x, y = frame.place(frame.x[0], value)
        _line(ground, [(x, y), (WIDTH - RIGHT, y)], GRID)
        words = tick_words(value)
        _write(ground, LEFT - 6 - 3 * len(words), y, words)


def _band(ground: Pixels, chart: Chart, frame: Frame) -> None:
    if not chart.band:
        return
    low = np.array([frame.place(x, low) for x, low, _ in chart.band]) * SCALE
    high = np.array([frame.place(x, high) for x, _, high in chart.band]) * SCALE
    columns = np.arange(int(low[0, 0]), int(low[-1, 0]) + 1)
    bottom = np.interp(columns, low[:, 0], low[:, 1])
    top = np.interp(columns, high[:, 0], high[:, 1])
    rows = np.arange(len(ground))[:, None]
    inside = np.zeros(ground.shape[:2], dtype=np.bool_)
    inside[:, columns] = (rows >= top[None, :]) & (rows <= bottom[None, :])
    ground[inside] = PALE


def _line(
    ground: Pixels, points: Sequence[Point], colour: Colour, *, dashed: bool = False, wide: int = 1
) -> None:
    ends = np.array(points) * SCALE
    for start, stop in pairwise(ends):
        steps = int(np.abs(stop - start).max()) + 1
        x, y = (np.linspace(start[i], stop[i], steps).round().astype(np.intp) for i in (0, 1))
        kept = (x + y) // 10 % 2 == 0 if dashed else np.ones(steps, dtype=np.bool_)
        for right in range(wide):
            for down in range(wide):
                _paint(ground, x[kept] + right - wide // 2, y[kept] + down - wide // 2, colour)


def _square(ground: Pixels, point: Point) -> None:
    x, y = (round(one * SCALE) for one in point)
    ground[max(y - 5, 0) : y + 6, max(x - 5, 0) : x + 6] = BLUE


def _write(ground: Pixels, x: float, y: float, words: str, *, turned: bool = False) -> None:
    """Words around a point, cut at the chart's edge."""
    marks = stencil(words, SCALE)
    marks = np.rot90(marks) if turned else marks
    down, right = np.nonzero(marks)
    top, left = round(y * SCALE) - marks.shape[0] // 2, round(x * SCALE) - marks.shape[1] // 2
    _paint(ground, right + left, down + top, INK)


def _paint(
    ground: Pixels, x: npt.NDArray[np.intp], y: npt.NDArray[np.intp], colour: Colour
) -> None:
    kept = (x >= 0) & (x < ground.shape[1]) & (y >= 0) & (y < ground.shape[0])
    ground[y[kept], x[kept]] = colour


def _packed(ground: Pixels) -> bytes:
    """As of the PNG specification (ISO/IEC 15948): 8 bits a colour, each row unfiltered."""
    height, width, _ = ground.shape
    rows = np.hstack([np.zeros((height, 1), dtype=np.uint8), ground.reshape(height, -1)])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, body) for kind, body in parts)


def _part(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
