"""Import: every row is loaded, unchanged, or set apart with its line and reason. None is lost."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from zoneinfo import available_timezones

import polars as pl

from domain.errors import DataError
from domain.money import digits
from domain.record import Record
from tools.keys import keys_of
from tools.warehouse.gathering import Gathering
from tools.warehouse.kinds import INSTANT, Field, Kind
from tools.warehouse.reading import Chunk, read_chunks
from tools.warehouse.store import kind_of

ROW_KEYS = {"outcomes": "outcome_id", "events": "event_id"}
"""Kinds whose rows may come without an id: it is derived from the row."""


class ImportReport(Record):
    """`read` = loaded + unchanged + quarantined, always."""

    kind: str
    read: int
    loaded: int
    unchanged: int
    quarantined: int
    quarantine_file: str | None


class Merged(Protocol):
    @property
    def added(self) -> int: ...
    @property
    def changed(self) -> int: ...


class Sink(Protocol):
    """Where good rows go: the warehouse, or the ledger for consents."""

    def take(self, kind: str, rows: Path) -> Merged:
        """Take in a Parquet file of typed rows, each key once: whole, or not at all."""
        ...


def import_file(kind: str, path: Path, currency: str, sink: Sink, quarantine: Path) -> ImportReport:
    """Import one file, in memory that does not grow with it.

    Raises DataError where it is no such file as a whole; then nothing of it is taken in.
    """
    known = kind_of(kind)
    read = 0
    with TemporaryDirectory(prefix="clearance-import-") as scratch:
        gathering = Gathering(known, Path(scratch))
        for chunk in read_chunks(path):
            read += chunk.rows.height + chunk.broken.height
            good, refused = _check(known, chunk, currency, path)
            gathering.add(good, chunk.broken, refused)
        merged = sink.take(kind, gathering.once())
        file = gathering.set_apart(path.name, quarantine)
    loaded = merged.added + merged.changed
    return ImportReport(
        kind=kind,
        read=read,
        loaded=loaded,
        unchanged=read - loaded - gathering.quarantined,
        quarantined=gathering.quarantined,
        quarantine_file=file,
    )


def _check(
    kind: Kind, chunk: Chunk, currency: str, path: Path
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Typed good rows (with `line`), and refused ones."""
    rows = chunk.rows
    missing = [n for n, one in kind.fields.items() if one.required and n not in rows.columns]
    if missing and not rows.is_empty():
        raise DataError(
            f"{path.name} lacks the column {', '.join(missing)}; "
            f"found {', '.join(rows.columns[1:])}.",
            f"Columns of {kind.name}: docs/data.md.",
        )
    raw = rows.with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in kind.fields
        if name not in rows.columns
    )
    typed = raw.with_columns(
        _parse(raw.schema[name], name, one, currency).alias(f"_{name}")
        for name, one in kind.fields.items()
    )
    judged = typed.with_columns(reason=pl.coalesce(_reasons(kind, currency)))
    refused = judged.filter(pl.col("reason").is_not_null())
    kept = judged.filter(pl.col("reason").is_null())
    attributes = [c for c in rows.columns if c not in kind.fields and c != "line"]
    named = kept.select(
        pl.col("line").cast(pl.Int64),
        *(pl.col(f"_{name}").alias(name) for name in kind.fields),
        *(attributes if kind.attributes else ()),
    )
    return _with_key(kind, named), _as_broken(refused, rows.columns)


def _as_broken(refused: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    shown = [pl.col(name).cast(pl.String) for name in columns if name != "line"]
    return refused.select(
        pl.col("line").cast(pl.Int64), "reason", raw=pl.struct(shown).struct.json_encode()
    )


def _parse(found: pl.DataType, name: str, field: Field, currency: str) -> pl.Expr:
    """The column as its declared type; null where it says no such thing."""
    column = pl.col(name)
    if found != pl.String:
        return _from_typed(column, found, field, currency)
    text: pl.Expr = column.str.strip_chars()
    if field.money:
        return _minor(text, currency)
    if field.dtype == INSTANT:
        return _instant(text)
    if field.dtype == pl.Boolean:
        said = {"true": True, "false": False, "1": True, "0": False}
        lower = text.str.to_lowercase()
        return lower.replace_strict(said, default=None, return_dtype=pl.Boolean)
    if field.dtype == pl.String:
        return column
    return text.cast(field.dtype, strict=False)


def _from_typed(column: pl.Expr, found: pl.DataType, field: Field, currency: str) -> pl.Expr:
    if field.money:
        return _minor(column.cast(pl.String), currency)
    if field.dtype == INSTANT and isinstance(found, pl.Datetime):
        aware = column if found.time_zone else pl.lit(None, dtype=INSTANT)
        return aware.cast(INSTANT)
    if field.dtype == INSTANT and found == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return column.cast(field.dtype, strict=False)


def _minor(text: pl.Expr, currency: str) -> pl.Expr:
    """Whole minor units of decimal major units, rounded down."""
    scale = int(10 ** digits(currency))
    exact: pl.Expr = text.cast(pl.Decimal(30, 6), strict=False) * scale
    return exact.floor().cast(pl.Int64, strict=False)


def _instant(text: pl.Expr) -> pl.Expr:
    """An instant with its zone, or a bare date (its first instant in UTC)."""
    aware = text.str.replace(" ", "T").str.replace(r"([+-]\d\d)(\d\d)$", "$1:$2")
    parsed = aware.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    return pl.coalesce(parsed, day.dt.replace_time_zone("UTC"))


def _reasons(kind: Kind, currency: str) -> list[pl.Expr]:
    """One expression a rule: its sentence where the row breaks it, else null."""
    rules = []
    for name, field in kind.fields.items():
        given, typed = pl.col(name), pl.col(f"_{name}")
        say = partial(_sentence, given)
        if field.required:
            rules.append(say(given.is_null(), f"{name} is empty"))
        expected = "an instant with its zone" if field.dtype == INSTANT else _expected(field)
        rules.append(
            say(given.is_not_null() & typed.is_null(), f"{name}: expected {expected}, found ")
        )
        if field.among:
            wrong = typed.is_not_null() & ~typed.is_in(list(field.among))
            rules.append(say(wrong, f"{name}: expected one of {', '.join(field.among)}, found "))
        if field.dtype == pl.Float64:
            rules.append(say(typed.is_not_null() & ~typed.is_finite(), f"{name} is not finite: "))
    if "propensity" in kind.fields:
        share = pl.col("_propensity")
        wrong = (share <= 0) | (share > 1)
        rules.append(_sentence(pl.col("propensity"), wrong, "propensity lies outside (0, 1]: "))
    if "timezone" in kind.fields:
        zone = pl.col("_timezone")
        unknown = zone.is_not_null() & ~zone.is_in(sorted(available_timezones()))
        rules.append(_sentence(zone, unknown, "timezone is no IANA zone: "))
    if kind.has_money:
        other = pl.col("_currency").is_not_null() & (pl.col("_currency") != currency)
        rules.append(_sentence(pl.col("currency"), other, f"expected money in {currency}, found "))
    if kind.person:
        nobody = pl.all_horizontal(pl.col(f"_{name}").is_null() for name in kind.person)
        rules.append(pl.when(nobody).then(pl.lit(f"names nobody: one of {', '.join(kind.person)}")))
    return rules


def _expected(field: Field) -> str:
    if field.money:
        return "an amount such as 12.50"
    named = {"Int64": "a whole number", "Float64": "a number", "Boolean": "true or false"}
    return named.get(str(field.dtype), "text")


def _sentence(given: pl.Expr, wrong: pl.Expr, said: str) -> pl.Expr:
    found = given.cast(pl.String).str.slice(0, 60) if said.endswith(" ") else pl.lit("")
    return pl.when(wrong.fill_null(False)).then(
        pl.concat_str(pl.lit(said), found, ignore_nulls=True)
    )


def _with_key(kind: Kind, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose id was left out get one derived from the row, so that a re-import finds them."""
    name = ROW_KEYS.get(kind.name)
    if name is None or rows.is_empty():
        return rows
    others = [column for column in kind.fields if column != name]
    derived = keys_of(rows, others, kind.name)
    return rows.with_columns(pl.coalesce(name, derived).alias(name))
