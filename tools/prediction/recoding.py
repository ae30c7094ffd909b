"""A model that was fitted under one encoding of contacts, made to read them under another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.prediction.features import Coding, Encoding
from tools.prediction.propensity import Floats, Propensity
from tools.prediction.spread import Spread


@dataclass(frozen=True)
class Reading:
    """Where one column of the model comes from: the place in today's matrix (None: today has no
    such attribute), the model's code of each of today's codes, and what was missing then and is
    now."""

    place: int | None
    codes: Floats | None
    missing_now: float
    missing_then: float

    def of(self, matrix: Floats) -> Floats:
        """One number per row, as the model learnt to read it."""
        if self.place is None:
            return np.full(len(matrix), self.missing_then)
        column = matrix[:, self.place]
        missing = np.isnan(column) | (column == self.missing_now)
        if self.codes is None:
            return np.where(missing, self.missing_then, column)
        place = np.where(missing, 0.0, column).astype(np.intp)
        return np.where(missing, self.missing_then, self.codes[place])


@dataclass(frozen=True)
class Recoded(Propensity):
    """A propensity that reads today's matrix as its own. A text that no training contact of today
    has is missing, as for any model of today."""

    readings: tuple[Reading, ...] = ()

    def logits(self, matrix: Floats, folds: npt.NDArray[np.int8]) -> Floats:
        return super().logits(self._read(matrix), folds) if self.folds else self._rate(matrix)

    def chance(self, matrix: Floats, folds: npt.NDArray[np.int8]) -> Floats:
        if not self.folds:
            return super().chance(matrix, folds)
        return Propensity(self.folds, self.rate, self.intercept, self.weights).chance(
            self._read(matrix), folds
        )

    def _rate(self, matrix: Floats) -> Floats:
        return super().logits(matrix, np.zeros(len(matrix), dtype=np.int8))

    def _read(self, matrix: Floats) -> Floats:
        return _read(self.readings, matrix)


@dataclass(frozen=True, eq=False)
class RecodedSpread(Spread):
    """A spread that reads today's matrix as its own."""

    readings: tuple[Reading, ...] = ()

    def half_width(self, matrix: Floats, effect: Floats) -> Floats:
        return super().half_width(_read(self.readings, matrix), effect)


def recoded(model: Propensity, then: Encoding, now: Encoding) -> Propensity:
    """The model, told contacts by the encoding of now."""
    readings = _readings(then, now)
    return Recoded(model.folds, model.rate, model.intercept, model.weights, readings)


def recoded_spread(spread: Spread, then: Encoding, now: Encoding) -> Spread:
    """The spread, told contacts by the encoding of now."""
    return RecodedSpread(spread.basis, spread.mean, spread.covariance, _readings(then, now))


def _read(readings: Sequence[Reading], matrix: Floats) -> Floats:
    read = [one.of(matrix) for one in readings]
    return np.column_stack(read) if read else np.zeros((len(matrix), 0))


def _readings(then: Encoding, now: Encoding) -> tuple[Reading, ...]:
    places = {one.name: place for place, one in enumerate(now.codings)}
    return tuple(_reading(one, places.get(one.name), now.codings) for one in then.codings)


def _reading(then: Coding, place: int | None, codings: Sequence[Coding]) -> Reading:
    """An attribute that was a number and is a text now, or the other way, tells the model
    nothing."""
    if place is None or (codings[place].texts is None) != (then.texts is None):
        return Reading(None, None, np.nan, then.missing)
    now = codings[place]
    if then.texts is None or now.texts is None:
        return Reading(place, None, now.missing, then.missing)
    known = {text: float(code) for code, text in enumerate(then.texts)}
    codes = np.array([known.get(text, then.missing) for text in now.texts], dtype=np.float64)
    return Reading(place, codes, now.missing, then.missing)
