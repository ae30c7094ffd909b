"""What a model may know of a contact: its attributes, as one numeric matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.special import Personal, category_of

ATTRIBUTE_PREFIX: Final = "attr_"
MOST_CATEGORIES: Final = 200
"""A model's bins hold 255 values; rarer texts count as missing."""


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


def encode(
    observations: pl.DataFrame, declared: Mapping[str, Personal | None] | None = None
) -> Features:
    """Attributes as features. Only `attr_` columns count: what a contact is, not what it did
    since, so nothing known only after a touch can leak in.

    Numbers, booleans, dates and texts that are all numbers stay numbers. Other texts become codes
    of the values that training contacts (`evaluation` false) have, by name; others are missing.
    Columns that say the same of every training contact are left out; where a number is always the
    same or missing, missing becomes another number. Special categories are left out, by what the
    policy says of an attribute (`declared`, by name) and else by its name.
    """
    training = ~observations.get_column("evaluation")
    names: list[str] = []
    columns: list[npt.NDArray[np.float64]] = []
    categorical: list[bool] = []
    attributes = sorted(c for c in observations.columns if c.startswith(ATTRIBUTE_PREFIX))
    barred = tuple(
        name
        for name in attributes
        if category_of(name.removeprefix(ATTRIBUTE_PREFIX), declared or {})
    )
    for name in (one for one in attributes if one not in barred):
        numbers = _numbers(observations.get_column(name))
        coded = numbers is None
        if numbers is None:
            numbers = _codes(observations.get_column(name), training)
        if numbers is None or numbers.filter(training).n_unique() < 2:
            continue
        if numbers.filter(training).drop_nulls().n_unique() == 1:
            numbers = numbers.fill_null(numbers.filter(training).drop_nulls()[0] - 1.0)
        names.append(name)
        columns.append(numbers.fill_null(float("nan")).to_numpy().astype(np.float64))
        categorical.append(coded)
    matrix = np.column_stack(columns) if columns else np.zeros((observations.height, 0))
    return Features(tuple(names), matrix, np.array(categorical, dtype=np.bool_), barred)


def _numbers(column: pl.Series) -> pl.Series | None:
    """The column as finite numbers, or None where it holds other texts."""
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        numbers = column.cast(pl.Float64)
    elif column.dtype.is_temporal():
        numbers = column.to_physical().cast(pl.Float64)
    elif column.dtype == pl.String:
        numbers = column.cast(pl.Float64, strict=False)
        if numbers.null_count() > column.null_count():
            return None
    else:
        return None
    return numbers.set(~numbers.is_finite().fill_null(True), None)


def _codes(column: pl.Series, training: pl.Series) -> pl.Series | None:
    """Codes 0.. of the texts that training contacts have, the commonest where there are many."""
    if column.dtype not in (pl.String, pl.Categorical):
        return None
    texts = column.cast(pl.String)
    counts = (
        texts.filter(training).drop_nulls().value_counts(name="rows").rename({column.name: "text"})
    )
    kept = counts.sort(["rows", "text"], descending=[True, False]).head(MOST_CATEGORIES)
    known = sorted(kept.get_column("text").to_list())
    if not known:
        return None
    return texts.replace_strict(
        known, list(range(len(known))), default=None, return_dtype=pl.Float64
    )
