"""How a run is shown: one table by agent, the reasons, the packets, the footnote."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.money import format_minor
from domain.names import FATES
from domain.reasons import SENTENCES

FATE_STYLES = {
    "executed": "green",
    "scheduled": "cyan",
    "waiting": "yellow",
    "withheld": "magenta",
    "refused": "red",
    "lost": "dim",
}


def show_run(out: Console, data: dict[str, Any]) -> None:
    """A run just made."""
    if data["resumed"]:
        out.print("[yellow]Resumed the unfinished run, with the decisions it had made.[/]")
    show_status(out, data)
    seconds = data["seconds"]["total"]
    out.print(f"[dim]{seconds:.1f} s, {data['peak_mb']:,.0f} MB.[/]")


def show_status(out: Console, data: dict[str, Any]) -> None:
    """How the proposals of a run stand."""
    out.print(f"Run [bold]{data['run_id']}[/] for {data['contacts']:,} contacts at {data['at']}")
    out.print(fate_table(data))
    for fate in ("refused", "lost", "withheld"):
        _reasons(out, fate, data["reasons"].get(fate, {}))
    packets = data["packets"]
    out.print(
        f"Packets: {packets['cleared']} cleared, {packets['escalated']} escalated. "
        f"Waiting for a person now: {data['reviews_pending']}."
    )
    out.print(
        f"[dim]Expected incremental value {format_minor(data['value'], data['currency'])}; "
        f"no plan within the limits can exceed {format_minor(data['bound'], data['currency'])} "
        f"(gap {data['gap']:.3%}).[/]"
    )
    halted = data.get("halted")
    if halted is not None:
        out.print(f"[red]Halted: storage ({halted['kind']}). {halted['reason']} {halted['do']}[/]")
    for late in data.get("reviews_overdue", []):
        out.print(
            f"[yellow]Overdue: {late['packet_id']}, asked: {late['asked']}, until "
            f"{late['expires_at']}[/]"
        )
    for pause in data.get("paused", []):
        out.print(f"[yellow]Paused: {pause['scope']} {pause['name']}[/]")
    for one in data.get("unfinished", []):
        out.print(f"[yellow]{escape(_unfinished(one))}[/]")
    for one in data.get("not_run", []):
        said = f"{one['schedule']}: {one['slot']} {one['state']}. {one['reason']}"
        out.print(f"[yellow]{escape(said)}[/]")
    for one in data.get("quarter_budgets", []):
        if one["pace"] != "on pace":
            out.print(f"[yellow]{_paced(one, data['currency'])}[/]")
    for trouble in data.get("troubles", []):
        out.print(f"[yellow]{trouble}[/]")


def _unfinished(one: dict[str, Any]) -> str:
    of = f"{one['run_id']} of {one['schedule']}"
    if one["going"]:
        return f"{of} is going since {one['since']}."
    return (
        f"{of} is unfinished since {one['since']}. `clearance run` finishes it, "
        f"`clearance give-up {one['run_id']} --reason WHY` closes it."
    )


def _paced(one: dict[str, Any], currency: str) -> str:
    spent = format_minor(one["spent"], currency)
    bound = "most" if one["pace"] == "ahead" else "least"
    return (
        f"{one['pool']} {one['quarter']} is {one['pace']}: {spent} spent, "
        f"{format_minor(one[bound], currency)} at {bound} by now."
    )


def fate_table(data: dict[str, Any]) -> Table:
    """Proposals by agent and fate."""
    table = Table(box=None, pad_edge=False)
    table.add_column("agent")
    table.add_column("proposed", justify="right")
    for fate in FATES:
        table.add_column(f"[{FATE_STYLES[fate]}]{fate}[/]", justify="right")
    for agent, counts in data["by_agent"].items():
        table.add_row(agent, *(f"{counts[name]:,}" for name in ("proposed", *FATES)))
    table.add_row("[bold]all[/]", *(f"[bold]{data[name]:,}[/]" for name in ("proposed", *FATES)))
    return table


def _reasons(out: Console, fate: str, reasons: dict[str, int]) -> None:
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        out.print(f"  {count:>9,} {fate}: {SENTENCES.get(reason, reason)}")
