"""Deals on the screen: what they may bring, which step goes with it, whose minutes are short."""

from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of
from domain.money import format_minor

SHOWN: Final = 15


def show_deals(out: Console, data: dict[str, Any]) -> None:
    """The dearest open deals, each stage's step, people by load."""
    deals = data["deals"]
    if not deals:
        out.print(f"No deal is open. {escape(data['words'])}")
        return
    out.print(f"Chance to win within {data['horizon_days']} days. {escape(data['words'])}")
    _deals(out, deals[:SHOWN], data["currency"])
    if len(deals) > SHOWN:
        out.print(f"  and {len(deals) - SHOWN:,} more; --json tells all")
    _steps(out, data)
    if data["people"]:
        _people(out, data)


def _deals(out: Console, deals: list[dict[str, Any]], currency: str) -> None:
    table = table_of("deal", "account", "owner", "stage", "weeks>", "chance>", "90%>", "worth>")
    for row in deals:
        table.add_row(
            escape(row["deal_id"]),
            escape(row["account_id"]),
            escape(row["owner"] or "nobody"),
            escape(row["stage"]),
            str(row["weeks"]),
            f"{row['chance']:.0%}",
            f"{row['low']:.0%} to {row['high']:.0%}",
            "no amount" if row["value"] is None else format_minor(round(row["value"]), currency),
        )
    out.print(table)


def _steps(out: Console, data: dict[str, Any]) -> None:
    out.print(f"\n[bold]Next step[/] {escape(data['steps_words'])}")
    for row in data["best_steps"]:
        out.print(f"  {escape(row['stage'])}: {escape(row['words'])}")


def _people(out: Console, data: dict[str, Any]) -> None:
    out.print(f"\n[bold]Minutes[/] that calls and tasks of run {data['run_id']} ask for")
    table = table_of("person", "minutes>", "asked for>", "load>", "one more minute brings>")
    for row in data["people"]:
        table.add_row(
            escape(row["person_id"]),
            f"{row['minutes']:,.0f}",
            f"{row['needed']:,.0f}",
            "no minutes" if row["load"] is None else f"{row['load']:.0%}",
            format_minor(round(row["minute_price"]), data["currency"]),
        )
    out.print(table)
