"""A gate in one call: what the policy says of a cell, given what is known."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import polars as pl

from domain.reasons import findings_of
from graph.facts import assemble
from policies.judging import judge
from policies.schema import Policy
from tests.graph_facts.company import cells_of, good_standing, granted, sources_of
from tests.policies.worlds import NOON, sample_policy

CALL = {"channel": "call", "agent": "sales"}


def against(
    cell: dict[str, Any] | None = None,
    policy: Policy | None = None,
    now: datetime = NOON,
    **sources: Any,
) -> set[str]:
    """Reasons against one cell: the plain one, changed."""
    rules = policy or sample_policy()
    facts = assemble(cells_of({"at": now, **(cell or {})}), sources_of(**sources), rules)
    return set(findings_of(judge(facts, rules, now)[0]))


def living(country: str | None, timezone: str | None) -> pl.DataFrame:
    """Everybody lives there."""
    return good_standing().with_columns(
        country=pl.lit(country, dtype=pl.String), timezone=pl.lit(timezone, dtype=pl.String)
    )


def statements(changes: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """What stands: everybody granted e-mail, calls and ads, with these changes to every row."""
    rows = granted()
    for change in changes:
        rows = rows.with_columns(**{name: pl.lit(value) for name, value in change.items()})
    return rows
