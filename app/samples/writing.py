"""Writing a sample: frames to import files, and the seeded columns that every sample needs."""

from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.gate import EVALUATION_SHARE
from tools.keys import shares_of

INSTANT = pl.Datetime("us", "UTC")
DATA = Path(__file__).parent / "data"
TOML = Path(__file__).parent
MADE_UP = "made up"
PLACES = (
    ("US", "America/New_York", 0.26),
    ("US", "America/Los_Angeles", 0.16),
    ("CA", "America/Toronto", 0.08),
    ("GB", "Europe/London", 0.16),
    ("DE", "Europe/Berlin", 0.16),
    ("FR", "Europe/Paris", 0.08),
    ("AU", "Australia/Sydney", 0.04),
    ("GB", None, 0.03),
    (None, None, 0.03),
)
"""Country, zone and share: some lack the zone, some both, so that the strictest answer matters."""
STANDINGS = (
    ("granted", 0.86),
    ("missing", 0.05),
    ("withdrawn", 0.04),
    ("expired", 0.03),
    ("objected", 0.02),
)


def write(folder: Path, kind: str, frame: pl.DataFrame) -> tuple[str, Path]:
    """One import file of a kind."""
    file = folder / f"{kind}.parquet"
    frame.write_parquet(file)
    return kind, file


def instants(start: datetime, hours: npt.ArrayLike) -> pl.Series:
    """Instants so many hours (negative: before) from `start`, to the second."""
    seconds = (np.asarray(hours, dtype=np.float64) * 3600).astype(np.int64)
    base = int(start.timestamp())
    return (
        pl.Series((seconds + base) * 1_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )


def places(
    count: int,
    draws: np.random.Generator,
    among: tuple[tuple[str | None, str | None, float], ...] = PLACES,
) -> pl.DataFrame:
    """country and timezone of so many people, drawn by the shares of `among`."""
    countries, zones, shares = zip(*among, strict=True)
    weights = np.array(shares)
    drawn = draws.choice(len(among), count, p=weights / weights.sum())
    table = pl.DataFrame(
        {"country": countries, "timezone": zones},
        schema={"country": pl.String, "timezone": pl.String},
    )
    return table[drawn]


def numbered(letter: str, count: int, width: int = 5) -> pl.Series:
    """Ids such as S00000, S00001, ... in order."""
    number = pl.int_range(count, eager=True).cast(pl.String)
    return (letter + number.str.zfill(width)).alias("contact_id")


def consents(
    contact_ids: pl.Series, channels: tuple[str, ...], start: datetime, draws: np.random.Generator
) -> pl.DataFrame:
    """Statements about marketing for each contact and channel, by STANDINGS' shares.

    Who withdrew or objected had granted before; a grant that expired ran out before the start.
    """
    names = [name for name, _ in STANDINGS]
    shares = np.array([share for _, share in STANDINGS])
    frames = []
    for channel in channels:
        drawn = np.array(names)[draws.choice(len(names), len(contact_ids), p=shares)]
        said = pl.DataFrame(
            {
                "contact_id": contact_ids,
                "standing": drawn,
                "at": instants(start, -24 * draws.integers(60, 500, len(contact_ids))),
                "later": instants(start, -24 * draws.integers(5, 50, len(contact_ids))),
            }
        ).with_columns(channel=pl.lit(channel))
        granted = said.filter(pl.col("standing") != "missing").with_columns(
            state=pl.lit("granted"),
            expires_at=pl.when(pl.col("standing") == "expired").then("later"),
        )
        taken_back = said.filter(pl.col("standing").is_in(["withdrawn", "objected"])).with_columns(
            state="standing", at="later", expires_at=pl.lit(None, dtype=INSTANT)
        )
        frames += [granted, taken_back]
    return pl.concat(frames, how="diagonal").select(
        "contact_id",
        "channel",
        "state",
        "at",
        "expires_at",
        purpose=pl.lit("marketing"),
        basis=pl.lit("opt-in form"),
        text_version=pl.lit("2025-1"),
        source=pl.lit(MADE_UP),
    )


def major(minor: pl.Expr) -> pl.Expr:
    """Minor units as the decimal text of an import file."""
    return (
        (minor.cast(pl.Int64).cast(pl.Decimal(20, 0)) / 100).cast(pl.Decimal(20, 2)).cast(pl.String)
    )


def evaluation(contact_ids: pl.Series) -> npt.NDArray[np.bool_]:
    """Whom no model is trained on: the sandbox may answer from their rows alone."""
    frame = pl.DataFrame({"contact_id": contact_ids})
    return shares_of(frame, ["contact_id"], "evaluation") < EVALUATION_SHARE
