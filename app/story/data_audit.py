"""The data audit on a page: grades, then the worst findings with what each forbids."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of

COLOURS = {"A": "green", "B": "green", "C": "yellow", "D": "red", "F": "bold red"}


def show_audit(out: Console, data: dict[str, Any], most: int | None) -> None:
    """Grades by area and dimension, so many findings (None: all), leakage and label delay."""
    _show_grades(out, data["grades"])
    shown = data["findings"][:most]
    for one in shown:
        _show_finding(out, one)
    if left := len(data["findings"]) - len(shown):
        out.print(f"\n{left} further findings: `clearance audit-data --all`.")
    if not data["leakage"]["looked"]:
        out.print(f"\n{escape(data['leakage']['why_not'])}")
    _show_delay(out, data)
    _show_purposes(out, data["objectives"])
    if data["html"]:
        out.print(f"\nWritten: {escape(data['html'])}")


def _show_grades(out: Console, grades: dict[str, dict[str, str]]) -> None:
    table = table_of("area", *next(iter(grades.values())))
    for area, marks in grades.items():
        table.add_row(area, *(f"[{COLOURS.get(one, 'dim')}]{one}[/]" for one in marks.values()))
    out.print(table)


def _show_finding(out: Console, one: dict[str, Any]) -> None:
    colour = COLOURS[one["grade"]]
    out.print(f"\n[{colour}]{one['grade']}[/] [bold]{escape(one['check'])}[/] ({one['area']})")
    out.print(f"  {escape(one['words'])}")
    if one["examples"]:
        out.print(f"  [dim]such as {escape(', '.join(one['examples']))}[/]")
    out.print(f"  So: {escape(one['forbids'])}.")
    out.print(f"  [dim]{escape(one['do'])}[/]")


def _show_delay(out: Console, data: dict[str, Any]) -> None:
    delay = data["label_delay"]
    if delay["answers"]:
        out.print(
            f"\nA {escape(data['objective'])} follows its touch after {delay['median_days']:.1f} "
            f"days at the median, {delay['p90_days']:.1f} at the 90th percentile; "
            f"{delay['open_touches']:,} of {delay['touches']:,} touches still wait for theirs."
        )


def _show_purposes(out: Console, objectives: Sequence[dict[str, Any]]) -> None:
    """Whether the data bear what each objective is for, and by what its outcomes are valued."""
    for one in objectives:
        said = "the data bear it" if one["borne"] else "[bold]the data don't bear it[/]"
        out.print(
            f"\nObjective {escape(one['outcome'])}, for {escape(one['purpose'])}: {said}. "
            f"{escape(one['words'])}"
        )
