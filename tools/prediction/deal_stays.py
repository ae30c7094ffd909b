"""Deals as stays: how long each was in each stage, and how the stay ended."""

from datetime import datetime
from typing import Final

import polars as pl

from domain.tables import INSTANT

OPENED: Final = "(opened)"
"""Stage of a deal before the first one recorded."""
CLOSING: Final = ("won", "lost", "closed_won", "closed_lost")
"""Names of stages that only say how a deal closed; the deal's own row says when."""
WEEK_DAYS: Final = 7


def stays_of(deals: pl.DataFrame, stages: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """One row per stay, by deal and time: deal_id, stage, entered_at, left_at, ended (`moved`,
    `won`, `lost`; null: it goes on at `at`), moved_to (stage), weeks (whole ones it lasted).

    deals: deal_id, opened_at, closed_at, won; stages: deal_id, stage, at. What is recorded at or
    after a deal's close is no stay, nor is what lies after `at`. A closed deal of which nobody
    said how it closed ends as `lost`: nobody claimed it as won. A deal that is over though nobody
    said since when has no stays: they would go on for ever.
    """
    over = over_without_a_day(deals, stages, at)
    known = deals.filter(
        (pl.col("opened_at") <= at) & ~pl.col("deal_id").is_in(over.implode())
    ).select(
        "deal_id",
        "opened_at",
        closed_at=pl.when(pl.col("closed_at") <= at).then("closed_at").cast(INSTANT),
        won=pl.col("won").fill_null(False),
    )
    opened = known.select("deal_id", stage=pl.lit(OPENED), at=pl.col("opened_at").cast(INSTANT))
    reached = stages.filter(
        (pl.col("at") <= at) & ~pl.col("stage").str.to_lowercase().is_in(CLOSING)
    ).select("deal_id", "stage", pl.col("at").cast(INSTANT))
    entered = (
        pl.concat([opened, reached])
        .join(known.drop("opened_at"), on="deal_id", how="inner")
        .filter(pl.col("closed_at").is_null() | (pl.col("at") < pl.col("closed_at")))
        .sort("deal_id", "at", pl.col("stage") != OPENED, "stage")
    )
    entered = entered.filter(
        (pl.col("stage") != pl.col("stage").shift(1).over("deal_id")).fill_null(True)
    )
    return (
        entered.with_columns(
            moved_to=pl.col("stage").shift(-1).over("deal_id"),
            next_at=pl.col("at").shift(-1).over("deal_id"),
        )
        # A first stage recorded at the very opening leaves no stay before it.
        .filter((pl.col("next_at") != pl.col("at")).fill_null(True))
        .with_columns(left_at=pl.coalesce("next_at", "closed_at"))
        .with_columns(
            ended=pl.when(pl.col("moved_to").is_not_null())
            .then(pl.lit("moved"))
            .when(pl.col("closed_at").is_not_null())
            .then(pl.when("won").then(pl.lit("won")).otherwise(pl.lit("lost"))),
            weeks=(
                (pl.coalesce("left_at", pl.lit(at, INSTANT)) - pl.col("at")).dt.total_seconds()
                // (WEEK_DAYS * 86_400)
            ).cast(pl.Int64),
        )
        .select("deal_id", "stage", "left_at", "ended", "moved_to", "weeks", entered_at="at")
    )


def over_without_a_day(deals: pl.DataFrame, stages: pl.DataFrame, at: datetime) -> pl.Series:
    """Ids of deals that are over at the instant though nobody said since when: `won` with no
    closed_at, or one of CLOSING as the newest stage (or one of several that came at the same
    instant, as those of one day do where a source tells days alone) and no closed_at by then."""
    known = stages.filter(pl.col("at") <= at)
    newest = known.filter(pl.col("at") == pl.col("at").max().over("deal_id"))
    closing = pl.col("stage").str.to_lowercase().is_in(CLOSING)
    ended = newest.filter(closing).get_column("deal_id").unique()
    dayless = pl.col("closed_at").is_null()
    unclosed = dayless | (pl.col("closed_at") > at)
    over = (dayless & pl.col("won").fill_null(False)) | (
        unclosed & pl.col("deal_id").is_in(ended.implode())
    )
    return deals.filter((pl.col("opened_at") <= at) & over).get_column("deal_id")
