"""Charts drawn on figures of matplotlib: one function for each kind."""

from itertools import pairwise
from typing import assert_never

from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tools.charts.chart import (
    Axis,
    Bars,
    Chart,
    Columns,
    Curves,
    Grades,
    Mark,
    number_words,
    share_words,
)
from tools.charts.fitting import folded, shortened
from tools.charts.looks import (
    BLUE,
    GRADE_COLOURS,
    GREY,
    HEIGHT,
    INK,
    ORANGE,
    PALE,
    SKY,
    WIDTH,
)

POINTS = 72
"""To an inch."""
LINE = 0.97 * WIDTH * POINTS
"""What a line of words may take of the chart's width."""
TITLE_SIZE, NOTE_SIZE, LABEL_SIZE, WORDS_SIZE = 12.0, 9.0, 9.5, 8.5
"""Letters, in points."""
WORDS = {"number": number_words, "share": share_words}
BAR_HEIGHT, ROW_HEIGHT, AROUND = 0.3, 0.5, 1.6
"""Inches of a bar, of a row of grades, and of what stands above and below them."""
LEGEND_LETTERS = 90
"""In one line under the chart; beyond, it takes two columns."""


def figure(chart: Chart) -> Figure:
    """The chart on a figure of its own. To be called within `looks`; no window, no pyplot."""
    drawn = Figure(figsize=(WIDTH, _height(chart)), layout="constrained")
    axes = drawn.subplots()
    _headed(drawn, chart)
    match chart:
        case Curves():
            _curves(axes, chart)
        case Bars():
            _bars(axes, chart)
        case Columns():
            _columns(axes, chart)
        case Grades():
            _grades(axes, chart)
        case _:
            assert_never(chart)
    _legend(drawn, axes)
    return drawn


def _height(chart: Chart) -> float:
    match chart:
        case Bars():
            return AROUND + BAR_HEIGHT * max(len(chart.bars), 2)
        case Grades():
            return AROUND + ROW_HEIGHT * len(chart.rows)
        case _:
            return HEIGHT


def _headed(drawn: Figure, chart: Chart) -> None:
    """Title and note at the left edge; the title's empty lines keep the note's place free."""
    title = folded(chart.title, LINE, TITLE_SIZE, "bold")
    note = folded(chart.note, LINE, NOTE_SIZE)
    room = "\n".join([*title, *("" for _ in note)])
    drawn.suptitle(room, x=0.01, ha="left", fontsize=TITLE_SIZE, fontweight="bold")
    if note:
        below = (len(title) * TITLE_SIZE * 1.2 + 6) / (POINTS * drawn.get_figheight())
        drawn.text(0.01, 1 - below, "\n".join(note), va="top", fontsize=NOTE_SIZE, color=GREY)


def _curves(axes: Axes, chart: Curves) -> None:
    if chart.band is not None:
        x, low, high = zip(*chart.band.points, strict=True)
        axes.fill_between(x, low, high, color=PALE, linewidth=0, label=chart.band.label)
    for line in chart.lines:
        colour, dashes = (GREY, (0, (5, 3))) if line.dashed else (BLUE, "solid")
        x, y = zip(*line.points, strict=True)
        axes.plot(x, y, color=colour, linestyle=dashes, linewidth=1.8, label=line.label)
    _dots(axes, chart)
    _axis(axes, chart.x, chart.y)
    _marks(axes, chart.marks)


def _dots(axes: Axes, chart: Curves) -> None:
    if chart.dots is None:
        return
    x, y, low, high = zip(*chart.dots.points, strict=True)
    axes.vlines(x, low, high, color=BLUE, linewidth=1.4)
    axes.plot(x, y, "o", color=BLUE, markersize=6, markeredgecolor="white", label=chart.dots.label)


def _marks(axes: Axes, marks: tuple[Mark, ...]) -> None:
    for mark, dashes in zip(marks, ("dotted", "dashdot", "dashed"), strict=False):
        axes.axvline(mark.x, color=ORANGE, linestyle=dashes, linewidth=1.6, label=mark.label)


def _bars(axes: Axes, chart: Bars) -> None:
    places = range(len(chart.bars))
    values = [one.value for one in chart.bars]
    axes.barh(places, values, height=0.62, color=BLUE)
    axes.set_yticks(places, [shortened(one.label, 0.35 * LINE, LABEL_SIZE) for one in chart.bars])
    axes.invert_yaxis()
    most = chart.most or max(values, default=0.0) or 1.0
    axes.set_xlim(0.0, most * 1.35)
    for place, one in zip(places, chart.bars, strict=True):
        _beside(axes, (one.value, place), shortened(one.words, 0.16 * LINE, WORDS_SIZE))
    _named(axes.xaxis, chart.x)
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= most * 1.001])
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _beside(axes: Axes, place: tuple[float, float], words: str) -> None:
    axes.annotate(
        words, place, (4, 0), textcoords="offset points", va="center", fontsize=WORDS_SIZE
    )


def _columns(axes: Axes, chart: Columns) -> None:
    widths = [right - left for left, right in pairwise(chart.edges)]
    axes.bar(chart.edges[:-1], chart.counts, widths, align="edge", color=SKY, edgecolor="white")
    _axis(axes, chart.x, chart.y)
    _marks(axes, chart.marks)


def _grades(axes: Axes, chart: Grades) -> None:
    for row, marks in enumerate(chart.marks):
        for column, mark in enumerate(marks):
            _cell(axes, row, column, mark)
    axes.set_xlim(0, len(chart.columns))
    axes.set_ylim(len(chart.rows), 0)
    axes.set_xticks([place + 0.5 for place in range(len(chart.columns))], chart.columns)
    axes.set_yticks([place + 0.5 for place in range(len(chart.rows))], chart.rows)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _cell(axes: Axes, row: int, column: int, mark: str) -> None:
    ground = Rectangle((column + 0.02, row + 0.04), 0.96, 0.92, facecolor=GRADE_COLOURS[mark])
    axes.add_patch(ground)
    ink = "white" if mark == "F" else INK
    axes.text(column + 0.5, row + 0.5, mark, ha="center", va="center", color=ink, fontweight="bold")


def _axis(axes: Axes, x: Axis, y: Axis) -> None:
    """Both axes named, from zero on where nothing lies below it and the axis asks for it."""
    _named(axes.xaxis, x)
    _named(axes.yaxis, y)
    axes.margins(x=0.02, y=0.06)
    if x.from_zero and axes.get_xlim()[0] > 0:
        axes.set_xlim(left=0.0)
    if y.from_zero and axes.get_ylim()[0] > 0:
        axes.set_ylim(bottom=0.0)


def _named(side: XAxis | YAxis, axis: Axis) -> None:
    words = WORDS[axis.unit]
    side.set_label_text(axis.label)
    side.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    side.set_major_formatter(FuncFormatter(lambda value, _: words(round(value, 12))))


def _legend(drawn: Figure, axes: Axes) -> None:
    """Under the chart, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        wide = sum(len(one) + 6 for one in labels) > LEGEND_LETTERS
        columns = 2 if wide else len(labels)
        drawn.legend(
            handles, labels, loc="outside lower center", ncols=columns, fontsize=WORDS_SIZE
        )
