"""Chances of an answer for every contact: one model per set of rows, fitted and asked once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tools.measurement.answers import NOTHING
from tools.prediction.family import DEFAULT, Family
from tools.prediction.features import Features
from tools.prediction.priors import LEAST_OUTCOMES, LEAST_TOUCHES
from tools.prediction.propensity import Floats, Propensity, fit_propensity

MOST_ROWS: Final = 50_000
"""Rows one model learns from; of more, so many are drawn by a seed. What more of them add is in
docs/decisions/predictions.md."""
SEED: Final = 11


@dataclass(frozen=True)
class Chances:
    """What fitted models say of one table of contacts. `folds` holds each contact's fold, so that
    the model which never saw it speaks; -1 where no row of the contact trains (evaluation)."""

    models: Mapping[str, Propensity]
    matrix: Floats
    folds: npt.NDArray[np.int8]
    said: dict[str, Floats] = field(default_factory=dict)

    def of(self, name: str) -> Floats:
        """Chance of an answer per contact, by the model of that name."""
        if name not in self.said:
            self.said[name] = self.models[name].chance(self.matrix, self.folds)
        return self.said[name]

    def raw(self, name: str) -> Floats:
        """Per contact what the model says that is no chance: a difference of two."""
        return self.models[name].logits(self.matrix, self.folds)


@dataclass(frozen=True)
class Models:
    """Models by name, fitted when first asked for; what several treatments need is fitted once."""

    features: Features
    rows: pl.DataFrame
    """Training rows, as `Lessons.training`."""
    fitted: dict[str, Propensity] = field(default_factory=dict)
    """Of every family, by names that tell them apart."""
    family: Family = DEFAULT

    def after(self, treatment_id: str, channel: str) -> str:
        """The model of an answer after this treatment on this channel, given by chance."""
        chosen = self._randomised().filter(
            (pl.col("treatment_id") == treatment_id) & (pl.col("channel") == channel)
        )
        return self._fit(f"after {treatment_id} on {channel}", chosen)

    def touched(self, treatment_id: str, channel: str) -> tuple[str, str]:
        """The model of an answer given a touch, and the rows that say so, in words.

        The treatment's own touches where they are enough, else the channel's, else all rows
        (those left alone too); where there are none at all the chance is 0.
        """
        real = self.rows.filter(pl.col("treatment_id") != NOTHING)
        of_channel = real.filter(pl.col("channel") == channel)
        for words, chosen in (
            (f"touches of {treatment_id}", of_channel.filter(treatment_id=treatment_id)),
            (f"touches on {channel}", of_channel),
        ):
            if enough(chosen):
                return self._fit(words, chosen), words
        if self.rows.height:
            return self._fit("all past touches", self.rows), "all past touches"
        return self._fit("no past touch", self.rows), "no past touch at all"

    def _randomised(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("propensity").is_between(0.0, 1.0, closed="right"))

    def _fit(self, name: str, rows: pl.DataFrame) -> str:
        name = name if self.family == DEFAULT else f"{name}, by {self.family}"
        if name not in self.fitted:
            kept = drawn(rows)
            contacts = kept.get_column("contact").to_numpy()
            self.fitted[name] = fit_propensity(
                self.features.matrix[contacts],
                self.features.categorical,
                kept.get_column("answered").to_numpy(),
                kept.get_column("fold").to_numpy(),
                self.family,
            )
        return name


def drawn(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in order; MOST_ROWS of them, drawn by SEED, where there are more."""
    if rows.height <= MOST_ROWS:
        return rows
    draws = np.random.default_rng(SEED).choice(rows.height, MOST_ROWS, replace=False)
    return rows[np.sort(draws)]


def enough(rows: pl.DataFrame) -> bool:
    """Whether the rows speak for themselves: LEAST_TOUCHES of them, LEAST_OUTCOMES answered."""
    return rows.height >= LEAST_TOUCHES and int(rows.get_column("answered").sum()) >= LEAST_OUTCOMES
