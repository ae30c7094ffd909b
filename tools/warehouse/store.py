"""The warehouse: one Parquet file per kind, merged by key, replaced whole or not at all."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from domain.canonical import digest
from domain.errors import DataError
from tools.parquet import read_table
from tools.runs import sha256_of
from tools.warehouse.alone import alone_in
from tools.warehouse.kinds import KINDS
from tools.warehouse.shapes import Kind


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
        return read_table(file)

    def merge(self, kind: str, frame: pl.DataFrame) -> MergeReport:
        """Put rows in by the kind's key: new ones are added, others replace what stood there.

        The same rows again change nothing, not even a byte.
        """
        known = kind_of(kind)
        given = _complete(known, frame).unique(list(known.key), keep="last", maintain_order=True)
        same = _same(self.table(kind), given)
        if same == given.height:
            return MergeReport(0, 0, same)
        before, after = self.change(kind, lambda rows: _merged(known, rows, given))
        same = _same(before, given)
        added = after.height - before.height
        return MergeReport(added, given.height - added - same, same)

    def change(
        self, kind: str, how: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """A kind's rows before, and what was made of them: nobody else changes anything between
        the reading and the writing. Nothing is written where they are the same.

        Raises StorageError where others kept the warehouse for longer than BUSY_SECONDS.
        """
        with alone_in(self.folder):
            before = self.table(kind)
            after = how(before)
            if not after.equals(before, null_equal=True):
                self._replace(kind, after)
        return before, after

    def snapshot(self) -> str:
        """Hash of everything it holds; equal for equal imports."""
        files = sorted(self.folder.glob("*.parquet"))
        return digest({file.stem: sha256_of(file) for file in files})

    def versions(self) -> frozenset[tuple[str, int, int, int]]:
        """Each file as it was last replaced: cheap to ask, and another after any change."""
        files = [(file.name, file.stat()) for file in self.folder.glob("*.parquet")]
        return frozenset((name, at.st_mtime_ns, at.st_size, at.st_ino) for name, at in files)

    def replace(self, kind: str, rows: pl.DataFrame) -> None:
        """These rows instead of all that stood there, whole or not at all."""
        with alone_in(self.folder):
            self._replace(kind, rows)

    def _replace(self, kind: str, rows: pl.DataFrame) -> None:
        part = self.folder / f"{kind}.{os.getpid()}.part"
        rows.write_parquet(part, compression="zstd", statistics=False)
        part.replace(self._file(kind))

    def _file(self, kind: str) -> Path:
        return self.folder / f"{kind_of(kind).name}.parquet"


def kind_of(kind: str) -> Kind:
    """The declared kind. Raises DataError naming the kinds there are."""
    if kind not in KINDS:
        raise DataError(f"There is no kind {kind!r}.", f"Kinds: {', '.join(KINDS)}.")
    return KINDS[kind]


def _merged(kind: Kind, before: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """The given rows, and of the others those with another key."""
    kept = before.join(given, on=list(kind.key), how="anti", nulls_equal=True)
    return pl.concat([kept, given], how="diagonal_relaxed").sort(list(kind.key))


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


def _same(before: pl.DataFrame, given: pl.DataFrame) -> int:
    """How many given rows stand there already, cell by cell."""
    if before.is_empty() or set(before.columns) != set(given.columns):
        return 0
    ordered = given.select(before.columns)
    return ordered.join(before, on=before.columns, how="semi", nulls_equal=True).height
