"""Kept features: whatever came in since, in whatever order, they are what a full count gives."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.features.worlds import (
    AT,
    CONTACTS,
    DAY,
    INSTANTS,
    WORLDS,
    features,
    points,
    put,
    warehouse_of,
)
from tools.warehouse.features import keeping
from tools.warehouse.features.engine import features_at
from tools.warehouse.features.keeping import Refreshed, refresh
from tools.warehouse.store import Warehouse

Rows = dict[str, list[dict[str, Any]]]
ALL = pl.Series("contact_id", CONTACTS)
QUICK = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TOUCH = {"touch_id": "t", "contact_id": "ann", "channel": "email", "at": AT - DAY}
OLD = {"touch_id": "o", "contact_id": "bob", "channel": "call", "at": AT - 50 * DAY}


def asked(folder: Path, warehouse: Warehouse, at: datetime = AT) -> Refreshed:
    return refresh(folder, warehouse, ALL, at, features())


def in_full(warehouse: Warehouse, at: datetime = AT) -> pl.DataFrame:
    return features_at(warehouse, points(*((who, at) for who in CONTACTS)), features())


def changed(before: Rows, after: Rows, which: frozenset[str]) -> Rows:
    """The rows before, but of some kinds those after: some new, some gone, some with other cells,
    some later than what is there, some earlier."""
    return {kind: after[kind] if kind in which else before[kind] for kind in before}


STEPS = st.lists(
    st.tuples(WORLDS, st.frozensets(st.sampled_from(["touches", "outcomes", "deals"])), INSTANTS),
    min_size=1,
    max_size=3,
)


@QUICK
@given(first=WORLDS, steps=STEPS)
def test_a_refresh_gives_what_a_full_one_gives(
    tmp_path_factory: pytest.TempPathFactory,
    first: Rows,
    steps: list[tuple[Rows, frozenset[str], datetime]],
) -> None:
    folder = tmp_path_factory.mktemp("law")
    warehouse, rows = warehouse_of(folder / "w", first), first
    asked(folder / "kept", warehouse)

    for other, which, at in steps:
        rows = changed(rows, other, which)
        for kind in which:
            put(warehouse, kind, rows[kind])
        assert_frame_equal(asked(folder / "kept", warehouse, at).features, in_full(warehouse, at))


def test_only_contacts_of_whom_something_else_counts_are_done_again(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path / "w", {"touches": [TOUCH, OLD]})
    first = asked(tmp_path / "kept", warehouse)
    again = asked(tmp_path / "kept", warehouse)
    late = OLD | {"touch_id": "late", "at": AT - 60 * DAY}
    put(warehouse, "touches", [TOUCH, OLD, late])
    came_late = asked(tmp_path / "kept", warehouse)
    a_week_on = asked(tmp_path / "kept", warehouse, AT + 7 * DAY)

    counts = [one.calculated["touches"] for one in (first, again, came_late, a_week_on)]
    assert counts == [3, 0, 1, 1]
    assert a_week_on.features.get_column("days_since_touch").to_list() == [8, 57, None]
    assert a_week_on.features.get_column("emails_7d").to_list() == [0, 0, 0]


def test_cells_that_two_rows_swap_are_seen(tmp_path: Path) -> None:
    one, other = (
        TOUCH | {"touch_id": key, "channel": channel, "at": AT - days * DAY}
        for key, channel, days in (("a", "email", 3), ("b", "call", 30))
    )
    warehouse = warehouse_of(tmp_path / "w", {"touches": [one, other]})
    asked(tmp_path / "kept", warehouse)

    put(warehouse, "touches", [one | {"channel": "call"}, other | {"channel": "email"}])

    found = asked(tmp_path / "kept", warehouse)
    assert found.calculated["touches"] == 1
    assert_frame_equal(found.features, in_full(warehouse))


def test_a_contact_that_comes_back_without_its_rows_is_done_again(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path / "w", {"touches": [TOUCH]})
    refresh(tmp_path / "kept", warehouse, ALL.filter(ALL != "ann"), AT, features())
    asked(tmp_path / "kept", warehouse)

    put(warehouse, "touches", [])

    assert_frame_equal(asked(tmp_path / "kept", warehouse).features, in_full(warehouse))


def test_who_is_gone_is_kept_no_longer(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path / "w", {"touches": [TOUCH, OLD]})
    asked(tmp_path / "kept", warehouse)

    refresh(tmp_path / "kept", warehouse, ALL.filter(ALL != "ann"), AT, features())

    for file in (tmp_path / "kept").iterdir():
        assert "ann" not in pl.read_parquet(file).get_column("contact_id")


@pytest.mark.parametrize("spoilt", ["damaged", "of another form", "without its mark"])
def test_kept_files_that_can_not_be_trusted_count_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    warehouse = warehouse_of(tmp_path / "w", {"touches": [TOUCH, OLD]})
    asked(tmp_path / "kept", warehouse)
    file = tmp_path / "kept" / "touches.parquet"
    match spoilt:
        case "damaged":
            file.write_bytes(file.read_bytes()[:-9])
        case "of another form":
            monkeypatch.setattr(keeping, "FORM", keeping.FORM + 1)
        case _:
            pl.read_parquet(file).write_parquet(file)

    found = asked(tmp_path / "kept", warehouse, AT + timedelta(hours=1))

    assert found.calculated["touches"] == 3
    assert_frame_equal(found.features, in_full(warehouse, AT + timedelta(hours=1)))
