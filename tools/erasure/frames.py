"""Taking one person out of a table in a file."""

import os
from pathlib import Path

import polars as pl

from tools.erasure.veil import OF_CONTACTS, Veil
from tools.parquet import read_table
from tools.runs import sha256_of

ATTRIBUTES = "attr_"
"""Columns of a run's observations that hold what was known of a person begin so."""


def veiled(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """The rows with the token for the person's id, and without their words and attributes."""
    if "contact_id" in frame.columns:
        theirs = (pl.col("contact_id") == veil.contact_id).fill_null(False)
        facts = [name for name in frame.columns if name.startswith(ATTRIBUTES)]
        frame = frame.with_columns(
            pl.when(~theirs).then(pl.col(name)).alias(name) for name in facts
        )
    for name, dtype in frame.schema.items():
        if dtype == pl.String or dtype.is_nested():
            frame = frame.with_columns(_column(frame.get_column(name), veil))
    return frame


def _column(column: pl.Series, veil: Veil) -> pl.Series:
    """Only rows with any of the person's words are looked at one by one."""
    text = column.dtype == pl.String
    said = (
        column
        if text
        else column.to_frame().select(pl.struct(pl.all()).struct.json_encode()).to_series()
    )
    lower = said.str.to_lowercase()
    meant = lower.str.contains_any(list(veil.needles)).fill_null(False)
    if not meant.any():
        return column
    whole = column.name in OF_CONTACTS
    values = column.to_list()
    for row in meant.arg_true():
        values[row] = veil.value(values[row], whole)
    return pl.Series(column.name, values, dtype=column.dtype)


def rewrite(file: Path, frame: pl.DataFrame) -> Path:
    """A file beside it that holds these rows instead; whoever made it puts it in place."""
    part = file.with_suffix(f".{os.getpid()}.part")
    frame.write_parquet(part, compression="zstd", compression_level=3, statistics=False)
    return part


def veil_parquet(file: Path, veil: Veil) -> bool:
    """Take the person out of a Parquet file; whether anything of them was in it."""
    before = read_table(file)
    after = veiled(before, veil)
    if after.equals(before, null_equal=True):
        return False
    rewrite(file, after).replace(file)
    return True


def veil_run_table(file: Path, veil: Veil) -> tuple[Path, str, str] | None:
    """The same for a table whose hash the ledger holds: (the new file beside it, hash before, hash
    after), not yet in place. None where nothing of the person is in it."""
    before = read_table(file)
    after = veiled(before, veil)
    if after.equals(before, null_equal=True):
        return None
    part = rewrite(file, after)
    return part, sha256_of(file), sha256_of(part)
