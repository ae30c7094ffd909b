"""Features of a contact at an instant: what they count, and what they leave out."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import DataError
from tests.features.worlds import (
    AT,
    CONTACTS,
    DAY,
    INSTANTS,
    WORLDS,
    features,
    points,
    warehouse_of,
)
from tools.warehouse.features.compiling import compiled
from tools.warehouse.features.declaring import read_features
from tools.warehouse.features.engine import features_at, opened

QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def at(folder: Path, rows: dict[str, list[dict[str, Any]]], *asked: Any) -> pl.DataFrame:
    return features_at(warehouse_of(folder, rows), points(*asked), features())


def test_a_window_holds_its_first_instant_and_not_its_last(tmp_path: Path) -> None:
    rows = [
        {"touch_id": f"{n}", "contact_id": "ann", "channel": "email", "at": when}
        for n, when in enumerate(
            (AT, AT - 7 * DAY, AT - 7 * DAY - timedelta(microseconds=1), AT - 28 * DAY)
        )
    ]

    found = at(tmp_path, {"touches": rows}, ("ann", AT)).row(0, named=True)

    assert (found["emails_7d"], found["emails_28d"], found["days_since_touch"]) == (1, 3, 7)


def test_who_has_no_row_has_counts_of_none_and_unknown_means(tmp_path: Path) -> None:
    found = at(tmp_path, {}, ("ann", AT)).row(0, named=True)

    assert (found["purchases"], found["purchase_value"], found["open_deals"]) == (0, 0, 0)
    assert found["purchase_mean"] is found["first_channel"] is found["tenure_days"] is None


def test_each_point_is_answered_at_its_own_instant_and_place(tmp_path: Path) -> None:
    rows = [
        {"outcome_id": f"{n}", "contact_id": "ann", "kind": "purchase", "value": 100 * n, "at": day}
        for n, day in ((1, AT - 2 * DAY), (2, AT - DAY))
    ]

    found = at(tmp_path, {"outcomes": rows}, ("ann", AT), ("bob", AT), ("ann", AT - DAY))

    assert found.get_column("purchase_value").to_list() == [300, 0, 100]
    assert found.get_column("purchase_mean").to_list() == [150, None, 100]
    assert found.get_column("contact_id").to_list() == ["ann", "bob", "ann"]


def test_an_outcome_that_names_no_contact_is_that_of_the_touch_it_answers(tmp_path: Path) -> None:
    touch = {"touch_id": "t", "contact_id": "ann", "channel": "email", "at": AT - 2 * DAY}
    visit = {"outcome_id": "o", "touch_id": "t", "kind": "visit", "at": AT - DAY}

    found = at(tmp_path, {"touches": [touch], "outcomes": [visit]}, ("ann", AT))

    assert found.item(0, "visits_28d") == 1


def test_being_left_alone_by_chance_is_no_touch(tmp_path: Path) -> None:
    row = {"touch_id": "t", "contact_id": "ann", "channel": "email", "at": AT - DAY}

    alone = at(tmp_path / "a", {"touches": [row | {"treatment_id": "nothing"}]}, ("ann", AT))
    mailed = at(tmp_path / "b", {"touches": [row | {"treatment_id": "mail"}]}, ("ann", AT))

    assert (alone.item(0, "emails_7d"), mailed.item(0, "emails_7d")) == (0, 1)


def test_how_a_deal_ended_and_for_how_much_is_known_since_it_closed(tmp_path: Path) -> None:
    deal = {"deal_id": "d", "account_id": "one", "amount": 500, "won": False}
    deal |= {"opened_at": AT - 9 * DAY, "closed_at": AT - 2 * DAY}
    contact = {"contact_id": "ann", "account_id": "one", "created_at": AT - 10 * DAY}

    asked = (("ann", AT - 3 * DAY), ("ann", AT))
    found = at(tmp_path, {"deals": [deal], "contacts": [contact]}, *asked)

    assert found.get_column("open_deals").to_list() == [1, 0]
    assert found.get_column("lost_amount").to_list() == [None, 500]


def test_rows_that_come_in_late_count_late_for_training_and_runs_alike(tmp_path: Path) -> None:
    call = {"touch_id": "t", "contact_id": "ann", "channel": "call", "at": AT - 2 * DAY}

    soon = timedelta(microseconds=1)
    found = at(tmp_path, {"touches": [call]}, ("ann", AT), ("ann", AT + soon))

    assert found.get_column("late_calls").to_list() == [0, 1]
    assert found.get_column("days_since_touch").to_list() == [2, 2]


def test_of_rows_at_the_same_instant_the_key_says_which_is_first(tmp_path: Path) -> None:
    rows = [
        {"touch_id": key, "contact_id": "ann", "channel": channel, "at": AT - DAY}
        for key, channel in (("b", "email"), ("a", "call"), ("c", "chat"))
    ]

    assert at(tmp_path, {"touches": rows}, ("ann", AT)).item(0, "first_channel") == "call"


def test_numbers_that_grow_out_of_all_bounds_are_an_error_and_no_feature(tmp_path: Path) -> None:
    told = (
        '[[features]]\nname = "x"\nrows = "events"\nsql = "sum(value * value)"\n'
        'meaning = "squares of it"\npersonal = "ordinary"\npurposes = ["measurement"]'
    )
    row = {"event_id": "e", "contact_id": "ann", "kind": "k", "value": 2**40, "at": AT - DAY}
    store = warehouse_of(tmp_path, {"events": [row]})

    with pytest.raises(DataError, match="can't be calculated"):
        features_at(store, points(("ann", AT)), read_features(told, "features.toml"))


@pytest.mark.parametrize(
    "said",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('{folder}/accounts.parquet')",
        "COPY points TO '{folder}/out.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM rows",
    ],
)
def test_the_engine_reaches_no_other_file_and_can_not_be_opened_up(
    tmp_path: Path, said: str
) -> None:
    store = warehouse_of(tmp_path, {"accounts": [{"account_id": "one"}], "touches": []})
    rows = pl.DataFrame({"a": [1]})

    with opened(store, compiled(features())) as engine:
        assert engine.connection.sql("SELECT COUNT(*) FROM touches").fetchall() == [(0,)]
        with pytest.raises(Exception, match=r"(?i)cannot|locked|does not exist"):
            engine.connection.sql(said.format(folder=tmp_path))
    assert rows.height == 1


def test_nothing_is_left_behind_in_the_warehouse(tmp_path: Path) -> None:
    at(tmp_path, {"touches": []}, ("ann", AT))

    assert {one.name for one in tmp_path.iterdir()} == {"touches.parquet", ".changing"}


@QUICK
@given(rows=WORLDS, asked=st.lists(st.tuples(st.sampled_from(CONTACTS), INSTANTS), max_size=5))
def test_counting_by_hand_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    rows: dict[str, list[dict[str, Any]]],
    asked: list[tuple[str, datetime]],
) -> None:
    found = at(tmp_path_factory.mktemp("w"), rows, *asked)

    assert found.get_column("emails_28d").to_list() == [_emails(rows, *one) for one in asked]
    assert found.get_column("purchase_value_90d").to_list() == [
        _bought(rows, *one) for one in asked
    ]
    assert found.get_column("open_deals").to_list() == [_open(rows, *one) for one in asked]
    assert found.get_column("days_since_visit").to_list() == [_visited(rows, *one) for one in asked]


def _emails(rows: Any, who: str, when: datetime) -> int:
    return sum(
        one["contact_id"] == who
        and one["channel"] == "email"
        and one["treatment_id"] != "nothing"
        and when - 28 * DAY <= one["at"] < when
        for one in rows["touches"]
    )


def _theirs(rows: Any, who: str, when: datetime) -> list[Any]:
    """Outcomes of a contact before an instant."""
    touches = {one["touch_id"]: one for one in rows["touches"]}
    found = []
    for one in rows["outcomes"]:
        touch = touches.get(one["touch_id"])
        answers = touch is not None and touch["at"] <= one["at"]
        owner = one["contact_id"] or (touch["contact_id"] if touch and answers else None)
        if owner == who and one["at"] < when:
            found.append(one)
    return found


def _bought(rows: Any, who: str, when: datetime) -> int:
    return sum(
        one["value"] or 0
        for one in _theirs(rows, who, when)
        if one["kind"] == "purchase" and one["at"] >= when - 90 * DAY
    )


def _visited(rows: Any, who: str, when: datetime) -> int | None:
    visits = [one["at"] for one in _theirs(rows, who, when) if one["kind"] == "visit"]
    return (when - max(visits)) // DAY if visits else None


def _open(rows: Any, who: str, when: datetime) -> int:
    account = next(one["account_id"] for one in rows["contacts"] if one["contact_id"] == who)
    return sum(
        one["account_id"] == account
        and one["opened_at"] < when
        and (one["closed_at"] is None or one["closed_at"] >= when)
        for one in rows["deals"]
    )
