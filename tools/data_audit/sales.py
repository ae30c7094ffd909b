"""Sales: whether an outcome that counts at what its contact buys is followed by a purchase."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from domain.names import OutcomeKind
from domain.objective import Objective, Purpose
from tools.data_audit.findings import Data, Finding
from tools.measurement.answers import VALUE_KINDS, named

BOUGHT: Final[tuple[Purpose, ...]] = ("revenue", "lifetime_value")
"""Purposes by which one outcome counts at what its contact buys."""
SALES: Final[tuple[OutcomeKind, ...]] = ("conversion", "purchase", "won")
"""Outcomes that are a sale themselves."""


def overvalued(data: Data) -> Iterator[Finding]:
    """A finding for each objective that counts outcomes at what contacts buy, where they are no
    sales: how many of them no purchase followed within the horizon."""
    for objective in data.objectives:
        if objective.purpose in BOUGHT and objective.outcome not in SALES:
            yield _finding(objective, _followed(objective, data))


def _followed(objective: Objective, data: Data) -> pl.Series:
    """Of each such outcome whose horizon has passed, whether its contact bought within it."""
    tables = {**data.tables, **data.of_people}
    horizon = timedelta(days=objective.horizon_days)
    seen = named(tables["outcomes"], tables["touches"]).filter(pl.col("at") <= data.at).sort("at")
    bought = seen.filter(pl.col("kind").is_in(VALUE_KINDS) & (pl.col("value") > 0))
    return (
        seen.filter((pl.col("kind") == objective.outcome) & (pl.col("at") + horizon <= data.at))
        .join_asof(
            bought.select("contact_id", "at", bought="value"),
            on="at",
            by="contact_id",
            strategy="forward",
            tolerance=horizon,
            check_sortedness=False,
        )
        .get_column("bought")
        .is_not_null()
    )


def _finding(objective: Objective, followed: pl.Series) -> Finding:
    noun, without = objective.noun, int((~followed).sum())
    return Finding(
        area="contact behaviour",
        dimension="accuracy",
        check=f"objective {objective.outcome} for {objective.purpose} without a purchase",
        found=without,
        of=len(followed),
        words=f"Expected a {noun} to be a sale, since it counts at what its contact buys; no "
        f"purchase followed {without} of {len(followed)} within {objective.horizon_days} days.",
        forbids=f"agents value every {noun} as if it were a sale, and bid for touches too dearly",
        do=f"Declare purchase as the outcome, or what a {noun} is worth with no `purpose`.",
    )
