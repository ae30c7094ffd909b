"""Exports: the record as CSV or Parquet, for anyone's own code."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from app.reading import newest_run
from domain.errors import UsageError
from graph.gate import contacts_at
from graph.standing import standing
from tools.ledger import exporting, permits

if TYPE_CHECKING:
    from app.compose import House

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Cells that a spreadsheet would run; they leave as text."""


def export(house: "House", what: str, out: Path, run_id: str | None) -> int:
    """Write the record; the number of rows. Where it lies is noted first, so that an erasure finds
    it. Raises UsageError for another ending."""
    rows = _rows(house, what, run_id)
    ending = out.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise UsageError(f"Expected a .csv or .parquet file, found {out.name}.")
    with house.tower.ledger.write() as session:
        exporting.note_export(session, what, str(out.resolve()), house.tower.clock.now())
    if ending == ".csv":
        _harmless(rows).write_csv(out)
    else:
        rows.write_parquet(out)
    return rows.height


def _rows(house: "House", what: str, run_id: str | None) -> pl.DataFrame:
    tower = house.tower
    match what:
        case "effects":
            return exporting.effects(tower.ledger)
        case "permits":
            return permits.frame(tower.ledger)
        case "consents":
            return exporting.consents(tower.ledger)
        case "touches":
            return tower.warehouse.table("touches")
        case "holdouts":
            people = contacts_at(tower, tower.clock.now()).filter("holdout")
            study = tower.loaded.policy.holdout.study
            return people.select("contact_id", study=pl.lit(study))
        case _:
            return standing(tower, newest_run(house, run_id))


def _harmless(rows: pl.DataFrame) -> pl.DataFrame:
    text = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    return rows.with_columns(_as_text(name) for name in text)


def _as_text(name: str) -> pl.Expr:
    runs = pl.col(name).str.slice(0, 1).is_in(list(FORMULA_STARTS))
    return pl.when(runs).then(pl.concat_str(pl.lit("'"), name)).otherwise(name).alias(name)
