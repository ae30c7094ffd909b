"""The warehouse: one Parquet file per kind, merged by key, replaced whole or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl
import pyarrow.parquet as parquet

from domain.canonical import digest
from domain.errors import DataError
from tools.runs import sha256_of
from tools.warehouse.bounded import batches, columns, count, engine, files, quoted
from tools.warehouse.kinds import KINDS, Kind


@dataclass(frozen=True)
class MergeReport:
    """What a merge did to the rows it was given."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Warehouse:
    """Behaviour, as it was told. Building it touches no file."""

    folder: Path

    def table(self, kind: str) -> pl.DataFrame:
        """All rows of a kind, typed as declared, also where nothing came in yet."""
        file = self._file(kind)
        if not file.exists():
            return pl.DataFrame(schema=kind_of(kind).schema)
        return pl.read_parquet(file)

    def merge(self, kind: str, frame: pl.DataFrame) -> MergeReport:
        """Put rows in by the kind's key: new ones are added, others replace what stood there.

        The same rows again change nothing, not even a byte.
        """
        known = kind_of(kind)
        given = _complete(known, frame).unique(list(known.key), keep="last", maintain_order=True)
        with TemporaryDirectory(prefix="clearance-merge-") as scratch:
            file = Path(scratch) / "rows.parquet"
            given.write_parquet(file, compression="lz4", statistics=False)
            return self.take(kind, file)

    def take(self, kind: str, rows: Path) -> MergeReport:
        """As `merge`, for a Parquet file of typed rows, each key once; in bounded memory."""
        known = kind_of(kind)
        with self._alone(), TemporaryDirectory(prefix="clearance-take-") as scratch:
            stands = self._file(kind)
            if not stands.exists():
                stands = Path(scratch) / "nothing.parquet"
                pl.DataFrame(schema=known.schema).write_parquet(stands)
            with engine(Path(scratch)) as work:
                work.execute(f"CREATE VIEW before AS SELECT * FROM {files([stands])}")
                work.execute(f"CREATE VIEW given AS SELECT * FROM {files([rows])}")
                return self._take(work, known)

    def _take(self, work: duckdb.DuckDBPyConnection, kind: Kind) -> MergeReport:
        names = _names(kind, {*columns(work, "before"), *columns(work, "given")})
        before, given = (_select(work, source, names) for source in ("before", "given"))
        height = count(work, given)
        same = count(work, f"{given} INTERSECT {before}")
        if same == height:
            return MergeReport(0, 0, same)
        kept = f"{before} ANTI JOIN given USING ({quoted(kind.key)})"
        changed = count(work, before) - count(work, kept) - same
        after = f"({kept}) UNION ALL ({given}) ORDER BY {quoted(kind.key)}"
        self._replace(kind.name, batches(work, after))
        return MergeReport(height - changed - same, changed, same)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, also of other processes: each reads what the one before wrote."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def snapshot(self) -> str:
        """Hash of everything it holds; equal for equal imports."""
        files = sorted(self.folder.glob("*.parquet"))
        return digest({file.stem: sha256_of(file) for file in files})

    def _replace(self, kind: str, rows: Iterator[pl.DataFrame]) -> None:
        part = self.folder / f"{kind}.{os.getpid()}.part"
        first = next(rows)
        schema = first.to_arrow().schema
        with parquet.ParquetWriter(part, schema, compression="zstd", write_statistics=False) as out:
            for frame in chain([first], rows):
                out.write_table(frame.to_arrow().cast(schema))
        part.replace(self._file(kind))

    def _file(self, kind: str) -> Path:
        return self.folder / f"{kind_of(kind).name}.parquet"


def kind_of(kind: str) -> Kind:
    """The declared kind. Raises DataError naming the kinds there are."""
    if kind not in KINDS:
        raise DataError(f"There is no kind {kind!r}.", f"Kinds: {', '.join(KINDS)}.")
    return KINDS[kind]


def _complete(kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
    """Declared columns first, typed; attributes behind where the kind keeps them."""
    missing = [
        pl.lit(None, dtype=one.dtype).alias(name)
        for name, one in kind.fields.items()
        if name not in frame.columns
    ]
    extra = [name for name in frame.columns if name not in kind.fields] if kind.attributes else []
    return frame.with_columns(missing).select(
        *(pl.col(name).cast(one.dtype) for name, one in kind.fields.items()), *sorted(extra)
    )


def _names(kind: Kind, found: set[str]) -> list[str]:
    """Declared columns first, attributes behind by their names."""
    return [*kind.fields, *sorted(found - kind.fields.keys())]


def _select(work: duckdb.DuckDBPyConnection, source: str, names: list[str]) -> str:
    """SQL of the source's rows with all the columns, those it lacks empty."""
    own = set(columns(work, source))
    each = (quoted([name]) if name in own else f"NULL AS {quoted([name])}" for name in names)
    return f"SELECT {', '.join(each)} FROM {source}"
