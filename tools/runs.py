"""The folder of one run: its tables as content-hashed Parquet, each written once."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from domain.canonical import canonical
from domain.errors import IntegrityError, StorageError
from domain.record import Record
from domain.tables import Table
from tools import faultpoints
from tools.parquet import read_table

R = TypeVar("R", bound=Record)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class RunFolder:
    """Tables of one run under `runs/RUN/`. A table that exists is never written again."""

    path: Path

    def has(self, name: str) -> bool:
        return self._file(name).exists()

    def read(self, name: str) -> pl.DataFrame:
        """The table. Raises StorageError where this run has not written it."""
        try:
            return read_table(self._file(name))
        except FileNotFoundError:
            raise StorageError(
                f"Run {self.path.name} has no table {name}.", "Run `clearance status` to see it."
            ) from None

    def write(self, name: str, frame: pl.DataFrame) -> str:
        """Write the table whole or not at all; return its SHA-256.

        A second write of the same bytes is a no-op; of other bytes it raises IntegrityError,
        since a resumed run must find its own.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        target = self._file(name)
        part = target.with_suffix(f".{os.getpid()}.part")
        frame.write_parquet(part, compression="zstd", compression_level=3, statistics=False)
        written = sha256_of(part)
        faultpoints.reach("run.writing", name)
        try:
            os.link(part, target)  # replacing would take away what another process just wrote
        except FileExistsError:
            self._expect_same(name, written)
        finally:
            part.unlink()
        return written

    def _expect_same(self, name: str, written: str) -> None:
        if sha256_of(self._file(name)) != written:
            raise IntegrityError(f"Run {self.path.name} would write {name} again with other rows.")

    def once(self, table: Table, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """The table as first written; made now if this run has not made it yet."""
        if not self.has(table.name):
            self.write(table.name, table.conform(make()))
        return self.read(table.name)

    def write_records(self, name: str, records: Sequence[Record]) -> None:
        """A small list of records as JSON lines, whole or not at all."""
        self.path.mkdir(parents=True, exist_ok=True)
        target = self.path / f"{name}.jsonl"
        part = target.with_suffix(f".{os.getpid()}.part")
        part.write_text("".join(f"{canonical(record)}\n" for record in records))
        part.replace(target)

    def read_records(self, name: str, kind: type[R]) -> tuple[R, ...]:
        """The records of that name; none where the run filed none."""
        target = self.path / f"{name}.jsonl"
        if not target.exists():
            return ()
        return tuple(kind.model_validate_json(line) for line in target.read_text().splitlines())

    def hash_of(self, name: str) -> str:
        return sha256_of(self._file(name))

    def names(self) -> list[str]:
        return sorted(file.stem for file in self.path.glob("*.parquet"))

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.parquet"
