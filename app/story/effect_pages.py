"""Effects for people: the list, and one of them."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.reasons import SENTENCES


def show_list(out: Console, data: dict[str, Any]) -> None:
    counts = data["counts"]
    out.print(", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "none")
    if data["parked"]:
        out.print(f"[yellow]{data['parked']:,} of them wait for a person's word.[/]")
    if not data["effects"]:
        return
    table = Table(box=None, pad_edge=False)
    for name in ("effect", "state", "what", "to"):
        table.add_column(name)
    table.add_column("why", ratio=1)
    for row in data["effects"]:
        table.add_row(
            row["effect_id"],
            "parked" if row["parked"] else row["state"],
            f"{row['channel']} {escape(row['treatment'])}",
            escape(row["contact_id"] or row["campaign_id"]),
            escape(SENTENCES.get(row["reason"] or "", row["reason"] or "")),
        )
    out.print(table)
    if data["found"] > len(data["effects"]):
        out.print(f"[dim]The newest {len(data['effects'])} of {data['found']:,}.[/]")


def show_page(out: Console, data: dict[str, Any]) -> None:
    for name, value in data.items():
        if value is not None and name not in ("taken_back_by", "told"):
            out.print(f"{name.replace('_', ' '):<16}{escape(str(value))}")
    for one in data["told"]:
        said = escape(f"{one['provider']} told at {one['at']}: {one['kind']}")
        out.print(f"{said} [dim]{one['state']}[/]")
    for one in data["taken_back_by"]:
        why = SENTENCES.get(one["reason"] or "", one["reason"] or "")
        out.print(f"[bold]{one['undone']}[/]: {one['effect_id']} is {one['state']} {escape(why)}")


def show_proof(out: Console, data: dict[str, Any]) -> None:
    for problem in data["problems"]:
        out.print(f"[red]{escape(problem)}[/]")
    if not data["problems"]:
        out.print(f"[green]Proven:[/] {data['effect_id']}, handed over {data['handed_over_at']}.")
    for name in ("content", "permit", "consent", "policy", "approval"):
        said = data[name] or {"": "none asked" if name == "approval" else "none"}
        for key, value in said.items():
            if value is not None:
                out.print(f"{name + ' ' + key.replace('_', ' '):<26}{escape(str(value))}")
