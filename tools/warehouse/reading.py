"""Files into chunks of rows with their line numbers; what is no row at all is set apart."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow.parquet as parquet

from domain.errors import DataError

CHUNK_ROWS = 100_000
LONGEST_CELL = 100_000
"""Characters; a longer cell is no value a person typed."""


@dataclass(frozen=True)
class Chunk:
    """Rows with `line` (number in the file), and broken ones with their reason."""

    rows: pl.DataFrame
    broken: pl.DataFrame
    """line, reason, raw."""


BROKEN = {"line": pl.Int64, "reason": pl.String, "raw": pl.String}


def read_chunks(path: Path) -> Iterator[Chunk]:
    """The file's rows, a bounded number at a time. Raises DataError for an unknown ending."""
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    match [one.lower() for one in path.suffixes[-2:]]:
        case [*_, ".csv"] | [".csv", ".gz"]:
            yield from _csv(path)
        case [*_, ".jsonl"] | [".jsonl", ".gz"]:
            yield from _jsonl(path)
        case [*_, ".parquet"]:
            yield from _parquet(path)
        case _:
            raise DataError(
                f"Expected .csv, .jsonl or .parquet (or .csv.gz, .jsonl.gz), found {path.name}."
            )


def _text(path: Path) -> IO[str]:
    """Undecodable bytes stay visible as lone surrogates, so that their row can be named."""
    raw: Any = gzip.GzipFile(path) if path.suffix == ".gz" else path.open("rb")
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _csv(path: Path) -> Iterator[Chunk]:
    csv.field_size_limit(max(csv.field_size_limit(), 2**24))
    with _text(path) as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, path)
        while batch := _take(reader):
            yield _csv_chunk(batch, header)


def _take(reader: Any) -> list[tuple[int, list[str]]]:
    return [(reader.line_num, cells) for cells in islice(reader, CHUNK_ROWS)]


def _check_header(header: list[str], path: Path) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"{path.name} names the column {', '.join(twice)} more than once.")
    if not header or header == [""]:
        raise DataError(f"{path.name} has no header line.")


def _csv_chunk(batch: list[tuple[int, list[str]]], header: list[str]) -> Chunk:
    width = len(header)
    whole = [(line, cells) for line, cells in batch if len(cells) == width]
    torn = [
        (line, f"expected {width} cells, found {len(cells)}", _raw(",".join(cells)))
        for line, cells in batch
        if cells and len(cells) != width
    ]
    flawed = [
        (line, flaw, _raw(",".join(cells))) for line, cells in whole if (flaw := _flaw(cells))
    ]
    bad = {line for line, _, _ in flawed}
    good = [(line, *(cell or None for cell in cells)) for line, cells in whole if line not in bad]
    schema = {"line": pl.Int64, **dict.fromkeys(header, pl.String)}
    return Chunk(
        pl.DataFrame(good, schema=schema, orient="row"),
        pl.DataFrame(torn + flawed, schema=BROKEN, orient="row"),
    )


def _flaw(cells: list[str]) -> str | None:
    """Why the cells can't be text: undecodable bytes, NUL, or a cell no person typed."""
    joined = "".join(cells)
    if "\x00" in joined:
        return "a cell holds a NUL character"
    if not joined.isascii() and any("\udc80" <= one <= "\udcff" for one in joined):
        return "a cell is not valid UTF-8"
    if len(joined) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
        return f"a cell is longer than {LONGEST_CELL} characters"
    return None


def _raw(text: str) -> str:
    return text[:500].encode("utf-8", "replace").decode().replace("\x00", "\\0")


def _jsonl(path: Path) -> Iterator[Chunk]:
    with _text(path) as file:
        numbered = enumerate(file, start=1)
        while batch := list(islice(numbered, CHUNK_ROWS)):
            yield _jsonl_chunk(batch)


def _jsonl_chunk(batch: list[tuple[int, str]]) -> Chunk:
    good: list[dict[str, Any]] = []
    broken: list[tuple[int, str, str]] = []
    for line, text in batch:
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            broken.append((line, f"not valid JSON: {error}", _raw(text)))
            continue
        flaw = "not a JSON object" if not isinstance(row, dict) else _flaw([text])
        if flaw:
            broken.append((line, flaw, _raw(text)))
        else:
            good.append({"line": line, **{key: _as_text(value) for key, value in row.items()}})
    names = {name: pl.String for row in good for name in row if name != "line"}
    return Chunk(
        pl.DataFrame(good, schema={"line": pl.Int64, **names}),
        pl.DataFrame(broken, schema=BROKEN, orient="row"),
    )


def _as_text(value: Any) -> str | None:
    match value:
        case None | "":
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return json.dumps(value)


def _parquet(path: Path) -> Iterator[Chunk]:
    line = 1
    try:
        file = parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} is no Parquet file: {error}.") from None
    with file:
        for batch in file.iter_batches(CHUNK_ROWS):
            frame: Any = pl.from_arrow(batch)
            yield Chunk(frame.with_row_index("line", line), pl.DataFrame(schema=BROKEN))
            line += frame.height
