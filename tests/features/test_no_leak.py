"""Nothing after the instant that is asked about can change a feature."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.features.worlds import AT, CONTACTS, DAY, WORLDS, features, points, warehouse_of
from tools.warehouse.features import compiling
from tools.warehouse.features.engine import features_at

Rows = dict[str, list[dict[str, Any]]]
WHEN = {"deals": ("opened_at", "closed_at"), "contacts": ("created_at",)}
ASKED = points(*((who, AT) for who in CONTACTS))
QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SEEN = {
    "contacts": [{"contact_id": "ann", "account_id": "one", "created_at": AT - 99 * DAY}],
    "touches": [{"touch_id": "t", "contact_id": "ann", "channel": "email", "at": AT - DAY}],
    "outcomes": [{"outcome_id": "o", "contact_id": "ann", "kind": "visit", "at": AT - DAY}],
    "events": [{"event_id": "e", "contact_id": "ann", "kind": "email_opened", "at": AT - DAY}],
    "deals": [{"deal_id": "d", "account_id": "one", "opened_at": AT - 9 * DAY}],
    "deal_stages": [{"deal_id": "d", "stage": "first", "at": AT - 9 * DAY}],
}
AT_THE_INSTANT_OR_LATER: dict[str, dict[str, Any]] = {
    "touches": {"touch_id": "t2", "contact_id": "ann", "channel": "email"},
    "outcomes": {"outcome_id": "o2", "contact_id": "ann", "kind": "visit"},
    "events": {"event_id": "e2", "contact_id": "ann", "kind": "email_opened"},
    "deals": {"deal_id": "d2", "account_id": "one"},
    "deal_stages": {"deal_id": "d", "stage": "second"},
}


def later(rows: Rows, by: timedelta) -> Rows:
    """The same rows with every instant that is not before AT moved further away."""
    return {
        kind: [
            {
                name: value + by if isinstance(value, datetime) and value >= AT else value
                for name, value in one.items()
            }
            for one in said
        ]
        for kind, said in rows.items()
    }


def without_later(rows: Rows) -> Rows:
    """The rows that were there before AT, with of a deal that closed since nothing of how. Whose an
    account is has no instant of its own, so contacts stay."""
    kept: Rows = {"contacts": rows["contacts"]}
    for kind, said in rows.items():
        if kind == "contacts":
            continue
        first = WHEN.get(kind, ("at",))[0]
        kept[kind] = [dict(one) for one in said if one[first] < AT]
    for deal in kept.get("deals", []):
        if deal["closed_at"] is not None and deal["closed_at"] >= AT:
            deal |= {"closed_at": None, "won": None}
        if deal["closed_at"] is None:
            deal |= {"won": None, "amount": None}
    return kept


def at(folder: Path, rows: Rows) -> pl.DataFrame:
    return features_at(warehouse_of(folder, rows), ASKED, features())


@QUICK
@given(rows=WORLDS, by=st.integers(0, 90).map(lambda days: timedelta(days=days)))
def test_shifting_all_that_comes_later_changes_no_feature(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, by: timedelta
) -> None:
    now = at(tmp_path_factory.mktemp("now"), rows)

    assert_frame_equal(now, at(tmp_path_factory.mktemp("later"), later(rows, by)))
    assert_frame_equal(now, at(tmp_path_factory.mktemp("without"), without_later(rows)))


@pytest.mark.parametrize("kind", AT_THE_INSTANT_OR_LATER)
@pytest.mark.parametrize("after", [timedelta(0), timedelta(microseconds=1), 3 * DAY])
def test_a_row_at_the_instant_or_later_is_not_seen_and_would_be_without_the_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, after: timedelta
) -> None:
    when = WHEN.get(kind, ("at",))[0]
    rows = {**SEEN, kind: [*SEEN[kind], AT_THE_INSTANT_OR_LATER[kind] | {when: AT + after}]}
    before = at(tmp_path / "before", SEEN)

    assert_frame_equal(before, at(tmp_path / "after", rows))

    monkeypatch.setattr(compiling, "BEFORE", "TRUE")
    assert not before.equals(at(tmp_path / "let in", rows), null_equal=True)


def test_a_stage_of_a_deal_that_opens_later_is_not_seen(tmp_path: Path) -> None:
    late = {"deal_id": "d2", "account_id": "one", "opened_at": AT + DAY}
    stage = {"deal_id": "d2", "stage": "second", "at": AT - DAY}
    rows = {"deals": [*SEEN["deals"], late], "deal_stages": [*SEEN["deal_stages"], stage]}

    assert_frame_equal(at(tmp_path / "b", SEEN), at(tmp_path / "a", {**SEEN, **rows}))


def test_how_a_deal_will_end_is_not_seen_and_would_be_without_the_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = SEEN["deals"][0] | {"closed_at": AT, "won": True, "amount": 100}
    before = at(tmp_path / "before", SEEN)

    assert_frame_equal(before, at(tmp_path / "after", {**SEEN, "deals": [ends]}))

    monkeypatch.setattr(compiling, "CLOSED", "r.closed_at IS NOT NULL")
    assert not before.equals(at(tmp_path / "let in", {**SEEN, "deals": [ends]}), null_equal=True)


def test_every_kind_of_rows_stands_behind_the_one_filter() -> None:
    for one in compiling.compiled(features()):
        assert one.states.count(compiling.BEFORE) == 1
        assert one.states.count("JOIN (" + one.relation.source.strip() + ") AS r") == 1
