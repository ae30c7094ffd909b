"""Plain tables: conflicts, prices, proposals, limits, lift, findings."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.money import format_minor


def table_of(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name.removesuffix(">"), justify="right" if name.endswith(">") else "left")
    return table


def show_conflicts(out: Console, data: dict[str, Any]) -> None:
    table = table_of("conflict", "count>", "people>", "gave way>", "how it is resolved")
    for row in data["conflicts"]:
        table.add_row(
            f"{row['type']:>2} {row['name']}",
            f"{row['count']:,}",
            f"{row['people']:,}",
            format_minor(row["stake"], data["currency"]),
            escape(row["resolution"]),
        )
    out.print(table)


def show_prices(out: Console, data: dict[str, Any]) -> None:
    table = table_of("limit", "one more unit brings>", "it costs a week>", "owner", "last review")
    for row in data["prices"]:
        table.add_row(
            row["limit"],
            format_minor(row["unit_value"], data["currency"]),
            format_minor(row["cost_per_week"], data["currency"]),
            escape(row["owner"]),
            row["last_review"],
        )
    out.print(table)


def show_proposals(out: Console, data: dict[str, Any]) -> None:
    if not data["proposals"]:
        out.print("No programme proposals in this run.")
    for row in data["proposals"]:
        worth = format_minor(row["expected_value"], data["currency"])
        out.print(f"[bold]{row['agent']}[/] {escape(row['change'])} [dim]({worth} expected)[/]")
        out.print(f"  {escape(row['rationale'])}")
        for line in row["evidence"]:
            out.print(
                f"  [dim]{escape(line['claim'])}: {line['figure']:,.4g} {escape(line['unit'])} "
                f"({escape(line['source'])})[/]"
            )


def show_limits(out: Console, data: dict[str, Any]) -> None:
    out.print(f"{data['name']}, version {data['version']}")
    table = table_of("limit", "says", "owner", "since", "reason")
    for row in data["limits"]:
        says = ", ".join(f"{key}={value}" for key, value in row["says"].items())
        table.add_row(
            row["limit"], escape(says), escape(row["owner"]), row["since"], escape(row["reason"])
        )
    out.print(table)


def show_lift(out: Console, data: dict[str, Any]) -> None:
    table = table_of(
        "treatment", "measure", "touched>", "left alone>", "with>", "without>", "lift (95%)>"
    )
    for row in data["lift"]:
        shown = row["outcome"] if row["measure"] == "answered" else _money_in(row, data)
        table.add_row(
            row["treatment_id"],
            shown,
            f"{row['treated']:,}",
            f"{row['control']:,}",
            f"{row['treated_mean']:.4g}",
            f"{row['control_mean']:.4g}",
            f"{row['lift']:+.4g} ({row['low']:+.4g} to {row['high']:+.4g})",
        )
    if data["lift"]:
        out.print(table)
    for row in data["not_measured"]:
        on = f", {row['outcome']}" if len(data["objectives"]) > 1 else ""
        out.print(f"[dim]{row['treatment_id']} by {row['channel']}{on}: {escape(row['said'])}[/]")
    out.print(f"[dim]{escape(data['note'])}[/]")


def _money_in(row: dict[str, Any], data: dict[str, Any]) -> str:
    several = len({one["horizon_days"] for one in data["objectives"]}) > 1
    return f"value (minor, {row['horizon_days']} days)" if several else "value (minor)"


def show_collisions(out: Console, data: dict[str, Any]) -> None:
    money = data["currency"]
    out.print(
        f"{data['colliding']:,} of {data['touches']:,} touches since {data['since'][:10]} broke a "
        f"rule: {data['people']:,} people, {format_minor(data['cost'], money)} spent on them."
    )
    rules = table_of("rule", "touches>", "people>", "cost>", "owner", "why it is there")
    for row in data["rules"]:
        counts = (f"{row['touches']:,}", f"{row['people']:,}", format_minor(row["cost"], money))
        rules.add_row(row["rule"], *counts, escape(row["owner"]), escape(row["reason"]))
    pairs = table_of("tool", "ran into", "touches>")
    for row in data["pairs"]:
        pairs.add_row(escape(row["source"]), escape(row["against"]), f"{row['touches']:,}")
    for table in (rules, pairs):
        if table.row_count:
            out.print(table)
    regret = data["regret"]
    if regret["per_1000_colliding"] is not None:
        others = regret["per_1000_others"]
        beside = "" if others is None else f", after {others:g} of 1,000 others"
        out.print(
            f"Unsubscribes and complaints within {regret['days']} days: after "
            f"{regret['per_1000_colliding']:g} of 1,000 that broke a rule{beside} "
            "(seen, not caused)."
        )
    out.print(f"[dim]{escape(data['note'])}[/]")


def show_findings(out: Console, data: dict[str, Any]) -> None:
    for row in data["checks"]:
        mark = "[green]holds[/]" if row["ok"] else "[red]FAILS[/]"
        out.print(f"{mark} {escape(row['check'])} [dim]{escape(row['detail'])}[/]")


def show_bench(out: Console, data: dict[str, Any]) -> None:
    out.print(
        f"{data['contacts']:,} contacts, {data['proposed']:,} proposals: "
        f"{data['seconds']['total']:.1f} s, {data['peak_mb']:,.0f} MB."
    )
    for step, seconds in data["seconds"].items():
        out.print(f"  {step:<18} {seconds:7.2f} s")
