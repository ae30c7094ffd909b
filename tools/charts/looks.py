"""How charts of the house look: colours that colour-blind people tell apart, and the same settings
on every machine."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from matplotlib import style

BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
GREY: Final = "#5F6368"
SKY: Final = "#7DB8DA"
PALE: Final = "#BFDCEC"
INK: Final = "#202124"
"""Blue and orange (vermilion) of Okabe and Ito, Color Universal Design, 2008."""
GRADE_COLOURS: Final = {
    "A": "#E8F1F8",
    "B": "#B7D4EA",
    "C": "#FBD9A5",
    "D": "#EE8A3C",
    "F": "#A63603",
    "-": "#F4F4F4",
}
"""From blue to brown by way of what is lighter or darker: the letter says it as well."""
WIDTH: Final = 7.2
"""Inches; a hundredth of it is a CSS pixel or so."""
HEIGHT: Final = 4.5
DOTS_PER_INCH: Final = 200
SETTINGS: Final[dict[str, Any]] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,
    "svg.hashsalt": "clearance",
    "svg.fonttype": "none",
    "savefig.dpi": DOTS_PER_INCH,
    "axes.edgecolor": "#9AA0A6",
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "grid.color": "#E3E5E8",
    "grid.linewidth": 0.8,
    "xtick.color": "#9AA0A6",
    "ytick.color": "#9AA0A6",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}
"""The font that the library brings with it, so that no machine's own decides how wide a word is.
Words are words: a `$` in a name begins no formula. Ids in an SVG hang on its content alone."""


@contextmanager
def looks() -> Iterator[None]:
    """The library's own defaults with SETTINGS over them, whatever a user's matplotlibrc says.

    A letter that the font lacks is a box in a PNG, and in an SVG what the reader's own fonts show:
    no failure of the report, hence no warning.
    """
    with style.context(["default", SETTINGS]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
