"""The same features of a warehouse in Postgres, by the same statements.

Its tables are named as the kinds and have their columns: text, bigint for money in minor units,
boolean, and timestamptz for instants. Rows stay there; points go in and features come out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from tools.warehouse.features.compiling import Compiled, compiled, in_dialect
from tools.warehouse.features.declaring import Feature
from tools.warehouse.features.engine import numbered

if TYPE_CHECKING:
    from psycopg import Connection

POINTS: Final = (
    "CREATE TEMPORARY TABLE points (point BIGINT, contact_id TEXT, as_of BIGINT) ON COMMIT DROP"
)


def features_in_postgres(
    connection: "Connection", points: pl.DataFrame, features: Sequence[Feature]
) -> pl.DataFrame:
    """As `features_at`, from the tables on the connection's search path.

    Runs in one transaction of its own, so that all features are of one state of the tables.
    """
    found = points.select("contact_id", "as_of")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(POINTS)
        with cursor.copy("COPY points FROM STDIN (FORMAT csv)") as copy:
            copy.write(numbered(points).write_csv(include_header=False))
        cursor.execute("ANALYZE points")
        for one in compiled(features):
            cursor.execute(in_dialect(one.statement, "postgres").encode())
            rows = cursor.fetchall()
            found = pl.concat([found, _frame(rows, one)], how="horizontal")
    return found.select("contact_id", "as_of", *(one.name for one in features))


def _frame(rows: list[tuple[object, ...]], one: Compiled) -> pl.DataFrame:
    types = {
        each.name: pl.String() if each.expression.text else pl.Float64() for each in one.features
    }
    return pl.DataFrame(rows, {"point": pl.Int64(), **types}, orient="row").drop("point")
