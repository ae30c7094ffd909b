"""What people do in the sandbox: seeded draws from a response table. Always labelled simulated."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tools.keys import keys_of, shares_of

SOURCE = "sandbox (simulated)"
RESPONSES = "responses.parquet"
SEGMENTS = "segments.parquet"
LONGEST_DELAY_HOURS = 72.0
HOURS_TO_PAY = 0.5
"""From a visit to the purchase it led to."""
EMPTY: dict[str, Any] = {
    "outcome_id": pl.String,
    "contact_id": pl.String,
    "touch_id": pl.String,
    "kind": pl.String,
    "value": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "source": pl.String,
}


def drawn_outcomes(folder: Path, touched: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Outcomes by an instant, as rows of the kind `outcomes`; the same keys draw the same.

    responses.parquet: treatment, segment, kind, probability, value (mean, minor units).
    segments.parquet: contact_id, segment. A ghost answers as the treatment `nothing` does; a person
    without a segment answers as the segment `any`. Visit and purchase share one draw: nobody buys
    who did not visit.
    """
    if touched.is_empty() or not (folder / RESPONSES).exists():
        return pl.DataFrame(schema=EMPTY)
    table = pl.read_parquet(folder / RESPONSES)
    people = pl.read_parquet(folder / SEGMENTS)
    meant = touched.join(people, on="contact_id", how="left").with_columns(
        segment=pl.col("segment").fill_null("any"),
        treatment=pl.when("ghost").then(pl.lit("nothing")).otherwise("treatment"),
    )
    chances = meant.join(table, on=["treatment", "segment"], how="inner").sort("key", "kind")
    bought = pl.col("kind") == "purchase"
    chances = chances.with_columns(
        drawn_as=pl.when(bought).then(pl.lit("visit")).otherwise("kind"),
        paying=pl.when(bought).then(HOURS_TO_PAY).otherwise(0.0),
    )
    draws = shares_of(chances, ["key", "drawn_as"], "sandbox draw")
    waits = shares_of(chances, ["key", "drawn_as"], "sandbox delay") ** 2 * LONGEST_DELAY_HOURS
    waits += chances.get_column("paying").to_numpy()
    seconds = pl.lit(pl.Series(waits * 3600).cast(pl.Int64))
    answered = chances.with_columns(
        draw=pl.Series(draws),
        at=pl.col("at") + pl.duration(seconds=seconds),
    ).filter((pl.col("draw") < pl.col("probability")) & (pl.col("at") <= at))
    return answered.with_columns(
        outcome_id=keys_of(answered, ["key", "kind"], "sandbox outcome"),
        source=pl.lit(SOURCE),
        value=pl.when(pl.col("value") > 0).then("value").cast(pl.Int64),
    ).select(
        "outcome_id",
        "contact_id",
        pl.col("key").alias("touch_id"),
        "kind",
        "value",
        "at",
        "source",
    )
