"""Reading a Parquet file that somebody else may replace at any moment."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl


def read_table(file: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The file's rows, all of one version: the one that was there when it was opened.

    By a path Polars opens the file twice, for its footer and for its rows. Where it was replaced in
    between, rows are sought where the other file has none: an error, or a panic inside Polars.
    Raises FileNotFoundError where there is no file.
    """
    with file.open("rb") as opened:
        return pl.read_parquet(opened, columns=None if columns is None else list(columns))
