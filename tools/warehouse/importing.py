"""Import: every row is loaded, unchanged, or set apart with its line and reason. None is lost."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import available_timezones

import polars as pl

from domain.canonical import digest
from domain.errors import DataError
from domain.money import digits
from domain.record import Record
from tools.keys import keys_of
from tools.warehouse.origins import NOT_OURS, not_ours
from tools.warehouse.reading import BROKEN, Chunk, read_chunks
from tools.warehouse.shapes import INSTANT, Field, Kind
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

    def merge(self, kind: str, frame: pl.DataFrame) -> Merged: ...


def import_file(kind: str, path: Path, currency: str, sink: Sink, quarantine: Path) -> ImportReport:
    """Import one file. Raises DataError where it is no such file as a whole."""
    known = kind_of(kind)
    good: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    read = 0
    for chunk in read_chunks(path):
        read += chunk.rows.height + chunk.broken.height
        typed, refused = _check(known, chunk, currency, path)
        good.append(typed)
        bad.extend((chunk.broken, refused))
    rows, contradicting = _unique(known, good)
    bad.append(contradicting)
    quarantined = pl.concat(bad) if bad else pl.DataFrame(schema=BROKEN)
    merged = sink.merge(kind, rows)
    loaded = merged.added + merged.changed
    return ImportReport(
        kind=kind,
        read=read,
        loaded=loaded,
        unchanged=read - loaded - quarantined.height,
        quarantined=quarantined.height,
        quarantine_file=_set_apart(known, quarantined, path, quarantine),
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
        if field.origin:
            rules.append(say(not_ours(given), f"{name} says that the list {NOT_OURS}: "))
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


def _unique(kind: Kind, parts: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows once per key. The same row twice is one; two rows that contradict each other both go to
    quarantine, since nothing says which is right."""
    key = list(kind.key)
    if not parts:
        return pl.DataFrame(schema=kind.schema), pl.DataFrame(schema=BROKEN)
    rows = pl.concat(parts, how="diagonal_relaxed")
    values = [name for name in rows.columns if name != "line"]
    once = rows.unique(values, keep="first", maintain_order=True)
    twice = once.select(pl.struct(key).is_duplicated().alias("twice")).get_column("twice")
    wrong = rows.join(once.filter(twice).select(key), on=key, how="semi", nulls_equal=True)
    broken = wrong.select(
        "line",
        reason=pl.lit(f"another row with the same {', '.join(key)} says otherwise"),
        raw=pl.struct(values).struct.json_encode(),
    )
    return once.filter(~twice).drop("line"), broken


def _set_apart(kind: Kind, rows: pl.DataFrame, path: Path, folder: Path) -> str | None:
    if rows.is_empty():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file = (
        folder / f"{kind.name}-{digest([path.name, rows.get_column('line').to_list()])[:10]}.jsonl"
    )
    rows.sort("line").write_ndjson(file)
    return str(file)
