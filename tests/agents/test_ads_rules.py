"""The ads strategist: money moves where its next unit earns, and nobody is chased in vain."""

from pathlib import Path
from typing import Any

import pytest

from agents.ads_rules import customers_chased, money_moves, weak_curves
from tests.agents.worlds import curve, desk_in, said, treatment


@pytest.mark.parametrize(
    ("spend_now", "changes", "word"),
    [
        (50_000, {}, "Raise"),
        (200_000, {}, "Lower"),
        (100_000, {}, None),  # the next unit returns itself
        (50_000, {"evidence": "prior"}, None),
        (0, {}, None),
    ],
)
def test_money_moves_one_step_to_where_its_next_unit_brings_most(
    tmp_path: Path, spend_now: int, changes: dict[str, Any], word: str | None
) -> None:
    desk = desk_in(tmp_path, curves=(curve("search_ads", spend_now, **changes),))

    proposals = list(money_moves(desk))

    assert [one.change.split()[0] for one in proposals] == ([word] if word else [])
    for one in proposals:
        step = 1.2 if word == "Raise" else 0.8
        assert (one.kind, one.subject) == ("budget_move", "search_ads")
        assert one.evidence[2].figure == spend_now * step
        assert one.expected_value > 0


@pytest.mark.parametrize(("evidence", "fires"), [("prior", True), ("measured", False)])
def test_a_campaign_whose_curve_nobody_knows_needs_a_lift_test(
    tmp_path: Path, evidence: str, fires: bool
) -> None:
    desk = desk_in(tmp_path, curves=(curve("tv", 50_000, evidence=evidence),))

    assert said(weak_curves, desk) == ([("experiment", "tv")] if fires else [])


@pytest.mark.parametrize("is_customer", [True, False])
def test_customers_in_an_audience_are_named_with_what_chasing_them_costs(
    tmp_path: Path, is_customer: bool
) -> None:
    programme = {
        "treatments": [treatment("follow_ad", channel="ads")],
        "members": [{"contact_id": "ada", "campaign_id": "follow"}],
    }
    people = [{"contact_id": "ada", "is_customer": is_customer}]
    desk = desk_in(tmp_path, people, programme=programme)

    proposals = list(customers_chased(desk))

    assert [(one.kind, one.subject) for one in proposals] == (
        [("new_audience", "follow")] if is_customer else []
    )
    assert [one.expected_value for one in proposals] == ([8.0] if is_customer else [])
