"""Content affinity: how likely each contact answers each treatment, before anyone chooses.

A treatment's chance is shrunk to that of its theme, a theme's to that of all (hierarchy.py), each
with a few features of the contact. It is the chance of an answer given a touch, seen and not
caused: it ranks treatments for somebody who is touched anyway.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.errors import DataError
from domain.names import Evidence
from tools.prediction.context import Context
from tools.prediction.hierarchy import Beliefs, Counts, Hierarchy, fit_hierarchy, logistic
from tools.prediction.normal import Z_90
from tools.prediction.priors import LEAST_OUTCOMES, LEAST_TOUCHES
from tools.prediction.propensity import Floats

USUAL_CHANCE: Final = 0.02
"""Chance of an answer about which nobody declared or saw anything, within a factor of twenty."""
LEVEL_SD: Final = 1.5
"""Of the population's log odds."""
SLOPE_SD: Final = 0.5
"""Of what a standard deviation of a feature adds to them."""
THEME_SD: Final = 0.4
TREATMENT_SD: Final = 0.3
"""What themes, and treatments within one, are believed to differ by (log odds)."""
THEME_SLOPE_SD: Final = 0.2
TREATMENT_SLOPE_SD: Final = 0.1
NO_THEME: Final = "(none)"


@dataclass(frozen=True)
class Affinity:
    """`treatments`: treatment_id, theme, touches, answers, evidence, in order of treatment_id."""

    treatments: pl.DataFrame
    hierarchy: Hierarchy
    names: tuple[str, ...]
    evidence: Evidence
    model: str
    at: datetime
    words: str

    def chances(self, context: Context) -> pl.DataFrame:
        """contact (row of the context), treatment_id, theme, chance, low, high (90% of what the
        chance is), support (touches of the treatment), evidence, model: contacts x treatments.

        The chance is the mean over the belief, by MacKay's approximation ("The evidence framework
        applied to classification networks", 1992).
        """
        middle, variance = self.log_odds(context)
        wide = Z_90 * np.sqrt(variance)
        people, count = middle.shape
        pairs = pl.DataFrame(
            {
                "contact": np.repeat(np.arange(people, dtype=np.uint32), count),
                "choice": np.tile(np.arange(count, dtype=np.uint32), people),
                "chance": logistic(middle / np.sqrt(1.0 + np.pi * variance / 8.0)).ravel(),
                "low": logistic(middle - wide).ravel(),
                "high": logistic(middle + wide).ravel(),
            }
        )
        named = self.treatments.select(
            "treatment_id", "theme", "evidence", support=pl.col("touches").cast(pl.Float64)
        ).with_row_index("choice")
        return (
            pairs.join(named, on="choice", how="left", maintain_order="left")
            .drop("choice")
            .with_columns(model=pl.lit(self.model), as_of=pl.lit(self.at))
        )

    def log_odds(self, context: Context) -> tuple[Floats, Floats]:
        """Mean and variance of the log odds, contacts x treatments."""
        terms = terms_of(context, self.names)
        mean = terms @ self.hierarchy.mean.T
        spread = np.einsum("ni,kij,nj->nk", terms, self.hierarchy.covariance, terms, optimize=True)
        return mean, np.asarray(spread, dtype=np.float64)


def fit_content(
    rows: pl.DataFrame, context: Context, treatments: pl.DataFrame, at: datetime
) -> Affinity:
    """rows: contact (row of the context), treatment_id, touched_at, answered; treatments:
    treatment_id, theme (null: none known). Rows of other treatments, and after `at`, tell nothing.

    With fewer than LEAST_TOUCHES touches or LEAST_OUTCOMES answers in all the belief alone speaks:
    all treatments alike. A treatment with fewer of its own rests on its theme and says `prior`.
    """
    told = treatments.select("treatment_id", pl.col("theme").fill_null(NO_THEME)).sort(
        "treatment_id"
    )
    if told.is_empty() or told.get_column("treatment_id").is_duplicated().any():
        raise DataError(
            "Expected each treatment once, and at least one, to choose among.",
            "Approve a treatment, or leave out its second row.",
        )
    seen = rows.filter(pl.col("touched_at") <= at).join(
        told.with_row_index("leaf").select("treatment_id", "leaf"),
        on="treatment_id",
        how="inner",
        maintain_order="left",
    )
    answers = int(seen.get_column("answered").sum())
    enough = seen.height >= LEAST_TOUCHES and answers >= LEAST_OUTCOMES
    themes = told.get_column("theme").rank("dense").to_numpy().astype(np.intp) - 1
    found = fit_hierarchy(
        _counts(seen if enough else seen.clear(), context), themes, _beliefs(context)
    )
    known = _known(told, seen, enough)
    version = digest([known.write_csv(), found.mean.tolist(), context.names, at.isoformat()])[:12]
    return Affinity(
        known,
        found,
        context.names,
        "measured" if enough else "prior",
        f"content-{version}" if enough else "prior:alike",
        at,
        _words(known, seen.height, answers, enough),
    )


def terms_of(context: Context, names: tuple[str, ...]) -> Floats:
    """A column of ones, then the features. Raises DataError where they are not those fitted."""
    if context.names != names:
        raise DataError(
            f"Expected the features {', '.join(names) or 'none'}, "
            f"found {', '.join(context.names) or 'none'}.",
            "Make the context of new contacts by the one that was fitted.",
        )
    return np.column_stack([np.ones(len(context.matrix)), context.matrix])


def _counts(seen: pl.DataFrame, context: Context) -> Counts:
    terms = terms_of(context, context.names)[seen.get_column("contact").to_numpy()]
    return Counts(
        terms,
        seen.get_column("leaf").to_numpy().astype(np.intp),
        np.ones(seen.height),
        seen.get_column("answered").to_numpy().astype(np.float64),
    )


def _beliefs(context: Context) -> Beliefs:
    slopes = len(context.names)

    def variance(level: float, slope: float) -> Floats:
        return np.square(np.array([level, *[slope] * slopes], dtype=np.float64))

    middle = np.zeros(slopes + 1)
    middle[0] = np.log(USUAL_CHANCE / (1.0 - USUAL_CHANCE))
    return Beliefs(
        middle,
        variance(LEVEL_SD, SLOPE_SD),
        variance(THEME_SD, THEME_SLOPE_SD),
        variance(TREATMENT_SD, TREATMENT_SLOPE_SD),
    )


def _known(told: pl.DataFrame, seen: pl.DataFrame, enough: bool) -> pl.DataFrame:
    own = seen.group_by("treatment_id").agg(
        touches=pl.len().cast(pl.Int64), answers=pl.col("answered").cast(pl.Int64).sum()
    )
    itself = (pl.col("touches") >= LEAST_TOUCHES) & (pl.col("answers") >= LEAST_OUTCOMES)
    return (
        told.join(own, on="treatment_id", how="left", maintain_order="left")
        .with_columns(pl.col("touches", "answers").fill_null(0))
        .with_columns(
            evidence=pl.when(itself & pl.lit(enough))
            .then(pl.lit("measured"))
            .otherwise(pl.lit("prior"))
        )
    )


def _words(known: pl.DataFrame, touches: int, answers: int, enough: bool) -> str:
    seen = f"{touches} touches with {answers} answers"
    if not enough:
        return (
            f"Not measured: {seen}; {LEAST_TOUCHES} and {LEAST_OUTCOMES} are needed. "
            "All treatments count alike."
        )
    own = known.filter(evidence="measured").height
    return (
        f"From {seen}: {own} of {known.height} treatments speak for themselves, the others mostly "
        "by their theme. Seen, not caused: it tells whom to send what, not whether to send."
    )
