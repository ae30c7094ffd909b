"""Who is one person, as a table in the terminal."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of

SHOWN = 20


def show_found(out: Console, data: dict[str, Any]) -> None:
    merges, suspects = data["merges"], data["suspects"]
    out.print(f"{len(merges):,} contacts stand to be merged under {data['people']:,} others.")
    _merges(out, merges)
    for reason, count in data["doubtful"].items():
        out.print(f"{count:,} doubtful: {data['reasons'][reason]}")
    for row in suspects[:SHOWN]:
        out.print(f"  [dim]{row['why']}:[/] {escape(', '.join(row['contacts'][:SHOWN]))}")
    if len(suspects) > SHOWN:
        out.print(f"  and {len(suspects) - SHOWN:,} more; --json tells all")


def _merges(out: Console, merges: list[dict[str, Any]]) -> None:
    table = table_of("contact", "stands under", "by")
    for row in merges[:SHOWN]:
        table.add_row(escape(row["contact_id"]), escape(row["survivor_id"]), escape(row["why"]))
    if merges:
        out.print(table)
    if len(merges) > SHOWN:
        out.print(f"  and {len(merges) - SHOWN:,} more; --json tells all")


def show_merged(out: Console, data: dict[str, Any]) -> None:
    out.print(f"{data['merged']:,} contacts merged.")
    _merges(out, data["merges"])


def show_split(out: Console, data: dict[str, Any]) -> None:
    out.print(f"{data['split']:,} merges taken back.")
    _merges(out, data["merges"])


def show_person(out: Console, data: dict[str, Any]) -> None:
    others = len(data["contacts"])
    out.print(f"{escape(data['contact_id'])} stands under {escape(data['survivor_id'])}.")
    table = table_of("contact", "name", "email", "phone", "account")
    for row in data["contacts"]:
        table.add_row(*(escape(str(value or "")) for value in row.values()))
    if others:
        out.print(table)
    for row in data["record"]:
        said = f"{row['at']:%Y-%m-%d %H:%M} {row['by']} merged {row['contact_id']} under "
        out.print(escape(f"{said}{row['survivor_id']} ({row['why']})"))
        if row["ended_at"]:
            said = f"{row['ended_at']:%Y-%m-%d %H:%M} {row['ended_by']} took it back: "
            out.print(escape(f"  {said}{row['ended_why']}"))


def show_accounts(out: Console, data: dict[str, Any]) -> None:
    suggested, shared = data["suggested"], data["same_domain"]
    out.print(f"{len(suggested):,} contacts without an account have a known account's domain.")
    for row in suggested[:SHOWN]:
        line = f"  {row['contact_id']} may be of {row['account_id']} ({row['domain']})"
        out.print(escape(line))
    for row in shared[:SHOWN]:
        out.print(escape(f"  {row['domain']} is of {', '.join(row['accounts'])}"))
    for row in data["parents"][:SHOWN]:
        out.print(escape(f"  {row['account_id']} belongs to {row['parent_id']}"))
