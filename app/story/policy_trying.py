"""What trying a policy brought, for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.money import format_minor


def show_cases(out: Console, data: dict[str, Any]) -> None:
    for one in data["failures"]:
        out.print(
            f"{escape(one['case'])}: expected {one['expected']}; found {one['found']}",
            soft_wrap=True,
        )
    name = f"{data['policy']}, version {data['version']}"
    out.print(f"{name}: {data['passed']} of {data['cases']} cases came out as expected.")


def show_what_if(out: Console, data: dict[str, Any]) -> None:
    whole, currency = data["all"], data["currency"]
    value = whole["value"]
    change, low, high = (format_minor(value[name], currency) for name in ("change", "low", "high"))
    out.print(f"[bold]{escape(data['policy'])}[/], version {data['version']}, on past runs")
    out.print(f"Expected value {change} (95%: {low} to {high}, over {value['interval_over']}).")
    _counts(out, "touches", {"all": whole["touches"], **whole["volume"]})
    _counts(out, "agent", whole["by_agent"])
    _counts(out, "conflict", whole["conflicts"])
    _counts(out, "closes cells", whole["reasons"])
    _starved(out, whole["starved"])
    _each_run(out, data)
    for one in data["left_out"]:
        out.print(f"[dim]{one['run_id']} is left out: {escape(one['why'])}[/]")
    out.print("[dim]Nothing was written; ledger, warehouse and runs are as they were.[/]")


def _counts(out: Console, name: str, rows: dict[str, dict[str, float]]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column(name, min_width=30)
    for head in ("before", "after", "change"):
        table.add_column(head, justify="right", min_width=10)
    for key, one in rows.items():
        moved = one["after"] - one["before"]
        table.add_row(
            key, f"{one['before']:,}", f"{one['after']:,}", f"{moved:+,}" if moved else ""
        )
    if rows:
        out.print(table)


def _starved(out: Console, starved: dict[str, Any]) -> None:
    """Who had touches and has none now."""
    names = [
        f"{kind} {', '.join(starved[kind])}"
        for kind in ("agents", "themes", "campaigns")
        if starved[kind]
    ]
    said = [f"{starved['contacts']:,} contacts", *names]
    out.print(f"Had touches, and would have none: {escape('; '.join(said))}.")


def _each_run(out: Console, data: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("run", "value", "touches", "reached", "Gini"):
        table.add_column(head, justify="left" if head == "run" else "right")
    for run in data["runs"]:
        reached, gini = run["fairness"]["reached"], run["fairness"]["gini"]
        table.add_row(
            run["run_id"],
            format_minor(run["value"]["change"], data["currency"]),
            f"{run['touches']['before']:,} → {run['touches']['after']:,}",
            f"{reached['before']:,} → {reached['after']:,}",
            f"{gini['before']:.3f} → {gini['after']:.3f}",
        )
    out.print(table)
    for run in data["runs"]:
        for line in run["drift"]:
            out.print(f"[dim]{run['run_id']}: {escape(line)}[/]")
