"""A chart as bytes of PNG, or as SVG for a page of HTML: the same chart gives the same bytes."""

import io
import re
from hashlib import sha256
from html import escape
from typing import Final

from tools.charts.chart import Chart
from tools.charts.drawing import figure
from tools.charts.looks import looks

NO_PROVENANCE: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
"""What an SVG would tell of the hour and the program that made it."""
HOUSE_STYLE: Final = re.compile(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
NAMED: Final = re.compile(r'(\bid="|xlink:href="#|url\(#)')
POINTS: Final = 72
"""To an inch: the library's unit in an SVG."""


def png(chart: Chart) -> bytes:
    """1,440 points wide, without a word of when or by what it was made."""
    file = io.BytesIO()
    with looks():
        figure(chart).savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def svg(chart: Chart) -> str:
    """One `<svg>` that stands by itself within a page: no script, no font, nothing fetched.

    Its words stay words (escaped by the library); its title is what a screen reader says. Ids bear
    the chart's own hash, so that several charts on one page don't take each other's.
    """
    file = io.StringIO()
    with looks():
        drawn = figure(chart)
        drawn.savefig(file, format="svg", metadata=NO_PROVENANCE)
    inside = file.getvalue().partition("<svg")[2].partition(">")[2]
    name = "c" + sha256(inside.encode()).hexdigest()[:8]
    wide, high = (POINTS * inches for inches in drawn.get_size_inches())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {wide:g} {high:g}" role="img" '
        f'style="stroke-linejoin:round;stroke-linecap:butt"><title>{_said(chart)}</title>'
        + NAMED.sub(rf"\g<1>{name}-", HOUSE_STYLE.sub("", inside, count=1))
    )


def _said(chart: Chart) -> str:
    return escape(f"{chart.title}. {chart.note}".strip())
