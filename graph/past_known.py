"""What is known of the past beside its touches, and how a touch that broke a rule is told."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from graph.facts import REPLIES
from tools.ledger.database import INSTANT

FOUND: Final = pl.Schema({"touch_id": pl.String(), "rule": pl.String(), "against": pl.String()})
NOBODY: Final = pl.lit(None, dtype=pl.String)
WHEN: Final = pl.Schema({"contact_id": pl.String(), "at": INSTANT})
TREATMENTS: Final = pl.Schema({"treatment_id": pl.String(), "theme": pl.String()})


def _when() -> pl.DataFrame:
    return pl.DataFrame(schema=WHEN)


@dataclass(frozen=True)
class Past:
    """Frames: treatments (treatment_id, theme); reactions, complaints opened and closed (each
    contact_id, at); replies (REPLIES). Each holds all that lies before the last touch."""

    treatments: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TREATMENTS))
    reactions: pl.DataFrame = field(default_factory=_when)
    replies: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REPLIES))
    opened: pl.DataFrame = field(default_factory=_when)
    closed: pl.DataFrame = field(default_factory=_when)


def found(rule: str, against: str | None = None) -> list[pl.Expr]:
    """FOUND of touches that broke the rule. against: the column that says whose touch each ran
    into; None: nobody's."""
    whose = NOBODY if against is None else pl.col(against)
    return [pl.col("touch_id"), pl.lit(rule).alias("rule"), whose.alias("against")]
