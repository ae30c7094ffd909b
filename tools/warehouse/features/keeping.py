"""Features kept between two refreshes: only contacts of whom something else counts are done again.

What is kept of a contact are its states (`compiling`), which the instant does not change but by
which rows count. So a contact keeps them unless
- one of its rows came, went or was changed since, whenever it happened: told by a fingerprint over
  all its rows, which is made anew where a file of the warehouse is another than before;
- or a row of it began or ceased to count between the two instants: entered, left a window, closed.
What comes of it is what a full refresh gives, cell by cell; a law in the tests holds the two
together.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from domain.canonical import digest
from tools.parquet import read_table
from tools.warehouse.features.compiling import Compiled, compiled
from tools.warehouse.features.declaring import Feature, set_hash
from tools.warehouse.features.engine import Engine, ask, numbered, opened
from tools.warehouse.store import Warehouse

PRINT: Final = "fingerprint"
META: Final = "features"
FORM: Final = 1
"""Of the kept files; another form is calculated anew."""


@dataclass(frozen=True)
class Refreshed:
    """`features`: contact_id, as_of, then each feature; `calculated`: contacts done again, by kind
    of rows; `contacts`: of how many."""

    features: pl.DataFrame
    calculated: dict[str, int]
    contacts: int


@dataclass(frozen=True)
class Kept:
    """States by contact_id with their fingerprint, as of an instant and of files of the
    warehouse."""

    states: pl.DataFrame
    as_of: int
    files: str


def refresh(
    folder: Path,
    warehouse: Warehouse,
    contacts: pl.Series,
    as_of: datetime,
    features: Sequence[Feature],
) -> Refreshed:
    """Features of the contacts (their ids, each once) at an instant, in their order; what is kept
    of them lies in the folder, replaced whole, by kind of rows.

    A kept file that is damaged, of another set of features or of another engine counts as none.
    """
    points = pl.DataFrame({"contact_id": contacts}).with_columns(as_of=pl.lit(as_of))
    found = points
    calculated = {}
    statements = compiled(features)
    with opened(warehouse, statements) as engine:
        for one in statements:
            kept = _kept(folder, one)
            states, calculated[one.relation.kind] = _states(engine, one, kept, points)
            _keep(folder, one, Kept(states, _micros(points), _files(engine, one)))
            found = pl.concat([found, _made(engine, one, states, points)], how="horizontal")
    named = found.select("contact_id", "as_of", *(one.name for one in features))
    return Refreshed(named, calculated, points.height)


def _states(
    engine: Engine, one: Compiled, kept: Kept | None, points: pl.DataFrame
) -> tuple[pl.DataFrame, int]:
    """States and fingerprints of the points' contacts, and of how many they are new."""
    known = points.select("contact_id")
    if kept is None:
        said = known.join(_prints(engine, one), on="contact_id", how="left", maintain_order="left")
        fresh = _calculated(engine, one, points)
        return said.join(fresh, on="contact_id", how="left", maintain_order="left"), len(said)
    prints = _prints_since(engine, one, kept, known)
    said = known.join(prints, on="contact_id", how="left", maintain_order="left")
    stale = _stale(engine, one, kept, said, points)
    fresh = _calculated(engine, one, points.join(stale, on="contact_id", how="semi"))
    old = kept.states.join(stale, on="contact_id", how="anti").select(fresh.columns)
    both = pl.concat([old, fresh])
    return said.join(both, on="contact_id", how="left", maintain_order="left"), len(stale)


def _prints_since(engine: Engine, one: Compiled, kept: Kept, known: pl.DataFrame) -> pl.DataFrame:
    """The kept fingerprints where the files are those they were made of, and of every contact."""
    strangers = known.join(kept.states, on="contact_id", how="anti")
    if kept.files == _files(engine, one) and strangers.is_empty():
        return kept.states.select("contact_id", PRINT)
    return _prints(engine, one)


def _stale(
    engine: Engine, one: Compiled, kept: Kept, said: pl.DataFrame, points: pl.DataFrame
) -> pl.DataFrame:
    """Contacts whose states no longer hold: new ones, those with other rows, those of whom a row
    began or ceased to count."""
    before = kept.states.select("contact_id", PRINT)
    same = said.join(before, on=["contact_id", PRINT], how="semi", nulls_equal=True)
    moved = _moved(engine, one, kept.as_of, _micros(points))
    steady = same.join(moved, on="contact_id", how="anti")
    return said.select("contact_id").join(steady, on="contact_id", how="anti")


def _prints(engine: Engine, one: Compiled) -> pl.DataFrame:
    """A fingerprint of each contact's rows, in any order: contact_id, fingerprint.

    Each row is hashed as one text, so that swapping a cell between two rows is seen; the hashes are
    added up in 128 bits, so that a row that stands twice is too.
    """
    names = ("key", *one.relation.instants, *(n for n in one.relation.known if n != "closed"))
    cells = ", ".join(f'COALESCE(CAST(r."{name}" AS TEXT), chr(1))' for name in names)
    return ask(
        engine,
        f"SELECT contact_id, CAST(SUM(hash(concat_ws(chr(31), {cells}))) AS TEXT) || '/' || "
        f"COUNT(*) AS {PRINT} FROM ({one.relation.source}) AS r GROUP BY contact_id",
    )


def _moved(engine: Engine, one: Compiled, earlier: int, later: int) -> pl.DataFrame:
    """Contacts of whom a row began or ceased to count between two instants, whichever is first."""
    low, high = min(earlier, later), max(earlier, later)
    crossed = [
        f'r."{instant}" >= {low - before} AND r."{instant}" < {high - before}'
        for instant in one.relation.instants
        for before in one.thresholds
    ]
    where = " OR ".join(f"({one})" for one in crossed)
    return ask(
        engine,
        f"SELECT DISTINCT contact_id FROM ({one.relation.source}) AS r WHERE {where}",
    )


def _calculated(engine: Engine, one: Compiled, points: pl.DataFrame) -> pl.DataFrame:
    """States of these points, from all their rows: contact_id, then s0, s1 and so on."""
    engine.connection.register("points", numbered(points).to_arrow())
    states = ask(engine, f"{one.states} ORDER BY point")
    return pl.concat([points.select("contact_id"), states.drop("point", "as_of")], how="horizontal")


def _made(
    engine: Engine, one: Compiled, states: pl.DataFrame, points: pl.DataFrame
) -> pl.DataFrame:
    """The features of the states at the points' instant, in their order."""
    at = states.drop("contact_id", PRINT).with_columns(
        point=pl.int_range(pl.len(), dtype=pl.Int64),
        as_of=points.get_column("as_of").dt.epoch("us"),
    )
    engine.connection.register("states", at.to_arrow())
    return ask(engine, f"{one.made} ORDER BY point").drop("point")


def _kept(folder: Path, one: Compiled) -> Kept | None:
    file = _file(folder, one)
    try:
        said = json.loads(pl.read_parquet_metadata(file).get(META, "null"))
        states = read_table(file)
    except (FileNotFoundError, pl.exceptions.PolarsError, ValueError):
        return None
    if said is None or said["set"] != _set(one):
        return None
    return Kept(states, int(said["as_of"]), str(said["files"]))


def _keep(folder: Path, one: Compiled, kept: Kept) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    said = {"set": _set(one), "as_of": kept.as_of, "files": kept.files}
    file = _file(folder, one)
    part = file.with_suffix(f".{os.getpid()}.part")
    kept.states.write_parquet(part, compression="zstd", metadata={META: json.dumps(said)})
    part.replace(file)


def _file(folder: Path, one: Compiled) -> Path:
    return folder / f"{one.relation.kind}.parquet"


def _set(one: Compiled) -> str:
    """What is kept is worth nothing to another set of features, nor to an engine that hashes in
    another way."""
    return digest([FORM, duckdb.__version__, set_hash(one.features)])


def _files(engine: Engine, one: Compiled) -> str:
    """Which files the rows come from."""
    return digest({kind: engine.versions[kind] for kind in one.relation.files})


def _micros(points: pl.DataFrame) -> int:
    """The instant of all the points; 0 where there are none."""
    return int(points.select(pl.col("as_of").dt.epoch("us").first().fill_null(0)).item())
