"""Gathering: a file's rows on their way in. They lie on disk, so that memory stays bounded."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from domain.canonical import digest
from tools.runs import sha256_of
from tools.warehouse.bounded import batches, columns, engine, files, literal, quoted
from tools.warehouse.kinds import Kind


@dataclass
class Gathering:
    """Good rows (with `line`) and broken ones (line, reason, raw) of one file of a kind."""

    kind: Kind
    scratch: Path
    good: list[Path] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    quarantined: int = 0

    def add(self, good: pl.DataFrame, *broken: pl.DataFrame) -> None:
        """Keep one chunk's rows."""
        self._keep(good, self.good, "good")
        for frame in broken:
            self._keep(frame, self.broken, "broken")
            self.quarantined += frame.height

    def _keep(self, rows: pl.DataFrame, parts: list[Path], name: str) -> None:
        if not rows.is_empty():
            part = self.scratch / f"{name}-{len(parts)}.parquet"
            rows.write_parquet(part, compression="lz4", statistics=False)
            parts.append(part)

    def once(self) -> Path:
        """A Parquet file of the good rows in their order, once per key and without `line`.

        The same row twice is one. Rows with the same key that contradict each other are all
        broken from now on, since nothing says which is right.
        """
        file = self.scratch / "rows.parquet"
        if not self.good:
            pl.DataFrame(schema=self.kind.schema).write_parquet(file)
            return file
        told, key = files(self.good), quoted(self.kind.key)
        with engine(self.scratch) as work:
            values = quoted([name for name in columns(work, told) if name != "line"])
            work.execute(
                f"CREATE TABLE again AS SELECT {key} FROM {told} GROUP BY {key} HAVING count(*) > 1"
            )
            work.execute(
                f"CREATE TABLE repeated AS SELECT min(line) AS line, {values} FROM {told} "
                f"SEMI JOIN again USING ({key}) GROUP BY {values}"
            )
            work.execute(
                f"CREATE TABLE wrong AS SELECT {key} FROM repeated GROUP BY {key} "
                "HAVING count(*) > 1"
            )
            single = f"SELECT line, {values} FROM {told} ANTI JOIN again USING ({key})"
            agreed = f"SELECT line, {values} FROM repeated ANTI JOIN wrong USING ({key})"
            work.execute(
                f"COPY (SELECT {values} FROM ({single} UNION ALL {agreed}) ORDER BY line) "
                f"TO {literal(str(file))} (FORMAT parquet, COMPRESSION lz4)"
            )
            self._set_contradicting_apart(work, f"FROM {told} SEMI JOIN wrong USING ({key})")
        return file

    def _set_contradicting_apart(self, work: duckdb.DuckDBPyConnection, wrong: str) -> None:
        said = f"another row with the same {', '.join(self.kind.key)} says otherwise"
        for rows in batches(work, f"SELECT * {wrong}"):
            values = pl.struct(pl.exclude("line")).struct.json_encode()
            self.add(rows.clear(), rows.select("line", reason=pl.lit(said), raw=values))

    def set_apart(self, named: str, folder: Path) -> str | None:
        """Write the broken rows, by line, as JSON lines; the file, or None where there are none.

        The same rows of a file of the same name find the same place again.
        """
        if not self.broken:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        written = self.scratch / "broken.jsonl"
        with engine(self.scratch) as work, written.open("wb") as out:
            for rows in batches(work, f"SELECT * FROM {files(self.broken)} ORDER BY line, reason"):
                rows.write_ndjson(out)
        name = f"{self.kind.name}-{digest([named, sha256_of(written)])[:10]}.jsonl"
        return str(shutil.copyfile(written, folder / name))
