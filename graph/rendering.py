"""Tool results as plain text: what the chat says without a model, and cites with one."""

import unicodedata
from collections.abc import Sequence

from domain.money import format_minor
from graph.chat_tools import Cell, Figure, ToolResult

ROWS_SHOWN = 10


def render(results: Sequence[ToolResult]) -> str:
    """Each result's sentence, figures, rows and link."""
    return "\n\n".join(_one(result) for result in results)


def sources(results: Sequence[ToolResult]) -> str:
    """Each result's own sentence with its link, one a line."""
    return "\n".join(plain(f"— {result.summary} [{result.link}]") for result in results)


def _one(result: ToolResult) -> str:
    lines = [result.summary]
    lines += [f"  {figure.name}: {show(figure)}" for figure in result.figures]
    lines += [f"  · {_row(row)}" for row in result.rows[:ROWS_SHOWN]]
    hidden = len(result.rows) - ROWS_SHOWN
    if hidden > 0:
        lines.append(f"  · and {hidden} more")
    return "\n".join(plain(line) for line in [*lines, f"  → {result.link}"])


def _row(row: dict[str, Cell]) -> str:
    return ", ".join(f"{name} {_cell(value)}" for name, value in row.items() if value is not None)


def _cell(value: Cell) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def show(figure: Figure) -> str:
    """The figure as people write it: money by its currency, a share in per cent."""
    if is_currency(figure.unit):
        return format_minor(figure.value, figure.unit)
    if figure.unit == "share":
        return f"{figure.value:.2%}"
    whole = figure.value.is_integer()
    return f"{figure.value:,.0f} {figure.unit}" if whole else f"{figure.value:,.2f} {figure.unit}"


def is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isascii() and unit.isalpha() and unit.isupper()


def plain(text: str) -> str:
    """Without what a terminal would obey or an eye would miss: control, format and private
    characters (escape codes, text direction, invisible tags). Line ends stay."""
    return "".join(
        mark for mark in text if mark == "\n" or not unicodedata.category(mark).startswith("C")
    )
