"""What a receipt says of how far a contact's own effect may lie."""

import io
from typing import Any

from rich.console import Console

from app.objective_shares import factors
from app.story.receipts import _show_factors

KNOWN: dict[str, Any] = {
    "base": 0.1,
    "effect": 0.03,
    "effect_se": 0.01,
    "low": -0.02,
    "high": 0.08,
    "worth": 500.0,
    "support": 900.0,
    "model": "tlearner-1",
}


def said(known: dict[str, Any]) -> str:
    out = io.StringIO()
    told = {**(factors([known]) or {}), "purpose": "conversion", "own_worth": False}
    _show_factors(Console(file=out, width=200), told, "USD")
    return out.getvalue()


def test_a_receipt_tells_the_interval_of_the_contacts_own_effect() -> None:
    assert "+0.0300 (this contact's own, 90%: -0.0200 to +0.0800) on 0.1000" in said(KNOWN)


def test_a_run_that_kept_no_such_interval_is_told_with_the_error_of_all() -> None:
    older = {name: one for name, one in KNOWN.items() if name not in ("low", "high")}
    assert "+0.0300 (± 0.0196) on 0.1000" in said(older)
