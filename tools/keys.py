"""Stable hashes over whole columns: ids of decisions, holdout shares, seeded draws."""

import hashlib
from collections.abc import Sequence
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

SEPARATOR = "\x1f"
"""Unit separator: cannot occur in an id, so that ('a', 'bc') and ('ab', 'c') differ."""

FEW: Final = 2_000
"""Rows below which it takes longer to begin with DuckDB than to hash them one by one."""


def keys_of(frame: pl.DataFrame, columns: Sequence[str], prefix: str) -> pl.Series:
    """MD5 in hex, one per row, of prefix and columns. MD5 names here; it protects nothing."""
    joined = frame.select(
        text=pl.concat_str(
            [pl.lit(prefix), *(pl.col(name).cast(pl.String).fill_null("") for name in columns)],
            separator=SEPARATOR,
        )
    )
    text = joined.get_column("text")
    return _one_by_one(text) if len(text) < FEW else _all_at_once(text)


def _one_by_one(text: pl.Series) -> pl.Series:
    hashed = [hashlib.md5(one.encode(), usedforsecurity=False).hexdigest() for one in text]
    return pl.Series("key", hashed, dtype=pl.String)


def _all_at_once(text: pl.Series) -> pl.Series:
    with duckdb.connect() as connection:
        connection.register("joined", text.to_frame("text").to_arrow())
        hashed: pl.DataFrame = connection.sql("SELECT md5(text) AS key FROM joined").pl()
    return hashed.get_column("key")


def shares_of(frame: pl.DataFrame, columns: Sequence[str], prefix: str) -> npt.NDArray[np.float64]:
    """A number in [0, 1) per row that depends on prefix and columns alone."""
    top = keys_of(frame, columns, prefix).str.slice(0, 12).str.to_integer(base=16)
    return top.cast(pl.Float64).to_numpy() / float(16**12)
