"""Features of points by DuckDB, which sees the warehouse's files and nothing else."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from domain.errors import DataError
from tools.warehouse.features.compiling import Compiled, compiled
from tools.warehouse.features.declaring import Feature
from tools.warehouse.kinds import KINDS
from tools.warehouse.store import Warehouse

LOCKED: Final = (
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    "SET lock_configuration = true",
)
"""No other file, no network, no extension, no variable of ours; and no way back."""


def features_at(
    warehouse: Warehouse, points: pl.DataFrame, features: Sequence[Feature]
) -> pl.DataFrame:
    """A row for each point, in the points' order: contact_id, as_of, then each feature by its name
    (Float64 or String; null: unknown).

    points: contact_id and as_of (an instant); the same code serves training rows, each at its own
    instant, and everybody at a run's. Only rows before as_of count. Raises DataError where the
    engine can't calculate them, as when whole numbers grow out of 64 bits.
    """
    found = points.select("contact_id", "as_of")
    statements = compiled(features)
    with opened(warehouse, statements) as engine:
        engine.connection.register("points", numbered(points).to_arrow())
        for one in statements:
            made = ask(engine, one.statement)
            found = pl.concat([found, made.drop("point")], how="horizontal")
    return found.select("contact_id", "as_of", *(one.name for one in features))


def numbered(points: pl.DataFrame) -> pl.DataFrame:
    """Points as the statements take them: point (0..), contact_id, as_of (microseconds)."""
    return points.select(
        point=pl.int_range(pl.len(), dtype=pl.Int64),
        contact_id="contact_id",
        as_of=pl.col("as_of").dt.epoch("us"),
    )


@dataclass(frozen=True)
class Engine:
    """`versions`: by kind, which file it reads; another for any other file."""

    connection: duckdb.DuckDBPyConnection
    versions: Mapping[str, str]


@contextmanager
def opened(warehouse: Warehouse, statements: Sequence[Compiled]) -> Iterator[Engine]:
    """An engine that can read, as they are now, the files that the statements need."""
    kinds = dict.fromkeys(kind for one in statements for kind in one.relation.files)
    with pinned(warehouse, tuple(kinds)) as files, duckdb.connect() as connection:
        for kind, file in files.items():
            source = f"read_parquet('{_quoted(file)}')"
            connection.execute(f"CREATE VIEW {kind} AS SELECT * FROM {source}")
        for said in (*_settings(files), *LOCKED):
            connection.execute(said)
        yield Engine(connection, {kind: _version(file) for kind, file in files.items()})


def _settings(files: Mapping[str, Path]) -> Iterator[str]:
    paths = ", ".join(f"'{_quoted(file)}'" for file in files.values())
    yield f"SET allowed_paths = [{paths}]"
    yield "SET preserve_insertion_order = false"
    for file in list(files.values())[:1]:
        yield f"SET temp_directory = '{_quoted(file.parent / 'spill')}'"


def ask(engine: Engine, statement: str) -> pl.DataFrame:
    """The answer. Raises DataError with the engine's own word."""
    try:
        answer: pl.DataFrame = engine.connection.sql(statement).pl()
    except duckdb.Error as error:
        raise DataError(f"The features can't be calculated: {str(error).splitlines()[0]}") from None
    return answer


@contextmanager
def pinned(warehouse: Warehouse, kinds: Sequence[str]) -> Iterator[dict[str, Path]]:
    """The kinds' files under names of our own, which nobody replaces while we read."""
    warehouse.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".features-", dir=warehouse.folder))
    try:
        yield {kind: _pin(warehouse, folder, kind) for kind in kinds}
    finally:
        shutil.rmtree(folder)


def _pin(warehouse: Warehouse, folder: Path, kind: str) -> Path:
    file = warehouse.folder / f"{kind}.parquet"
    pin = folder / file.name
    if type(warehouse) is not Warehouse:  # read otherwise than its files say, as by person
        warehouse.table(kind).write_parquet(pin)
        return pin
    try:
        os.link(file, pin)
    except FileNotFoundError:
        pl.DataFrame(schema=KINDS[kind].schema).write_parquet(pin)
        os.utime(pin, ns=(0, 0))
    except OSError:  # a disk that knows no second name of a file
        shutil.copyfile(file, pin)
    return pin


def _version(file: Path) -> str:
    """Of a file that nobody wrote always the same."""
    at = file.stat()
    return f"{at.st_mtime_ns}.{at.st_size}.{at.st_ino}" if at.st_mtime_ns else "none"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
