"""Words that fit: folded into lines or cut, by how wide the font makes them."""

import textwrap
from typing import Literal

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

Weight = Literal["normal", "bold"]
LETTERS = 110
"""More than a line of the widest chart holds."""


def folded(words: str, wide: float, size: float, weight: Weight = "normal") -> list[str]:
    """Lines no wider than so many points at this size of letters; a long word is broken."""
    for letters in range(LETTERS, 1, -4):
        lines = textwrap.wrap(words, letters)
        if all(_width(line, size, weight) <= wide for line in lines):
            return lines
    return textwrap.wrap(words, 1)


def shortened(words: str, wide: float, size: float) -> str:
    """Words no wider than so many points, with an ellipsis where they were cut."""
    if _width(words, size) <= wide:
        return words
    kept = words
    while kept and _width(kept + "…", size) > wide:
        kept = kept[:-1]
    return kept + "…"


def _width(words: str, size: float, weight: Weight = "normal") -> float:
    """In points, as the font in force draws them."""
    font = FontProperties(size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(words, font, ismath=False)
    return float(width)
