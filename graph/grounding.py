"""Whether a text states only figures that its tools found.

A language model may choose words; it may not make up a number. Every numeral, number word and
identifier in its text must be a figure or a numeric cell of a result, as people round them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.money import digits
from graph.chat_tools import ToolResult
from graph.rendering import is_currency

LOOSEST: Final = 0.05
"""A rounded figure may be off by half of its last digit, and by no more than this share."""

_ADDRESS = re.compile(
    r"://|\bwww\.|\]\(|!\[|mailto:|\b[\w-]+\.(?:com|net|org|io|eu|dev|ai)\b", re.I
)
_FRACTION = re.compile(r"\b(?:thirds?|quarters?|fifths?|tenths?) of\b", re.IGNORECASE)
_EDGES: Final = "\"'`*_()[]{}<>.,:;!?~≈—–"
_NUMBER = re.compile(
    r"(?P<sign>[-−+])?[$€£]?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<places>\.\d+)?"
    r"(?P<scale>%|k|m|bn)?(?:[$€£]|[A-Z]{3})?",
    re.IGNORECASE,
)
_SCALES: Final[dict[str, float]] = {
    "%": 0.01,
    "percent": 0.01,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
}
_WORDS: Final[dict[str, float]] = {
    "zero": 0.0,
    "half": 0.5,
    "two": 2.0,
    "twice": 2.0,
    "double": 2.0,
    "three": 3.0,
    "triple": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "seven": 7.0,
    "eight": 8.0,
    "nine": 9.0,
    "ten": 10.0,
    "eleven": 11.0,
    "twelve": 12.0,
    "dozen": 12.0,
    "thirteen": 13.0,
    "fourteen": 14.0,
    "fifteen": 15.0,
    "sixteen": 16.0,
    "seventeen": 17.0,
    "eighteen": 18.0,
    "nineteen": 19.0,
    "twenty": 20.0,
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
}
"""`one` is no figure here: it is mostly a pronoun."""


@dataclass(frozen=True)
class Stated:
    """A number as a text states it: its value, and the unit of its last digit."""

    value: float
    step: float
    signed: bool


def unfounded(text: str, results: Sequence[ToolResult]) -> str | None:
    """The first piece of the text that no result holds; None where all of it is grounded."""
    said = unicodedata.normalize("NFKC", text)
    if found := _ADDRESS.search(said) or _FRACTION.search(said):
        return found[0]
    odd = [mark for mark in said if mark.isnumeric() and not mark.isascii()]
    if odd:
        return odd[0]
    known = _Known.of(results)
    return next((piece for piece, fact in _pieces(said) if not known.holds(piece, fact)), None)


def _pieces(said: str) -> Iterator[tuple[str, Stated | None]]:
    """Every piece that must be grounded: a number, or (None) an identifier with digits."""
    tokens = [token.strip(_EDGES) for token in _without_list_marks(said).split()]
    before = None
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        scales, before = before is not None and token.lower() in _SCALES, None
        if scales:
            continue  # the `thousand` of `12 thousand`, read with its number
        if before := _NUMBER.fullmatch(token):
            yield token, _stated(before, after.lower())
        elif any(mark.isdigit() for mark in token):
            yield token, None
        else:
            yield from _spelled(token)


def _spelled(token: str) -> Iterator[tuple[str, Stated]]:
    for word in re.findall(r"[a-z]+", token.lower()):
        if word in _WORDS:
            yield word, Stated(_WORDS[word], 0.0, signed=False)


def _without_list_marks(said: str) -> str:
    """The text without `1.`, `2)` ... before its lines, as long as they count from one."""
    lines, count = [], 1
    for line in said.splitlines():
        mark = re.match(rf"\s*{count}[.)]\s", line)
        lines.append(line[mark.end() :] if mark else line)
        count += bool(mark)
    return "\n".join(lines)


def _stated(found: re.Match[str], after: str) -> Stated:
    scale_name = (found["scale"] or (after if after in _SCALES else "")).lower()
    scale = _SCALES.get(scale_name, 1.0)
    places = found["places"] or ""
    size = float(found["digits"].replace(",", "") + places) * scale
    negative = found["sign"] in ("-", "−")
    step = scale * 10.0 ** -max(len(places) - 1, 0)
    return Stated(-size if negative else size, step, signed=negative)


@dataclass(frozen=True)
class _Known:
    """The numbers of the results in the units people read, and the identifiers they name."""

    numbers: tuple[float, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, results: Sequence[ToolResult]) -> "_Known":
        numbers = [_read(f.value, f.unit) for result in results for f in result.figures]
        texts = [text for result in results for text in (result.summary, result.link)]
        for cell in (cell for result in results for row in result.rows for cell in row.values()):
            if isinstance(cell, str):
                texts.append(cell)
            elif cell is not None and not isinstance(cell, bool):
                numbers.append(float(cell))
        words = (word.strip(_EDGES) for text in texts for word in text.split())
        return cls(tuple(numbers), frozenset(words))

    def holds(self, piece: str, stated: Stated | None) -> bool:
        if stated is None:
            return piece in self.names
        return any(_same(stated, number) for number in self.numbers)


def _read(value: float, unit: str) -> float:
    return value / 10 ** digits(unit) if is_currency(unit) else value


def _same(stated: Stated, number: float) -> bool:
    """Whether the number, rounded as stated, is what is stated. The sign counts where it is
    written: "lost 5" may speak of -5, "-5" not of 5."""
    meant = number if stated.signed else abs(number)
    off = abs(stated.value - meant)
    return off <= 1e-9 * max(1.0, abs(meant)) or (
        off <= stated.step / 2 * (1 + 1e-9) and off <= LOOSEST * abs(meant)
    )
