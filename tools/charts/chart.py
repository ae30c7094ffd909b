"""A chart as data: what is drawn, in which units, and what a reader is told about it."""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Unit = Literal["number", "share"]
"""share: a part of one, told in per cent. Amounts of money come in major units."""


@dataclass(frozen=True)
class Axis:
    label: str
    """What is measured, with its unit where that isn't per cent: `spend a week, EUR`."""
    unit: Unit = "number"
    from_zero: bool = True
    """Whether zero is shown where every figure lies above it."""


@dataclass(frozen=True)
class Line:
    """Points joined in order; a dashed one is what to compare with."""

    label: str
    points: tuple[Point, ...]
    dashed: bool = False


@dataclass(frozen=True)
class Band:
    """How far a line may be off: x, low, high."""

    label: str
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Dots:
    """Figures with their intervals: x, y, low, high."""

    label: str
    points: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Mark:
    """A place on the x axis that a reader looks for."""

    label: str
    x: float


@dataclass(frozen=True)
class Curves:
    """Lines over a band, and dots with whiskers."""

    title: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    band: Band | None = None
    dots: Dots | None = None
    marks: tuple[Mark, ...] = ()
    note: str = ""
    """One sentence under the title."""


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart; `words` stand at its end."""

    label: str
    value: float
    words: str


@dataclass(frozen=True)
class Bars:
    """Rows from the top downwards in the order given, from zero to `most` (None: the longest)."""

    title: str
    x: Axis
    bars: tuple[Bar, ...]
    most: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Columns:
    """What was counted between neighbouring edges: one count fewer than edges."""

    title: str
    x: Axis
    y: Axis
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    marks: tuple[Mark, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Grades:
    """A letter in each cell, A to F, or `-` where nothing was judged; marks: by row, by column."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    marks: tuple[tuple[str, ...], ...]
    note: str = ""


Chart = Curves | Bars | Columns | Grades


def number_words(value: float) -> str:
    """A figure as people read it on an axis: 0.05, 1,500, 2.5M."""
    for size, name in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:g}{name}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"


def share_words(value: float) -> str:
    """A part of one in per cent, with as many places as it takes: 40%, 2.5%, 0.05%."""
    return f"{round(value * 100, 10):g}%"
