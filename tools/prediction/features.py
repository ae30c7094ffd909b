"""What a model may know of a contact: its attributes, as one numeric matrix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.special import Personal, category_of

ATTRIBUTE_PREFIX: Final = "attr_"
MOST_CATEGORIES: Final = 200
"""A model's bins hold 255 values; rarer texts count as missing."""
Mark = Callable[[str, str], str]
"""What stands for a text of an attribute (name, text) where words may not be kept."""


@dataclass(frozen=True)
class Features:
    """`matrix` (contacts x names, float64, NaN where missing) in the order of observations;
    `categorical` marks columns whose numbers are codes."""

    names: tuple[str, ...]
    matrix: npt.NDArray[np.float64]
    categorical: npt.NDArray[np.bool_]
    left_out: tuple[str, ...] = ()
    """Attributes of a special category: no model ever sees one."""

    @property
    def words(self) -> str:
        """What was left out, in a sentence; empty: nothing."""
        if not self.left_out:
            return ""
        return f" Left out, as special categories of personal data: {', '.join(self.left_out)}."


@dataclass(frozen=True)
class Coding:
    """How one attribute becomes numbers."""

    name: str
    texts: tuple[str, ...] | None
    """Texts that training contacts had, whose places are their codes; None: it is a number."""
    missing: float
    """What stands where nothing is known."""

    def of(self, observations: pl.DataFrame) -> npt.NDArray[np.float64]:
        """One number per observation; an attribute the table lacks is missing for everyone."""
        if self.name not in observations.columns:
            return np.full(observations.height, self.missing)
        column = observations.get_column(self.name)
        numbers = _as_numbers(column) if self.texts is None else _codes(column, self.texts)
        if numbers is None:
            return np.full(observations.height, self.missing)
        known = numbers.to_numpy()
        return np.where(np.isfinite(known), known, self.missing)


@dataclass(frozen=True)
class Encoding:
    """What training contacts showed of each attribute; turns any observations into features."""

    codings: tuple[Coding, ...]
    left_out: tuple[str, ...] = ()

    def of(self, observations: pl.DataFrame) -> Features:
        columns = [one.of(observations) for one in self.codings]
        return Features(
            tuple(one.name for one in self.codings),
            np.column_stack(columns) if columns else np.zeros((observations.height, 0)),
            np.array([one.texts is not None for one in self.codings], dtype=np.bool_),
            self.left_out,
        )

    def marked(self, mark: Mark) -> "Encoding":
        """The same encoding, each text replaced by its mark and in its place."""
        return replace(self, codings=tuple(_marked(one, mark) for one in self.codings))


def _marked(coding: Coding, mark: Mark) -> Coding:
    if coding.texts is None:
        return coding
    return replace(coding, texts=tuple(mark(coding.name, text) for text in coding.texts))


def encode(
    observations: pl.DataFrame, declared: Mapping[str, Personal | None] | None = None
) -> Features:
    """Attributes as features, by what these very observations show: `learn_encoding`."""
    return learn_encoding(observations, declared).of(observations)


def learn_encoding(
    observations: pl.DataFrame, declared: Mapping[str, Personal | None] | None = None
) -> Encoding:
    """How attributes become features. Only `attr_` columns count: what a contact is, not what it
    did since, so nothing known only after a touch can leak in.

    Numbers, booleans, dates and texts that are all numbers stay numbers. Other texts become codes
    of the values that training contacts (`evaluation` false) have, by name; others are missing.
    Columns that say the same of every training contact are left out; where a number is always the
    same or missing, missing becomes another number. Special categories are left out, by what the
    policy says of an attribute (`declared`, by name) and else by its name.
    """
    training = observations.filter(~pl.col("evaluation"))
    attributes = sorted(c for c in observations.columns if c.startswith(ATTRIBUTE_PREFIX))
    barred = tuple(
        name
        for name in attributes
        if category_of(name.removeprefix(ATTRIBUTE_PREFIX), declared or {})
    )
    codings = (
        _coding(observations.get_column(name), training.get_column(name))
        for name in attributes
        if name not in barred
    )
    return Encoding(tuple(one for one in codings if one is not None), barred)


def _coding(column: pl.Series, training: pl.Series) -> Coding | None:
    """How the column becomes numbers; None where it tells nothing."""
    if _numbers(column, strict=True) is None:
        texts = _texts(training)
        told = len(texts) > 1 or (len(texts) == 1 and training.null_count() > 0)
        return Coding(column.name, texts, _missing(np.arange(len(texts)))) if told else None
    numbers = _numbers(training, strict=False)
    if numbers is None or numbers.n_unique() < 2:
        return None
    return Coding(column.name, None, _missing(numbers.drop_nulls().unique().to_numpy()))


def _missing(known: npt.NDArray[Any]) -> float:
    """What stands for the unknown: no number, or another one where only one is known."""
    return float(known[0]) - 1.0 if len(known) == 1 else float("nan")


def _codes(column: pl.Series, texts: tuple[str, ...]) -> pl.Series:
    return column.cast(pl.String).replace_strict(
        list(texts), list(range(len(texts))), default=None, return_dtype=pl.Float64
    )


def _numbers(column: pl.Series, *, strict: bool) -> pl.Series | None:
    """The column as finite numbers; None where it can't be, or `strict` and it holds other texts,
    which are missing otherwise."""
    numbers = _as_numbers(column)
    if numbers is None or (strict and numbers.null_count() > column.null_count()):
        return None
    return numbers.set(~numbers.is_finite().fill_null(True), None)


def _as_numbers(column: pl.Series) -> pl.Series | None:
    """The column as numbers, null where a text is none; None where it can't be."""
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return column.cast(pl.Float64)
    if column.dtype.is_temporal():
        return column.to_physical().cast(pl.Float64)
    return column.cast(pl.Float64, strict=False) if column.dtype == pl.String else None


def _texts(training: pl.Series) -> tuple[str, ...]:
    """The texts that training contacts have, by name; the commonest where there are many."""
    if training.dtype not in (pl.String, pl.Categorical):
        return ()
    texts = training.cast(pl.String).drop_nulls()
    counts = texts.value_counts(name="rows").rename({training.name: "text"})
    kept = counts.sort(["rows", "text"], descending=[True, False]).head(MOST_CATEGORIES)
    return tuple(sorted(kept.get_column("text").to_list()))
