"""Work on files larger than memory: DuckDB with a limit, spilling beside its work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import pyarrow.parquet as parquet

MEMORY_LIMIT: Final = "400MB"
"""What one import or merge may take for itself, whatever the size of the file."""
BATCH_ROWS: Final = 100_000


@contextmanager
def engine(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in the scratch folder, gone with it. Instants are UTC; nothing is fetched."""
    with duckdb.connect(scratch / "work.duckdb") as work:
        for name, value in (
            ("memory_limit", MEMORY_LIMIT),
            ("temp_directory", str(scratch / "spill")),
            ("threads", 2),
            ("TimeZone", "UTC"),
            ("autoinstall_known_extensions", False),
        ):
            work.execute(f"SET {name} = {literal(value)}")
        yield work


def files(paths: Sequence[Path]) -> str:
    """SQL that reads Parquet files as one table, columns by name."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


def quoted(names: Sequence[str]) -> str:
    """The columns as SQL names them."""
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def batches(work: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pl.DataFrame]:
    """The query's rows, a bounded number at a time."""
    for batch in work.sql(sql).to_arrow_reader(BATCH_ROWS):
        rows: Any = pl.from_arrow(batch)
        yield rows


def parts_of(file: Path) -> Iterator[pl.DataFrame]:
    """A Parquet file's rows in their order, a bounded number at a time."""
    with parquet.ParquetFile(file) as opened:
        for batch in opened.iter_batches(BATCH_ROWS):
            rows: Any = pl.from_arrow(batch)
            yield rows


def count(work: duckdb.DuckDBPyConnection, sql: str) -> int:
    """How many rows the query has."""
    (found,) = work.sql(f"SELECT count(*) FROM ({sql})").fetchall()
    return int(found[0])


def columns(work: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """Names of a table's columns, in their order."""
    return list(work.sql(f"SELECT * FROM {source} LIMIT 0").columns)


def literal(value: str | int | bool) -> str:
    """The value as SQL writes it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()
