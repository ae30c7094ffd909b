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
from tools.prediction.following import Moved, Rows, known_after, moved
from tools.prediction.priors import LEAST_OUTCOMES, LEAST_TOUCHES
from tools.prediction.propensity import Floats, Propensity, fit_propensity

MOST_ROWS: Final = 50_000
"""Rows one model learns from; of more, so many are drawn by a seed. What more of them add is in
docs/decisions/predictions.md."""
SEED: Final = 11
NEWEST: Final = ", by its newest answers"
"""What the name of a model ends in that is corrected by them."""


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
    horizon_days: int = 0
    """After so many days an answer, or that none came, is known."""
    moved: dict[str, Moved | None] = field(default_factory=dict)
    """Name of a model -> what its newest answers ask of it, once they were looked at."""

    def after(self, treatment_id: str, channel: str) -> str:
        """The model of an answer after this treatment on this channel, given by chance."""
        chosen = self._randomised().filter(
            (pl.col("treatment_id") == treatment_id) & (pl.col("channel") == channel)
        )
        return self._fit(f"after {treatment_id} on {channel}", chosen)

    def touched(self, treatment_id: str, channel: str) -> tuple[str, str]:
        """The model of an answer given a touch, and the rows that say so, in words.

        The treatment's own touches where they are enough, else the channel's, else all rows
        (those left alone too); where there are none at all the chance is 0. Where the rate of
        answers moved, the newest ones correct the log odds (following.py).
        """
        name, words, rows = self._touched(treatment_id, channel)
        speaks = self._by_newest(name, rows)
        if speaks == name:
            return name, words
        return speaks, f"{words}, corrected by the newest answers since their rate moved"

    def _touched(self, treatment_id: str, channel: str) -> tuple[str, str, pl.DataFrame]:
        real = self.rows.filter(pl.col("treatment_id") != NOTHING)
        of_channel = real.filter(pl.col("channel") == channel)
        for words, chosen in (
            (f"touches of {treatment_id}", of_channel.filter(treatment_id=treatment_id)),
            (f"touches on {channel}", of_channel),
        ):
            if enough(chosen):
                return self._fit(words, chosen), words, chosen
        if self.rows.height:
            return self._fit("all past touches", self.rows), "all past touches", self.rows
        return self._fit("no past touch", self.rows), "no past touch at all", self.rows

    def _randomised(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("propensity").is_between(0.0, 1.0, closed="right"))

    def _by_newest(self, name: str, rows: pl.DataFrame) -> str:
        """The model of that name, or of another that is corrected by the newest answers."""
        if name not in self.moved:
            self.moved[name] = self._asked_of(name, rows) if enough(rows) else None
        found = self.moved[name]
        if found is None:
            return name
        self.fitted[name + NEWEST] = self.fitted[name].corrected(*found.newest)
        return name + NEWEST

    def _asked_of(self, name: str, rows: pl.DataFrame) -> Moved | None:
        return moved(self._in_time(self.fitted[name], drawn(rows)))

    def then(self, name: str, rows: pl.DataFrame) -> Floats | None:
        """Of evaluation rows (as `Lessons.evaluation`), what the model of this name would have said
        of each on its day, by answers whose horizon had passed; None where no answers correct it:
        it said the same all along."""
        plain = name.removesuffix(NEWEST)
        found = self.moved.get(plain)
        if found is None or plain == name:
            return None
        contacts = rows.get_column("contact").to_numpy()
        unseen = np.full(len(contacts), -1, dtype=np.int8)
        logits = self.fitted[plain].logits(self.features.matrix[contacts], unseen)
        return found.chance(logits, _days_of(rows), self.horizon_days)

    def _in_time(self, model: Propensity, rows: pl.DataFrame) -> Rows:
        """What the model says of rows that it never saw, oldest first, and what they answered."""
        ordered = rows.sort("touched_at", maintain_order=True)
        contacts, folds = (ordered.get_column(one).to_numpy() for one in ("contact", "fold"))
        day = _days_of(ordered)
        return Rows(
            model.logits(self.features.matrix[contacts], folds),
            ordered.get_column("answered").to_numpy(),
            day,
            known_after(day, 0),
        )

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


def _days_of(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    return rows.get_column("touched_at").dt.epoch("d").to_numpy().astype(np.int64)


def drawn(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in order; MOST_ROWS of them, drawn by SEED, where there are more."""
    if rows.height <= MOST_ROWS:
        return rows
    draws = np.random.default_rng(SEED).choice(rows.height, MOST_ROWS, replace=False)
    return rows[np.sort(draws)]


def enough(rows: pl.DataFrame) -> bool:
    """Whether the rows speak for themselves: LEAST_TOUCHES of them, LEAST_OUTCOMES answered."""
    return rows.height >= LEAST_TOUCHES and int(rows.get_column("answered").sum()) >= LEAST_OUTCOMES
