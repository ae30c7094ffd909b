"""docs/policy.md names every key and reason, and its example comes out as it says."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from domain.reasons import GUARDRAILS, findings_of
from domain.record import Record
from graph.facts import assemble
from policies.consent_limits import ConsentRule
from policies.judging import judge
from policies.money_limits import Budget, Exposure
from policies.reputation_limits import Reputation
from policies.schema import Policy
from policies.touch_limits import Cap, QuietHours, RunLimits, Spacing
from tests.graph_facts.company import cells_of, good_standing, sources_of, touch
from tests.policies.worlds import sample_policy

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
KINDS: tuple[type[Record], ...] = (
    ConsentRule,
    Cap,
    QuietHours,
    Spacing,
    Budget,
    Exposure,
    RunLimits,
    Reputation,
)
BERLIN = ZoneInfo("Europe/Berlin")
ELSEWHERE = {
    "step_too_large",
    "repeated",
    "deadline_passed",
    "paused",
    "erased_or_suppressed",
    "torn_bundle",
}
"""Reasons that no key of the policy gives rise to."""


def monday(hour: int) -> datetime:
    return datetime(2026, 3, 2, hour, 0, tzinfo=BERLIN)


def tuesday(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 3, hour, minute, tzinfo=BERLIN)


def found(country: str | None, timezone: str | None, *cells: dict[str, Any]) -> list[set[str]]:
    """What the page's example finds against Ada's cells."""
    contacts = good_standing().with_columns(country=_text(country), timezone=_text(timezone))
    sources = sources_of(contacts=contacts, touches=[touch(monday(9)), touch(monday(23))])
    facts = assemble(cells_of(*cells), sources, sample_policy())
    bits = judge(facts, sample_policy(), monday(23))
    return [set(findings_of(bit)) for bit in bits]


def _text(value: str | None) -> Any:
    return pl.lit(value, dtype=pl.String)


SLOTS: tuple[dict[str, Any], ...] = (
    {"at": tuesday(1)},
    {"at": tuesday(8, 30)},
    {"at": tuesday(9)},
    {"at": tuesday(9), "channel": "call", "agent": "sales"},
)
SAID = [{"cap_reached", "quiet_hours"}, {"cap_reached"}, set(), {"spacing"}]


def test_the_example_comes_out_as_the_page_says() -> None:
    assert found("DE", "Europe/Berlin", *SLOTS) == SAID
    assert found("DE", None, *SLOTS) == SAID
    assert all(found(None, None, *SLOTS))


def test_the_page_names_every_key_of_a_policy() -> None:
    tables = set(Policy.model_fields) - {"name", "version"}

    assert [name for name in sorted(tables) if name not in PAGE] == []
    for kind in KINDS:
        keys = set(kind.model_fields) - {"owner", "reason", "since", "reviewed"}
        assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []


def test_the_page_names_every_reason_a_policy_gives() -> None:
    reasons = {code for code, _ in GUARDRAILS} - ELSEWHERE

    assert [code for code in sorted(reasons) if f"`{code}`" not in PAGE] == []
