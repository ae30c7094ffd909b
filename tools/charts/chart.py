"""A chart as data: what is drawn where, for SVG and PNG alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 46
"""Margins around what is drawn, for the words."""
TICKS = 5

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Points joined in order; a dashed one is what to compare with."""

    label: str
    points: tuple[Point, ...]
    dashed: bool = False


@dataclass(frozen=True)
class Dot:
    """A figure with its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """Lines over a band (x, low, high) and dots with whiskers."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...] = ()
    band: tuple[tuple[float, float, float], ...] = ()
    dots: tuple[Dot, ...] = ()

    @property
    def frame(self) -> "Frame":
        xs = [x for line in self.lines for x, _ in line.points]
        ys = [y for line in self.lines for _, y in line.points]
        xs += [one[0] for one in self.band] + [one.x for one in self.dots]
        ys += [y for one in self.band for y in one[1:]]
        ys += [y for one in self.dots for y in (one.low, one.high)]
        return Frame(_span([0.0, *xs]), _span([0.0, *ys]))


@dataclass(frozen=True)
class Frame:
    """Where the chart's numbers lie on its ground; pixels from the upper left corner."""

    x: tuple[float, float]
    y: tuple[float, float]

    def place(self, x: float, y: float) -> Point:
        right, up = (x - self.x[0]) / _wide(self.x), (y - self.y[0]) / _wide(self.y)
        return (
            LEFT + right * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )


def ticks(span: tuple[float, float]) -> tuple[float, ...]:
    """Round numbers within the span, about TICKS of them, in steps of 1, 2 or 5 by powers of 10."""
    rough = _wide(span) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= rough * 0.999)
    first, last = math.ceil(span[0] / step - 1e-9), math.floor(span[1] / step + 1e-9)
    return tuple(round(number * step, 12) for number in range(first, last + 1))


def tick_words(value: float) -> str:
    """A tick as people read it: 0.05, 1,500, 2.5M."""
    for size, name in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:g}{name}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"


def _span(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values) if max(values) > min(values) else min(values) + 1.0


def _wide(span: tuple[float, float]) -> float:
    return span[1] - span[0]
