"""A plan, or why there is none, on a screen."""

from typing import Any

from rich.console import Console


def show_plan(out: Console, data: dict[str, Any]) -> None:
    """Value and gap; where hard limits do not hold, what clashes and what has to give way."""
    if data["status"] != "infeasible":
        out.print(f"Value {data['value']:,.2f}, {data['gap']:.4%} below a proven bound.")
        for name, by in data["shortfalls"].items():
            out.print(f"Short of {name} by {by:g}, charged at its ceiling.", markup=False)
        return
    out.print("[bold red]Infeasible[/]: the plan that comes nearest misses hard limits.")
    for one in data["unmet"]:
        price = f"at a price of {one['price']:,.2f} each"
        out.print(f"  {one['limit']} by {one['by']:g}, {price}", markup=False)
    show_certificate(out, data)


def show_certificate(out: Console, data: dict[str, Any]) -> None:
    certificate, seconds = data["certificate"], data["certificate_seconds"]
    if data["certified"] == "undecided":
        out.print(f"Undecided: neither a clash nor a plan was proven in {seconds:.0f} seconds.")
        return
    if certificate is None:
        out.print("The limits can hold together, but this arbiter did not find a plan that does.")
        return
    for clash in certificate["clashes"]:
        proof = "" if clash["minimal"] else " (that each of them is needed was not shown in time)"
        out.print(f"{clash['sentence']}{proof}", markup=False)
    if certificate["all_found"] is None:
        out.print("Whether there are further clashes was not settled in time.")
    for number, one in enumerate(certificate["relaxations"], 1):
        cost = "" if one["cost"] is None else f" ({one['cost']:.2%} of what they say)"
        out.print(f"  {number}. {one['sentence']}{cost}", markup=False)
    if not certificate["relaxations"]:
        out.print("No relaxation was shown to suffice in time.")
