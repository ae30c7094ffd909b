"""The data audit as charts: grades, what is missing by column, how long answers take."""

from itertools import accumulate, repeat
from typing import Any, Final

from tools.charts.chart import Axis, Bar, Bars, Columns, Grades, Mark

MOST_BARS: Final = 25
"""Columns drawn, the emptiest first; the page's table has all."""


def grades(data: dict[str, Any]) -> Grades:
    """A letter for each area and dimension."""
    areas = data["grades"]
    return Grades(
        "Grades by area",
        tuple(areas),
        tuple(next(iter(areas.values()))),
        tuple(tuple(marks.values()) for marks in areas.values()),
        note="Share of rows with a gap: A up to 0.1%, B 1%, C 5%, D 20%, F beyond; - nothing there",
    )


def lacking(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Columns with an empty cell, the emptiest first."""
    found = [one for one in data["emptiness"] if one["empty"]]
    return sorted(found, key=lambda one: (-one["empty"] / one["of"], one["kind"], one["column"]))


def missing(data: dict[str, Any]) -> Bars:
    """The share of rows that have nothing in a column."""
    found = lacking(data)
    drawn, rest = found[:MOST_BARS], len(found) - MOST_BARS
    looked = f"{len(found)} of {len(data['emptiness'])} columns have empty cells"
    return Bars(
        "What is missing, by column",
        Axis("share of rows without a value", "share"),
        tuple(_bar(one) for one in drawn),
        most=1.0,
        note=f"{looked}; {rest} more are in the table" if rest > 0 else looked,
    )


def _bar(one: dict[str, Any]) -> Bar:
    words = f"{share_told(one)} of {one['of']:,}"
    return Bar(label(one), one["empty"] / one["of"], words)


def label(one: dict[str, Any]) -> str:
    """A column with its kind; of consents, the channel on which nothing was stated."""
    if one["kind"] == "consents":
        return f"consent on {one['column']}"
    return f"{one['kind']}.{one['column']}"


def share_told(one: dict[str, Any]) -> str:
    """The share of empty cells; what is more than none is never told as 0%, nor less than all as
    100%."""
    share = one["empty"] / one["of"]
    if 0.0 < share < 0.001:
        return "under 0.1%"
    return "over 99.9%" if 0.999 < share < 1.0 else f"{share:.1%}"


def delays(data: dict[str, Any]) -> Columns:
    """How many answers came how long after their touch, up to twice the horizon."""
    delay = data["label_delay"]
    wide = delay["bin_days"]
    edges = tuple(accumulate(repeat(wide, len(delay["counts"])), initial=0.0))
    later = f"; {delay['later']:,} came later than shown" if delay["later"] else ""
    return Columns(
        f"How long a {data['objective']} takes after its touch",
        Axis("days after the touch"),
        Axis("answers a day" if wide == 1.0 else f"answers in {wide:.3g} days"),
        edges,
        tuple(delay["counts"]),
        _marks(delay),
        note=f"{delay['answers']:,} answers with a known touch{later}",
    )


def _marks(delay: dict[str, Any]) -> tuple[Mark, ...]:
    """Those that lie within what is drawn; the page's words tell all."""
    named = (
        ("median, {:.1f} days", delay["median_days"]),
        ("90th percentile, {:.1f} days", delay["p90_days"]),
        ("horizon, {:g} days", delay["horizon_days"]),
    )
    end = 2 * delay["horizon_days"]
    return tuple(Mark(words.format(days), days) for words, days in named if days <= end)
