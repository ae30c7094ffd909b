"""Chances of an answer for every contact, one model per set of rows, each fitted once."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from tools.measurement.answers import NOTHING
from tools.prediction.features import Features
from tools.prediction.priors import LEAST_OUTCOMES, LEAST_TOUCHES
from tools.prediction.propensity import Floats, fit_propensity


@dataclass(frozen=True)
class Chances:
    """`folds` holds each contact's fold, -1 where no row of the contact trains (evaluation)."""

    features: Features
    rows: pl.DataFrame
    """Training rows, as `Lessons.training`."""
    folds: npt.NDArray[np.int8]
    fitted: dict[str, Floats] = field(default_factory=dict)

    def after(self, treatment_id: str, channel: str) -> Floats:
        """Chance of an answer per contact after this treatment on this channel, by chance given."""
        chosen = self._randomised().filter(
            (pl.col("treatment_id") == treatment_id) & (pl.col("channel") == channel)
        )
        return self._chance(f"after {treatment_id} on {channel}", chosen)

    def touched(self, treatment_id: str, channel: str) -> tuple[Floats, str]:
        """Chance of an answer per contact given a touch, and the rows that say so, in words.

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
                return self._chance(words, chosen), words
        if self.rows.height:
            return self._chance("all past touches", self.rows), "all past touches"
        return np.zeros(len(self.folds)), "no past touch at all"

    def _randomised(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("propensity").is_between(0.0, 1.0, closed="right"))

    def _chance(self, name: str, rows: pl.DataFrame) -> Floats:
        if name not in self.fitted:
            contacts = rows.get_column("contact").to_numpy()
            model = fit_propensity(
                self.features.matrix[contacts],
                self.features.categorical,
                rows.get_column("answered").to_numpy(),
                rows.get_column("fold").to_numpy(),
            )
            self.fitted[name] = model.chance(self.features.matrix, self.folds)
        return self.fitted[name]


def enough(rows: pl.DataFrame) -> bool:
    """Whether the rows speak for themselves: LEAST_TOUCHES of them, LEAST_OUTCOMES answered."""
    return rows.height >= LEAST_TOUCHES and int(rows.get_column("answered").sum()) >= LEAST_OUTCOMES
