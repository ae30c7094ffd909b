"""A chart as SVG that stands by itself: no script, no font, nothing fetched."""

from collections.abc import Iterator, Sequence
from html import escape

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

INK, GRID, BLUE, GREY, PALE = "#222", "#ddd", "#1f5fa8", "#777", "#c9dcf2"


def svg(chart: Chart) -> str:
    """The chart, with its title as what a screen reader says."""
    frame = chart.frame
    inside = "\n".join((*_ground(chart, frame), *_drawn(chart, frame)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" font-family="sans-serif" font-size="11">'
        f"<title>{escape(chart.title)}</title>\n{inside}\n</svg>"
    )


def _ground(chart: Chart, frame: Frame) -> Iterator[str]:
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    yield _text((WIDTH - RIGHT + LEFT) / 2, 18, chart.title, weight="bold")
    yield _text((WIDTH - RIGHT + LEFT) / 2, HEIGHT - 8, chart.x_label)
    middle = (HEIGHT - BOTTOM + TOP) / 2
    yield _text(14, middle, chart.y_label, turn=f' transform="rotate(-90 14 {middle:g})"')
    for value in ticks(frame.x):
        x, y = frame.place(value, frame.y[0])
        yield _line([(x, TOP), (x, y)], GRID)
        yield _text(x, HEIGHT - BOTTOM + 15, tick_words(value))
    for value in ticks(frame.y):
        x, y = frame.place(frame.x[0], value)
        yield _line([(x, y), (WIDTH - RIGHT, y)], GRID)
        yield _text(LEFT - 6, y + 4, tick_words(value), anchor="end")


def _drawn(chart: Chart, frame: Frame) -> Iterator[str]:
    if chart.band:
        upper = [frame.place(x, high) for x, _, high in chart.band]
        lower = [frame.place(x, low) for x, low, _ in reversed(chart.band)]
        yield f'<polygon points="{_points([*upper, *lower])}" fill="{PALE}"/>'
    for line in chart.lines:
        placed = [frame.place(*point) for point in line.points]
        yield _line(placed, GREY if line.dashed else BLUE, dashed=line.dashed, wide=2)
    for dot in chart.dots:
        x, y = frame.place(dot.x, dot.y)
        yield _line([frame.place(dot.x, dot.low), frame.place(dot.x, dot.high)], BLUE)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{BLUE}"/>'


def _line(points: Sequence[Point], colour: str, *, dashed: bool = False, wide: int = 1) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<polyline points="{_points(points)}" fill="none" stroke="{colour}" '
        f'stroke-width="{wide}"{dashes}/>'
    )


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _text(
    x: float, y: float, words: str, *, anchor: str = "middle", turn: str = "", weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}"{bold}{turn}>'
        f"{escape(words)}</text>"
    )
