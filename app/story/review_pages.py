"""The reviewer's pages: the list, one packet, and what an edit did."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from domain.money import format_minor
from domain.reasons import SENTENCES


def show_list(out: Console, data: dict[str, Any]) -> None:
    for one in data["void"]:
        out.print(f"[yellow]{escape(one['sentence'])}[/]")
    rows = data["waiting"]
    if not rows:
        out.print("Nothing waits for a person.")
        return
    table = Table(box=None, pad_edge=False)
    for name, side in (("packet", "left"), ("at stake", "right"), ("people", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    table.add_column("what and why", ratio=1)
    for row in rows:
        why = " ".join(row["why"])
        needs = f"{row['approvals']}/{row['approvals_needed']} approvals"
        needs += "".join(f", one by {' or '.join(roles)}" for roles in row["approver_roles"])
        notes = " ".join(["[yellow]overdue[/]"] * row["overdue"] + _hand(row))
        table.add_row(
            row["packet_id"],
            format_minor(row["at_stake"], row["currency"]),
            f"{row['contacts']:,}",
            f"{escape(row['title'])}\n[dim]{escape(why)} {needs}, until {row['expires_at']}[/] "
            f"{notes}",
        )
    out.print(table)
    out.print("Look closer: [bold]clearance review show PACKET[/]")


def _hand(row: dict[str, Any]) -> list[str]:
    """Who has the packet in hand, and whom it was passed on to."""
    told = [] if row["asked"] == "reviewers" else [f"asked: {escape(row['asked'])}"]
    if row["claimed_by"]:
        told.append(f"in {escape(row['claimed_by'])}'s hands until {row['claimed_until']}")
    return told


def show_page(out: Console, data: dict[str, Any]) -> None:
    """What would happen, to how many, at what cost, how sure, and who gave way."""
    packet = data["packet"]
    currency = packet["currency"]
    lines = [
        f"{packet['contacts']:,} contacts of {packet['accounts']:,} accounts, "
        f"{packet['first_at']} to {packet['last_at']}",
        f"Expected {format_minor(packet['value'], currency)} "
        f"± {format_minor(1.96 * packet['value_se'], currency)} (95%), "
        f"cost {format_minor(packet['cost'], currency)}, "
        f"{packet['evidence_prior_share']:.0%} of it on declared priors",
        f"Treatments: {', '.join(packet['treatments']) or 'none'}",
    ]
    lines += _budget(packet)
    lines += [f"Why you see it: {escape(trigger['sentence'])}" for trigger in packet["triggers"]]
    lines += [
        f"Gave way: {side['count']:,} of the {side['agent']} agent ({escape(side['conflict'])}), "
        f"{format_minor(side['stake'], currency)} at stake"
        for side in packet["other_sides"]
    ]
    lines += [
        f"One of those who approve is {' or '.join(roles)}."
        for roles in packet.get("approver_roles", ())
    ]
    lines += [f"Look at: {escape(one)}" for one in data["checklist"]]
    lines += _review(data)
    title = f"{packet['packet_id']} version {packet['version']}: {escape(packet['title'])}"
    out.print(Panel("\n".join(lines), title=title, title_align="left"))
    for item in data["items"]:
        out.print(
            f"  {item['contact_id']} ({item['account_id'] or 'no account'}) "
            f"{item['treatment_id']} at {item['slot_at']:%a %H:%M} "
            f"{format_minor(item['value'], currency)}"
        )


def _review(data: dict[str, Any]) -> list[str]:
    """How the question stands, where it does not simply wait."""
    review = data["review"]
    if review is None or review["state"] == "pending":
        return []
    why = f": {SENTENCES.get(review['reason'], review['reason'])}" if review["reason"] else ""
    return [f"It is {review['state']}{why}."]


def _budget(packet: dict[str, Any]) -> list[str]:
    change = packet["budget"]
    if change is None:
        return []
    now, new = change["spend_now"], change["spend_new"]
    currency = packet["currency"]
    return [
        f"Weekly budget of {change['campaign_id']} on {change['platform']}: "
        f"{format_minor(now, currency)} to {format_minor(new, currency)}"
    ]


def show_word(out: Console, data: dict[str, Any]) -> None:
    """What a person's word did; where they looked at an older version, what is different now."""
    out.print(str(data["sentence"]))
    for one in data["changed"]:
        shown, now = escape(str(one["shown"])), escape(str(one["now"]))
        out.print(f"  {one['field']}: {shown} is now {now}")


def show_alike(out: Console, data: dict[str, Any]) -> None:
    """The packets that one word is about, each with its hash, and what the word did."""
    for one in data["packets"]:
        stake = format_minor(one["at_stake"], one["currency"])
        out.print(
            f"  {one['packet_id']} version {one['version']} {one['payload_hash'][:12]} "
            f"{escape(one['title'])}, {stake} at stake"
        )
    out.print(escape(data["sentence"]))


def show_edit(out: Console, data: dict[str, Any]) -> None:
    out.print(data["sentence"])
    for reason, count in data["dropped_by_the_judge"].items():
        out.print(f"  {count:,} taken out by the judge: {reason}")
