"""Which hour and weekday it is where a contact lives, summer time included."""

import polars as pl

from domain.zones import known_zones


def with_local_time(rows: pl.DataFrame, instant: str) -> pl.DataFrame:
    """The rows (timezone and `instant`, in UTC), in order, with local_hour (0..23) and
    local_weekday (1 Monday .. 7 Sunday); both null where the zone is missing or unknown."""
    numbered = rows.with_row_index("_row")
    known = sorted(set(rows.get_column("timezone").drop_nulls().unique()) & known_zones())
    told = [
        numbered.filter(pl.col("timezone") == zone).select(
            "_row",
            local_hour=pl.col(instant).dt.convert_time_zone(zone).dt.hour(),
            local_weekday=pl.col(instant).dt.convert_time_zone(zone).dt.weekday(),
        )
        for zone in known
    ]
    nothing = pl.DataFrame(
        schema={"_row": pl.UInt32, "local_hour": pl.Int8, "local_weekday": pl.Int8}
    )
    return numbered.join(
        pl.concat([nothing, *told]), on="_row", how="left", maintain_order="left"
    ).drop("_row")
