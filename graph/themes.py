"""Caps of themes: a cell of the grid is of no theme, each of its candidates is."""

import polars as pl

from domain.tables import FINDINGS
from policies.judging import judge_caps
from policies.schema import Policy

KEYS = ("contact_id", "agent", "channel", "class")


def theme_findings(candidates: pl.DataFrame, facts: pl.DataFrame, policy: Policy) -> pl.Series:
    """Findings (FINDINGS bits) of the policy's caps of themes against each of the CANDIDATES rows.

    facts: of the grid's cells. What the facts have no cell of is closed: nobody counted it.
    """
    caps = [cap for cap in policy.caps if cap.themes]
    if not caps:
        return pl.zeros(candidates.height, FINDINGS, eager=True).alias("bits")
    known = [f"used_{cap.name}" for cap in caps if f"used_{cap.name}" in facts.columns]
    counts = facts.select(*KEYS, *known, slot_at="at")
    rows = candidates.select(*KEYS, "slot_at", "theme").join(
        counts, on=[*KEYS, "slot_at"], how="left", maintain_order="left"
    )
    return judge_caps(rows, caps)
