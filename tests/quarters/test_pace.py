"""The pace of a quarter's budget: when it begins and ends, and what may be spent by when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tables import INSTANT
from graph.quarter_spend import spent_by_campaigns
from policies.money_limits import QuarterBudget
from policies.quarters import bounds, elapsed, least_by, most_by, problems, remarks
from tests.policies.worlds import SAID, sample_policy

JULY, OCTOBER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def budget(**what: Any) -> QuarterBudget:
    plain = {"pool": "media", "quarter": "2026Q3", "at_most": 92_000, "deviation": 0.1}
    return QuarterBudget.model_validate({**SAID, **plain, **what})


def test_a_quarter_is_one_of_the_calendar_in_utc() -> None:
    assert bounds("2026Q3") == (JULY, OCTOBER)
    assert bounds("2026Q4")[1] == bounds("2027Q1")[0] == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, 0), (0, 0), (10, 11_000), (46, 50_600), (91, 92_000), (200, 92_000)]
)
def test_the_spend_may_run_ahead_by_the_deviation_and_never_beyond_the_quarters(
    days: int, expected: int
) -> None:
    assert most_by(budget(), JULY + days * DAY) == pytest.approx(expected)


def test_a_floor_lags_behind_when_the_deviation_is_used_up_and_at_the_end_at_once() -> None:
    floored = budget(floor=46_000)

    assert least_by(floored, JULY + 46 * DAY) == pytest.approx(20_700)
    assert least_by(floored, OCTOBER) == 46_000
    assert least_by(budget(), OCTOBER) == 0


@given(
    st.integers(0, 100),
    st.integers(0, 100),
    st.floats(0, 1),
    st.integers(0, 10**9),
)
def test_the_pace_never_falls_and_never_exceeds_the_quarters_budget(
    first: int, more: int, deviation: float, at_most: int
) -> None:
    rule = budget(at_most=at_most, deviation=deviation)
    early, late = (most_by(rule, JULY + days * DAY) for days in (first, first + more))

    assert 0 <= early <= late <= at_most
    assert late <= elapsed(rule, JULY + (first + more) * DAY) * at_most * (1 + deviation) + 1e-6


def said(*rules: QuarterBudget) -> list[str]:
    policy = sample_policy(quarter_budgets=rules)
    return [one.said for one in (*problems(policy), *remarks(policy))]


def test_a_quarter_budget_of_no_pool_twice_or_below_its_floor_is_refused() -> None:
    assert "which has no `budgets`" in said(budget(pool="other"))[0]
    assert "2 times" in said(budget(), budget())[0]
    assert "floor of 93000 above 92000" in said(budget(floor=93_000))[0]
    assert said(budget(floor=92_000), budget(quarter="2026Q4")) == []


def test_a_floor_that_the_pools_own_window_never_lets_through_is_remarked() -> None:
    """The sample's window lets 100,000 through in 7 days."""
    (remark,) = said(budget(at_most=9_000_000, floor=2_000_000))

    assert "wants 2000000 spent; `budgets` of 7 days let 1314286 through" in remark


def spend(*rows: tuple[str, datetime, int], platform: str = "search") -> pl.DataFrame:
    schema = {"campaign_id": pl.String, "date": INSTANT, "spend": pl.Int64}
    told = pl.DataFrame(list(rows), schema=schema, orient="row")
    return told.with_columns(platform=pl.lit(platform))


WEEKLY = spend(*(("a", JULY + timedelta(days=day), 700) for day in (-10, -3, 4)))


def test_a_period_that_began_before_the_quarter_counts_by_the_days_that_lie_in_it() -> None:
    assert spent_by_campaigns(WEEKLY, {}, JULY, JULY + 11 * DAY) == pytest.approx(400 + 700)


def test_time_that_nobody_told_of_costs_what_the_campaign_spent_last_or_may_spend() -> None:
    later = JULY + 21 * DAY

    assert spent_by_campaigns(WEEKLY, {}, JULY, later) == pytest.approx(1_100 + 1_000)
    assert spent_by_campaigns(WEEKLY, {"a": 70.0}, JULY, later) == pytest.approx(1_100 + 1_000)
    assert spent_by_campaigns(WEEKLY, {"a": 7_000.0}, JULY, later) == pytest.approx(1_100 + 10_000)


def test_of_a_campaign_on_two_platforms_each_goes_on_as_it_did_last() -> None:
    both = pl.concat([WEEKLY, spend(("a", JULY + 4 * DAY, 1_400), platform="social")])
    told, later = 400 + 700 + 1_400, JULY + 21 * DAY

    assert spent_by_campaigns(both, {}, JULY, later) == pytest.approx(told + (700 + 1_400) / 0.7)
    assert spent_by_campaigns(both, {"a": 7_000.0}, JULY, later) == pytest.approx(told + 10_000)


def test_a_campaign_that_no_platform_told_of_counts_with_what_it_may_spend() -> None:
    assert spent_by_campaigns(spend(), {"b": 700.0}, JULY, JULY + 14 * DAY) == pytest.approx(1_400)


def test_before_the_quarter_nothing_of_it_is_spent() -> None:
    assert spent_by_campaigns(WEEKLY, {"a": 700.0}, OCTOBER, JULY) == 0.0
