"""What a contact had done by then: features at the instant of each past touch, and at the run's.

A touch teaches with what was known before it, and a contact is told by what is known before the
run: by the same code, so that neither sees what the other could not. Each past touch becomes a row
behind the contacts, with its contact's attributes and with features of its own instant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from tools.prediction.features import ATTRIBUTE_PREFIX

FEATURE_PREFIX: Final = "features."
"""Stands before a feature's name among the attributes, so that it is none of theirs."""
FeaturesAt = Callable[[pl.DataFrame], pl.DataFrame]
"""From points (contact_id, as_of) to one row each, in order: contact_id, as_of, then features."""


@dataclass(frozen=True)
class Points:
    """`rows`: observations with features, of contacts as of the run, then of touches as of each;
    `contacts`: how many of them are contacts; `numbers`: touch_id, contact (its row)."""

    rows: pl.DataFrame
    contacts: int
    numbers: pl.DataFrame

    @property
    def learnt(self) -> pl.DataFrame:
        """The rows that models learn from; what a contact is now teaches nothing."""
        return self.rows.slice(self.contacts)

    def numbered(self, lessons: pl.DataFrame) -> pl.DataFrame:
        """Rows of lessons with `contact` naming the touch's own row."""
        return lessons.drop("contact").join(
            self.numbers, on="touch_id", how="left", maintain_order="left"
        )


def points_of(
    observations: pl.DataFrame, touches: pl.DataFrame, features_at: FeaturesAt, at: datetime
) -> Points:
    """One row per contact at `at`, then one per touch of an observed contact up to then."""
    count = observations.height
    past = (
        touches.filter(pl.col("at") <= at)
        .join(observations.select("contact_id"), on="contact_id", how="semi")
        .select("touch_id", "contact_id", as_of="at")
        .sort("as_of", "touch_id")
    )
    now = observations.select("contact_id").with_columns(
        touch_id=pl.lit(None, pl.String), as_of=pl.lit(at, dtype=past.schema["as_of"])
    )
    asked = pl.concat([now, past.select(now.columns)])
    rows = asked.join(
        observations.drop("contact"), on="contact_id", how="left", maintain_order="left"
    ).with_columns(contact=pl.int_range(pl.len(), dtype=pl.UInt32))
    known = features_at(asked.select("contact_id", "as_of")).drop("contact_id", "as_of")
    named = known.rename(lambda name: f"{ATTRIBUTE_PREFIX}{FEATURE_PREFIX}{name}")
    numbers = rows.slice(count).select("touch_id", "contact")
    return Points(
        pl.concat([rows.drop("touch_id", "as_of"), named], how="horizontal"), count, numbers
    )
