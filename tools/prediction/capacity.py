"""Rep capacity: what people's minutes are asked for, and which asks are worth them most."""

from datetime import timedelta

import polars as pl

from tools.prediction.normal import Z_90

DAY = timedelta(days=1)


def ranked(asks: pl.DataFrame, people: pl.DataFrame, horizon: timedelta) -> pl.DataFrame:
    """asks (owner, minutes, value, value_se; more columns stay) by owner and rank, with
    value_per_minute, low and high of it (90%), rank (from 1), minutes_before, fits.

    people: person_id, minutes_per_day. What is worth nothing, or takes no minute, is not ranked
    (rank null, fits false). Filling by value per minute until the first that does not fit is the
    optimum of the problem where an ask may be split (Dantzig 1957); with asks of a quarter of an
    hour in a day it is off by less than one of them. An owner whose minutes nobody declared has 0.
    """
    has = _has(people, horizon)
    wide = Z_90 * pl.col("value_se")
    told = asks.join(has, left_on="owner", right_on="person_id", how="left").with_columns(
        pl.col("has").fill_null(0.0),
        value_per_minute=pl.col("value") / pl.col("minutes"),
        low=(pl.col("value") - wide) / pl.col("minutes"),
        high=(pl.col("value") + wide) / pl.col("minutes"),
        asked=(pl.col("value") > 0) & (pl.col("minutes") > 0),
    )
    worth = told.filter("asked").sort(
        "owner", "value_per_minute", descending=[False, True], maintain_order=True
    )
    placed = worth.with_columns(
        rank=pl.int_range(1, pl.len() + 1).over("owner"),
        minutes_before=pl.col("minutes").cum_sum().over("owner") - pl.col("minutes"),
    ).with_columns(fits=pl.col("minutes_before") + pl.col("minutes") <= pl.col("has"))
    # From the first that does not fit on nothing is filled in behind it: the order is the promise.
    placed = placed.with_columns(fits=pl.col("fits").cum_min().over("owner"))
    return pl.concat(
        [placed, told.filter(~pl.col("asked")).with_columns(fits=pl.lit(False))],
        how="diagonal",
    ).drop("asked", "has")


def capacities(asks: pl.DataFrame, people: pl.DataFrame, horizon: timedelta) -> pl.DataFrame:
    """person_id, minutes (within the horizon), needed (of all asks worth anything), load
    (needed / minutes; null without minutes), value (of what fits), minute_price (value per
    minute of the first that does not fit: what one more minute would earn; 0 where all fit).

    Minutes needed are those the asks declare: how long a call really takes is not recorded, so
    they have no interval of their own.
    """
    placed = ranked(asks, people, horizon).filter(pl.col("rank").is_not_null())
    of_each = placed.group_by(person_id="owner").agg(
        needed=pl.col("minutes").sum(),
        value=pl.col("value").filter("fits").sum(),
        minute_price=pl.col("value_per_minute").filter(~pl.col("fits")).max(),
    )
    return (
        _has(people, horizon)
        .rename({"has": "minutes"})
        .join(of_each, on="person_id", how="left")
        .with_columns(pl.col("needed", "value", "minute_price").fill_null(0.0))
        .with_columns(
            load=pl.when(pl.col("minutes") > 0).then(pl.col("needed") / pl.col("minutes"))
        )
        .sort("person_id")
    )


def _has(people: pl.DataFrame, horizon: timedelta) -> pl.DataFrame:
    """person_id, has: minutes within the horizon; a person of several roles has them once."""
    return people.group_by("person_id").agg(
        has=pl.col("minutes_per_day").max().fill_null(0.0).cast(pl.Float64) * (horizon / DAY)
    )
