"""Whose touch it is, and of which theme: caps may limit and count some alone.

Safe by absence: what nobody knows the agent or the theme of is taken for one of every cap's.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from policies.schema import Policy

NAMES: Final = ("agent", "theme")


def with_names(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with agent and theme; empty where they say nothing of them."""
    lacking = [name for name in NAMES if name not in rows.columns]
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in lacking)


def named_by(agents: Sequence[str], themes: Sequence[str]) -> pl.Expr:
    """Rows of `with_names` that are of one of the agents and of one of the themes, or may be; none
    named: of any."""
    found = pl.lit(True)
    for column, names in zip(NAMES, (agents, themes), strict=True):
        if names:
            found = found & pl.col(column).is_in(list(names)).fill_null(True)
    return found


def of_cells(policy: Policy) -> Policy:
    """The policy as a cell of the grid is judged by it: a cell is of no theme yet, so that caps of
    themes are judged with each candidate. So is who may only watch, who proposes as if it acted."""
    caps = tuple(cap for cap in policy.caps if not cap.themes)
    if len(caps) == len(policy.caps) and not policy.autonomy:
        return policy
    return policy.model_copy(update={"caps": caps, "autonomy": ()})
