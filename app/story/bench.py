"""The bench's figures on a screen."""

from typing import Any

from rich.console import Console
from rich.table import Table


def show_arbitration(out: Console, data: dict[str, Any]) -> None:
    """One table of what was solved, how well, and how fast."""
    seconds, one = data["seconds"], data["pass"]
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    rows = {
        "problem": f"{data['contacts']:,} contacts, {data['candidates']:,} candidates",
        "limits": f"{data['limits']} shared, {data['binding']} bind",
        "seconds": f"{seconds['solve']:.2f} from packed arrays; packing took {seconds['pack']:.2f}",
        "gap": f"{data['gap']:.4%} below a proven bound",
        "broken rules": ", ".join(data["violations"]) or "none",
        "shortfalls": ", ".join(f"{k} by {v:g}" for k, v in data["shortfalls"].items()) or "none",
        "passes": f"{data['passes']:.1f}; {data['passes_to_1e-4']} to 1e-4",
        "one pass": f"{one['seconds'] * 1e3:.1f} ms, {one['times_floor']:.1f} x reading it once",
        "memory": f"{data['peak_mb']:,.0f} MB at the peak",
    }
    for name, text in rows.items():
        table.add_row(name, text)
    for rule in data.get("greedy", []):
        if "value" in rule:
            text = f"{rule['below_bound']:.1%} below the bound, misses {len(rule['missed'])} limits"
            table.add_row(f"greedy by {rule['order']}", text)
    out.print(table)


def show_receipts(out: Console, data: dict[str, Any]) -> None:
    """How many receipts hold what they promise, and what would have saved their candidates."""
    seconds, kinds = data["seconds"], data["smallest"]
    out.print(
        f"{data['confirmed']} of {data['receipts']} receipts hold: the change turns the "
        f"candidate's fate, 95% of it does not."
    )
    out.print(
        f"Smallest: more value {kinds['value']}, one more of a cap {kinds['cap']}, more of a "
        f"shared limit {kinds['limit']}. A rule alone suffices for {data['by_rule']}."
    )
    out.print(
        f"{data['solves_per_receipt']:.1f} solves and {seconds['receipt_median']:.1f} s a receipt."
    )
    for one in data["failed"]:
        out.print(f"[red]FAILS[/] candidate {one['candidate']}: {one['why']}")


def show_deciding(out: Console, data: dict[str, Any]) -> None:
    took = data["microseconds"]
    out.print(
        f"{data['contacts']:,} contacts decided one by one: {took['median']:.1f} microseconds at "
        f"the median, {took['p99']:.1f} at the 99th percentile."
    )
    out.print(f"Otherwise than whole tables: {data['decided_otherwise_than_whole_tables']}.")


def show_judging(out: Console, data: dict[str, Any]) -> None:
    out.print(
        f"{data['candidates']:,} candidates of {data['contacts']:,} contacts judged against "
        f"{data['limits']} limits in {data['seconds']:.2f} s; {data['closed']:,} closed."
    )
    out.print(
        f"Otherwise when judged alone: {data['judged_otherwise_alone']}. "
        f"Peak {data['peak_mb']:.0f} MB."
    )
