"""Response rates of the two real data sets, from which the made-up company takes its own."""

import gzip
import io
from functools import cache

import polars as pl

from app.samples.writing import DATA

ARMS = {"No E-Mail": "nothing", "Mens E-Mail": "strong", "Womens E-Mail": "mild"}


@cache
def hillstrom() -> pl.DataFrame:
    """The Hillstrom experiment, as published: 64,000 rows."""
    raw = gzip.decompress((DATA / "hillstrom.csv.gz").read_bytes())
    return pl.read_csv(io.BytesIO(raw), schema_overrides={"spend": pl.Float64})


@cache
def bank() -> pl.DataFrame:
    """UCI bank marketing (bank-full), in its order: 45,211 rows."""
    raw = gzip.decompress((DATA / "bank-full.csv.gz").read_bytes())
    return pl.read_csv(io.BytesIO(raw), separator=";")


def visit_rates() -> dict[tuple[str, str], float]:
    """(how an e-mail works, relationship) -> rate: visits of the experiment's arms, by `newbie`."""
    rates = hillstrom().group_by("segment", "newbie").agg(pl.col("visit").mean())
    return {
        (ARMS[arm], "new" if newbie else "established"): rate
        for arm, newbie, rate in rates.iter_rows()
    }


def call_rates() -> dict[str, float]:
    """Job -> share of calls that ended in a yes."""
    rates = bank().group_by("job").agg(rate=(pl.col("y") == "yes").mean())
    return dict(rates.iter_rows())
