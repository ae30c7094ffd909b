"""Where the real data sets lie, and how their rows read: the e-mail experiment, the calls, the
purchases."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from domain.errors import DataError
from domain.tables import INSTANT

SENT_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A made-up instant of the experiment's e-mails: the data name none."""
ARMS: Final = {
    "Mens E-Mail": "mens_email",
    "Womens E-Mail": "womens_email",
    "No E-Mail": "nothing",
}
KNOWN_AFTER: Final = ("duration", "y")
"""Columns of the bank's data that are known only after the call."""


@dataclass(frozen=True)
class Experiment:
    """The e-mail experiment as the product sees it; `evaluation` is for the caller to set."""

    contacts: pl.DataFrame
    """contact, contact_id, attr_*: in file order."""
    touches: pl.DataFrame
    outcomes: pl.DataFrame
    treatments: pl.DataFrame
    judged_at: datetime


def data_folders() -> tuple[Path, ...]:
    """Where to look: CLEARANCE_DATA where it is set, else the copies the samples ship."""
    named = os.environ.get("CLEARANCE_DATA")
    if named:
        return (Path(named), Path(named) / "hillstrom", Path(named) / "bank_marketing")
    return (Path(__file__).parent.parent / "app" / "samples" / "data",)


def read_experiment() -> Experiment:
    """Hillstrom's e-mail experiment: 64,000 customers, three arms of a third each, visits and
    purchases. Raises DataError where no copy is found."""
    text = first_of({"hillstrom.csv.gz": gzip.decompress, "hillstrom.csv": bytes})
    raw = pl.read_csv(io.BytesIO(text), infer_schema_length=None).with_row_index("contact")
    raw = raw.rename({"channel": "purchase_channel"}).with_columns(
        contact_id=pl.format("S{}", pl.col("contact").cast(pl.String).str.zfill(5))
    )
    known = [
        name
        for name in raw.columns
        if name not in ("contact", "contact_id", "segment", "visit", "conversion", "spend")
    ]
    touch = pl.format("past-{}", "contact_id")
    touches = raw.select(
        "contact_id",
        touch_id=touch,
        channel=pl.lit("email"),
        treatment_id=pl.col("segment").replace_strict(ARMS),
        at=pl.lit(SENT_AT, INSTANT),
        propensity=pl.lit(1.0 / 3.0),
        source=pl.lit("experiment"),
    )
    answers = raw.select(
        "contact_id",
        "visit",
        "spend",
        touch_id=touch,
        at=pl.lit(SENT_AT + timedelta(days=1), INSTANT),
    )
    visits = answers.filter(pl.col("visit") == 1).with_columns(
        kind=pl.lit("visit"), value=pl.lit(None, pl.Int64)
    )
    purchases = answers.filter(pl.col("spend") > 0).with_columns(
        kind=pl.lit("purchase"), value=(pl.col("spend") * 100).round().cast(pl.Int64)
    )
    return Experiment(
        raw.select(
            "contact", "contact_id", *(pl.col(name).alias(f"attr_{name}") for name in known)
        ),
        touches,
        pl.concat([visits, purchases]).drop("visit", "spend"),
        pl.DataFrame(
            {
                "treatment_id": ["mens_email", "womens_email"],
                "channel": "email",
                "approval": "approved",
            }
        ),
        SENT_AT + timedelta(days=56),
    )


def read_calls() -> pl.DataFrame:
    """bank-full in file order, which is date order: contact, contact_id, attr_*, answered.

    What is known only after the call is no attribute. Raises DataError where no copy is found.
    """
    text = first_of(
        {
            "bank-full.csv.gz": gzip.decompress,
            "bank-full.csv": bytes,
            "bank+marketing.zip": lambda packed: member(
                member(packed, "bank.zip"), "bank-full.csv"
            ),
        }
    )
    raw = pl.read_csv(io.BytesIO(text), separator=";", infer_schema_length=None)
    known = [name for name in raw.columns if name not in KNOWN_AFTER]
    numbered = raw.select(
        *(pl.col(name).alias(f"attr_{name}") for name in known), answered=pl.col("y") == "yes"
    ).with_row_index("contact")
    return numbered.with_columns(
        contact_id=pl.format("B{}", pl.col("contact").cast(pl.String).str.zfill(5))
    )


def read_purchases(*, sample: bool) -> pl.DataFrame:
    """CDNOW's purchases from January 1997 to June 1998: contact_id, at (midnight of the day),
    value (cents). 23,570 customers, or the tenth of them that was published on. Raises DataError
    where no copy is found."""
    name = "CDNOW_sample.txt" if sample else "CDNOW_master.txt"
    text = first_of({f"cdnow/{name}": bytes, name: bytes}).decode()
    columns = (
        ("contact_id", "number", "day", "discs", "paid")
        if sample
        else ("contact_id", "day", "discs", "paid")
    )
    rows = [line.split() for line in text.splitlines()]
    raw = pl.DataFrame(
        [row for row in rows if len(row) == len(columns) and row[-1][0].isdigit()],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )
    return raw.select(
        "contact_id",
        at=pl.col("day").str.to_datetime("%Y%m%d", time_unit="us", time_zone="UTC").cast(INSTANT),
        value=(pl.col("paid").cast(pl.Float64) * 100).round().cast(pl.Int64),
    )


def first_of(readers: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """The first of the named files that is found, read. Raises DataError where none is."""
    for folder in data_folders():
        for name, read in readers.items():
            if (folder / name).is_file():
                return read((folder / name).read_bytes())
    places = ", ".join(map(str, data_folders()))
    raise DataError(
        f"Expected one of {', '.join(readers)} in {places}, found none.",
        "Set CLEARANCE_DATA to the folder that holds hillstrom/, bank_marketing/ and cdnow/.",
    )


def member(packed: bytes, name: str) -> bytes:
    """A file inside a zip archive."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return archive.read(name)
