"""Both sides of a conflict as rows: what gave way, what stood against it, and what that costs."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from domain.reasons import BIT
from domain.tables import CONFLICTS

OPTION = ("contact", "agent", "treatment_id")
"""What a candidate is one slot of: an option's slots are alternatives, not a conflict."""

CLAIM: Final = {
    "subject": pl.String,
    "fact": pl.String,
    "stake": pl.Float64,
    "people": pl.Int64,
}


def gave_way(
    rows: pl.DataFrame,
    number: int | pl.Expr,
    fact: str | pl.Expr | None = None,
    stake: str = "value",
) -> pl.DataFrame:
    """CONFLICTS rows of candidates that gave way, each to its `winner` or to the fact.

    fact: words, or an expression over the rows. stake: column with the value that gave way, minor
    units; what was worth less than nothing stakes nothing.
    """
    said = fact if isinstance(fact, pl.Expr) else pl.lit(fact, dtype=pl.String)
    return CONFLICTS.conform(
        rows.select(
            "contact",
            "account_id",
            "candidate",
            type=pl.lit(number) if isinstance(number, int) else number,
            people=pl.lit(1),
            subject=pl.lit(None, dtype=pl.String),
            against="winner",
            fact=said,
            stake=pl.max_horizontal(stake, pl.lit(0.0)),
        )
    )


class Claim(NamedTuple):
    """What gave way though it is no candidate, and the fact against it."""

    subject: str
    fact: str
    stake: float
    """Minor units."""
    people: int = 0
    """Contacts it happens to."""


def claims(number: int, found: Sequence[Claim]) -> pl.DataFrame:
    """CONFLICTS rows of what happens to no single contact."""
    told = pl.DataFrame(found, schema=CLAIM, orient="row")
    absent = ("contact", "account_id", "candidate", "against")
    return CONFLICTS.conform(
        told.with_columns(
            type=pl.lit(number),
            stake=pl.max_horizontal("stake", pl.lit(0.0)),
            **{name: pl.lit(None) for name in absent},
        )
    )


def best_of(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per contact, agent and treatment: its best slot."""
    ordered = rows.sort("value", "candidate", descending=[True, False])
    return ordered.unique(OPTION, keep="first", maintain_order=True)


def lost_for(rows: pl.DataFrame, *reasons: str) -> pl.DataFrame:
    """The best slot of each option that lost for one of the reasons and has no slot chosen."""
    return best_of(without_taken(rows.filter(pl.col("reason").is_in(reasons)), rows))


def without_taken(lost: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """What lost, without options of which another of the rows was chosen."""
    return lost.join(rows.filter("chosen").select(OPTION), on=OPTION, how="anti")


def first_finding() -> pl.Expr:
    """The code of the first guardrail in `findings`; null where there is none."""
    bits = pl.col("findings").cast(pl.Int64)
    codes = {bit: code for code, bit in BIT.items()}
    return (bits & -bits).replace_strict(codes, default=None, return_dtype=pl.String)
