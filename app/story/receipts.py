"""Receipts, as a marketer reads them."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from app.story.run_report import FATE_STYLES
from domain.money import format_minor
from domain.objective import OF_EACH


def show_receipts(out: Console, data: dict[str, Any]) -> None:
    """Every proposal about the subject: what, its value, its fate, why, and what would flip it."""
    out.print(f"[bold]{escape(data['subject'])}[/] in run {data['run_id']}")
    if data["stands_under"]:
        under = escape(data["stands_under"])
        out.print(f"It is one person with {under}, in whose name the run decided.")
    for receipt in data["receipts"]:
        _show(out, receipt, data["currency"])
    if data["more"]:
        out.print(
            f"[dim]and {data['more']} more: ask by a decision's id, of "
            "`clearance export decisions`.[/]"
        )


def _show(out: Console, receipt: dict[str, Any], currency: str) -> None:
    style = FATE_STYLES[receipt["fate"]]
    out.print(
        f"[{style}]{receipt['fate']:<9}[/] {escape(receipt['treatment_id'])} by "
        f"{receipt['channel']} "
        f"({receipt['agent']} agent): {escape(receipt['sentence'])}"
    )
    low, high = (format_minor(receipt[key], currency) for key in ("low", "high"))
    worth = format_minor(receipt["value"], currency)
    out.print(f"          worth {worth} (95%: {low} to {high}), evidence: {receipt['evidence']}")
    if receipt["declared"]:
        counted = format_minor(receipt["worth"], currency)
        out.print(f"          counted as {counted}: {escape(receipt['declared'])}")
    if receipt["would_choose"] is not None:
        said = "would have been chosen" if receipt["would_choose"] else "would not have been chosen"
        out.print(f"          {said}, had its agent acted")
    if len(receipt["objectives"]) > 1:
        for share in receipt["objectives"]:
            _show_share(out, share, currency)
    elif receipt["objectives"]:
        _show_factors(out, receipt["objectives"][0], currency)
    for told in receipt["times"]:
        about = f"for {told['outcome']}s, " if len(receipt["times"]) > 1 else ""
        out.print(f"          {about}{escape(told['sentence'])}")
    if receipt["tiring"]:
        out.print(f"          {escape(receipt['tiring']['sentence'])}")
    if receipt["winner"]:
        won = format_minor(receipt["winner"]["value"], currency)
        out.print(
            f"          lost to {escape(receipt['winner']['treatment_id'])} of the "
            f"{receipt['winner']['agent']} agent, worth {won}"
        )
    if receipt["flips_with"]:
        out.print(f"          [dim]would flip with: {escape(receipt['flips_with'])}[/]")
    if receipt["confirmation"]:
        _show_confirmation(out, receipt["confirmation"])
    elif receipt["flips_with"]:
        out.print(
            f"          [dim]not solved again; confirm: "
            f"clearance explain {receipt['decision_id']}[/]"
        )


def _show_share(out: Console, share: dict[str, Any], currency: str) -> None:
    """What one of several objectives gives, and from what."""
    given = format_minor(share["value"], currency)
    out.print(
        f"          {given} of it, before its cost, for {escape(share['noun'])}s, "
        f"weight {share['weight']:g}, evidence: {share['evidence']}"
    )
    _show_factors(out, share, currency)


def _show_factors(out: Console, factors: dict[str, Any], currency: str) -> None:
    worth = format_minor(factors["worth"], currency)
    out.print(
        f"          from an effect of {factors['effect']:+.4f}{_own(factors)} on "
        f"{factors['base']:.4f}, one outcome worth {worth}{_by_whom(factors)}, "
        f"by {escape(factors['model'])}"
    )


def _by_whom(factors: dict[str, Any]) -> str:
    """Whether the data gave the worth or, where they don't bear the purpose, a person."""
    if factors["own_worth"]:
        return f" to this contact ({factors['purpose']})"
    return " as declared" if factors["purpose"] in OF_EACH else ""


def _own(factors: dict[str, Any]) -> str:
    """How far this contact's own effect may lie; the error of all in runs that kept no more."""
    if factors["low"] is None:
        return f" (± {1.96 * factors['effect_se']:.4f})"
    return f" (this contact's own, 90%: {factors['low']:+.4f} to {factors['high']:+.4f})"


def _show_confirmation(out: Console, told: dict[str, Any]) -> None:
    """The rules that bind where it stands with their prices, and what solving again said."""
    for rule in told["rules"]:
        price = "full for it" if rule["price"] is None else f"price {rule['price']:.2f} a unit"
        out.print(
            f"          binds: {escape(rule['rule'])}, {price}, of which it uses {rule['use']:.4g}"
        )
    if told["masks"]:
        out.print(f"          masked by: {', '.join(told['masks'])}")
    out.print(f"          {escape(told['sentence'])}")
