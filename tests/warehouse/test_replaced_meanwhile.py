"""A table that one process replaces while another reads it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest

from tools.warehouse.kinds import KINDS
from tools.warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
HEIGHTS = (3, 400, 3000)
READINGS = 300


def _touches(height: int) -> pl.DataFrame:
    """So many touches, whose ids say of how many they are."""
    known = KINDS["touches"]
    rows = pl.DataFrame({"touch_id": [f"{height}-{number}" for number in range(height)]})
    rest = [pl.lit(None, dtype).alias(name) for name, dtype in known.schema.items()][1:]
    return rows.with_columns(rest).select(list(known.schema))


@contextmanager
def _replaced_all_the_time(warehouse: Warehouse) -> Iterator[None]:
    tables, over = [_touches(height) for height in HEIGHTS], Event()
    warehouse.replace("touches", tables[0])

    def work() -> None:
        while not over.is_set():
            for one in tables:
                warehouse.replace("touches", one)

    writer = Thread(target=work)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_who_reads_while_a_table_is_replaced_sees_one_version_of_it_whole(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)

    with _replaced_all_the_time(warehouse):
        seen = [warehouse.table("touches") for _ in range(READINGS)]

    assert {one.height for one in seen} <= set(HEIGHTS)
    assert all(one.get_column("touch_id")[-1] == f"{one.height}-{one.height - 1}" for one in seen)
    assert len({one.height for one in seen}) > 1  # it was replaced indeed


NEVER_REPLACED = ("app/measuring.py", "graph/arbitration/files.py", "tools/connectors/responses.py")
"""An export that a person names, a problem's own folder, and a sample's."""


@pytest.mark.parametrize("room", ["app", "graph", "agents", "policies", "tools"])
def test_no_table_that_others_may_replace_is_read_by_its_path(room: str) -> None:
    found = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / room).rglob("*.py")
        if re.search(r"pl\.(read|scan)_parquet\(", file.read_text())
    }

    assert found <= {"tools/parquet.py", *NEVER_REPLACED}
