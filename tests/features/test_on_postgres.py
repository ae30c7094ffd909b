"""The same declarations on a real Postgres give the same numbers and words as DuckDB."""

from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal

from tests.features.worlds import AT, CONTACTS, DAY, WORLDS, features, points, warehouse_of
from tools.warehouse.features.elsewhere import features_in_postgres
from tools.warehouse.features.engine import features_at
from tools.warehouse.kinds import KINDS

Rows = dict[str, list[dict[str, Any]]]
TYPES = {pl.String: "TEXT", pl.Int64: "BIGINT", pl.Float64: "DOUBLE PRECISION", pl.Boolean: "BOOL"}
READ = ("contacts", "touches", "outcomes", "events", "deals", "deal_stages")
ASKED = points(*((who, AT - n * DAY) for who in CONTACTS for n in (0, 3, 50)))
QUICK = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def database(postgres: str) -> str:
    """An address of a database with the warehouse's tables, all empty."""
    address = postgres.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        for kind in READ:
            columns = ", ".join(
                f'"{name}" {TYPES.get(type(dtype), "TIMESTAMPTZ")}'
                for name, dtype in KINDS[kind].schema.items()
            )
            connection.execute(f"CREATE TABLE {kind} ({columns})".encode())
    return address


def fill(connection: psycopg.Connection, rows: Rows) -> None:
    for kind in READ:
        connection.execute(f"TRUNCATE {kind}".encode())
        for one in rows.get(kind, []):
            names = ", ".join(f'"{name}"' for name in one)
            places = ", ".join("%s" for _ in one)
            said = f"INSERT INTO {kind} ({names}) VALUES ({places})"
            connection.execute(said.encode(), list(one.values()))
    connection.commit()


@QUICK
@given(rows=WORLDS)
def test_postgres_and_duckdb_say_the_same(
    database: str, tmp_path_factory: pytest.TempPathFactory, rows: Rows
) -> None:
    here = features_at(warehouse_of(tmp_path_factory.mktemp("w"), rows), ASKED, features())

    with psycopg.connect(database) as connection:
        fill(connection, rows)
        there = features_in_postgres(connection, ASKED, features())

    assert_frame_equal(here, there, check_exact=True)


def test_nothing_is_left_behind_in_the_database(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database) as connection:
        features_in_postgres(connection, ASKED, features())
        found = connection.execute("SELECT to_regclass('points')").fetchone()

    assert found == (None,)
