"""Past touches as rows to learn from: who was touched with what, and whether they answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from domain.objective import Objective
from tools.keys import shares_of
from tools.measurement.answers import answers

FOLDS: Final = 5
"""A contact's fold is a stable hash of its id, so that all its rows stay together."""


@dataclass(frozen=True)
class Lessons:
    """Rows of `answers` joined with the contact's row number and fold.

    `training` holds contacts with `evaluation` false; `evaluation` the others, to judge only.
    Columns beside those of `answers`: contact (row number in observations), fold (0..FOLDS-1).
    """

    training: pl.DataFrame
    evaluation: pl.DataFrame


def learn_from(
    observations: pl.DataFrame,
    touches: pl.DataFrame,
    outcomes: pl.DataFrame,
    objective: Objective,
    at: datetime,
) -> Lessons:
    """Touches of observed contacts whose horizon has wholly passed at `at`, split by fold.

    A touch whose horizon still runs teaches nothing yet: counting it as unanswered would be wrong.
    """
    rows = answers(touches, outcomes, objective.outcome, objective.horizon_days, at)
    contacts = observations.select("contact_id", "contact", "evaluation").with_columns(
        fold=pl.Series(folds_of(observations), dtype=pl.Int8)
    )
    joined = rows.join(contacts, on="contact_id", how="inner", maintain_order="left")
    return Lessons(
        training=joined.filter(~pl.col("evaluation")).drop("evaluation"),
        evaluation=joined.filter("evaluation").drop("evaluation"),
    )


def folds_of(observations: pl.DataFrame) -> pl.Series:
    """The fold of each contact, Int8 in 0..FOLDS-1."""
    shares = pl.Series("fold", shares_of(observations, ["contact_id"], prefix="fold"))
    return (shares * FOLDS).floor().cast(pl.Int8)
