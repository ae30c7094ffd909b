"""Policies on the screen: what differs, and what was in force."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.tables import table_of

WAYS = {"same": "no limit moves", "tighter": "it tightens", "looser": "it loosens"}


def show_check(out: Console, data: dict[str, Any]) -> None:
    out.print(f"{escape(data['name'])}, version {data['version']}, is complete.")
    for one in data["remarks"]:
        out.print(f"line {one['line']}: {escape(one['says'])}")
    if "certificate" in data:
        _certificate(out, data["certificate"])


def _certificate(out: Console, found: dict[str, Any]) -> None:
    run = found["run_id"]
    match found["settled"]:
        case "none":
            out.print(f"In {run} all its limits can hold together.")
        case "undecided":
            out.print(f"Whether all its limits can hold together in {run} was not settled in time.")
        case _:
            out.print(f"In {run} they can't all hold:")
            for line in (*found["clashes"], *found["relaxations"]):
                out.print(f"  {escape(line)}")


def show_diff(out: Console, data: dict[str, Any]) -> None:
    against = data["against"]
    beside = f"version {against or 'none'}, in force" if isinstance(against, int) else against
    out.print(f"Beside {escape(beside)}: {WAYS[data['direction']]}.")
    if data["changes"]:
        table = table_of("what", "is", "would be", "way")
        for one in data["changes"]:
            said = [escape(_short(one[name])) for name in ("was", "now")]
            table.add_row(escape(one["key"]), *said, one["direction"])
        out.print(table)
    if "sentence" in data:
        out.print(data["sentence"])


def show_history(out: Console, data: dict[str, Any]) -> None:
    table = table_of("version", "way", "proposed by", "activated by", "at", "hash")
    for one in data["versions"]:
        table.add_row(
            str(one["version"]),
            one["direction"],
            one["proposed_by"],
            one["activated_by"],
            f"{one['at']:%Y-%m-%d %H:%M}",
            one["hash"][:12],
        )
    out.print(table)
    for one in data["waiting"]:
        out.print(f"Waiting: {one['proposal_id']} by {one['by']}, {WAYS[one['direction']]}.")


def _short(said: Any) -> str:
    shown = "-" if said is None else str(said)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."


SHOWN = 60
