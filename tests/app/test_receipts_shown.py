"""Receipts on the screen: words of the programme stay words, and what is left out can be asked."""

import io
from typing import Any

from rich.console import Console

from app.story.receipts import show_receipts

RECEIPT: dict[str, Any] = {
    "decision_id": "d1",
    "agent": "email",
    "channel": "email",
    "treatment_id": "[red]offer[/]",
    "fate": "lost",
    "sentence": "Another was worth more.",
    "value": 100.0,
    "low": 50.0,
    "high": 150.0,
    "evidence": "prior",
    "declared": None,
    "would_choose": None,
    "objectives": [],
    "times": [],
    "tiring": None,
    "winner": {"treatment_id": "[b]news[/]", "agent": "sales", "value": 200.0},
    "flips_with": None,
    "confirmation": None,
}


def shown(more: int = 0) -> str:
    out = io.StringIO()
    data = {
        "subject": "c1",
        "run_id": "r1",
        "stands_under": None,
        "currency": "USD",
        "receipts": [RECEIPT],
        "more": more,
    }
    show_receipts(Console(file=out, width=200), data)
    return out.getvalue()


def test_treatments_that_are_named_like_markup_are_shown_by_their_names() -> None:
    assert "[red]offer[/] by email" in shown()
    assert "lost to [b]news[/] of the sales agent" in shown()


def test_of_what_is_left_out_it_says_how_to_ask() -> None:
    assert "and 3 more" in shown(more=3)
    assert "clearance export decisions" in shown(more=3)
    assert "more" not in shown().replace("worth more", "")
