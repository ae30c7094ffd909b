"""Response curves: found where weeks tell them, honest where they do not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from domain.objective import Objective
from tools.prediction.response import fit_curves
from tools.prediction.saturation import carry_over
from tools.prediction.weekly import by_week

AT = datetime(2026, 3, 2, 7, tzinfo=UTC)
OBJECTIVE = Objective(outcome="visit", horizon_days=14, worth=500, currency="USD", noun="visit")
NO_EVENTS = pl.DataFrame(
    schema={"kind": pl.String, "at": pl.Datetime("us", "UTC"), "value": pl.Int64}
)


def days(weeks: int) -> list[datetime]:
    return [AT - timedelta(days=7 * (weeks - i)) for i in range(weeks)]


def spend_rows(campaign: str, spend: np.ndarray, revenue: np.ndarray | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "campaign_id": campaign,
            "platform": "search",
            "date": [day.date() for day in days(len(spend))],
            "spend": spend.astype(np.int64),
            "revenue": pl.Series(
                [None] * len(spend) if revenue is None else revenue.astype(np.int64),
                dtype=pl.Int64,
            ),
        }
    )


def revenue_events(revenue: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "kind": "revenue",
            "at": pl.Series(days(len(revenue)), dtype=pl.Datetime("us", "UTC")),
            "value": revenue.astype(np.int64),
        }
    )


def world(weeks: int = 156, noise: float = 20_000.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two campaigns; only the first brings anything: 900,000 * s / (150,000 + s) a week."""
    draws = np.random.default_rng(9)
    first = draws.uniform(0, 300_000, weeks)
    second = draws.uniform(0, 300_000, weeks)
    carried = carry_over(first, 0.3)
    season = 200_000 * np.sin(2 * np.pi * np.arange(weeks) / 52.1775)
    brought = 900_000 * carried / (150_000 + carried)
    revenue = 2_000_000 + season + brought + draws.normal(scale=noise, size=weeks)
    return first, second, revenue


def test_a_joint_fit_finds_which_campaign_brings_the_accounts_revenue() -> None:
    first, second, revenue = world()
    spend = pl.concat([spend_rows("brand", first), spend_rows("idle", second)])

    brand, idle = fit_curves(spend, revenue_events(revenue), OBJECTIVE, AT)

    truth = 900_000 * brand.spend_now / (150_000 + brand.spend_now)
    assert brand.evidence == "measured"
    assert abs(float(brand.curve.value(brand.spend_now)) - truth) < 4 * brand.value_se
    assert brand.value_se < 0.2 * truth
    assert idle.evidence == "prior"


def test_a_campaign_the_weeks_say_nothing_of_gets_no_reason_to_move() -> None:
    first, second, revenue = world()
    spend = pl.concat([spend_rows("brand", first), spend_rows("idle", second)])

    _, idle = fit_curves(spend, revenue_events(revenue), OBJECTIVE, AT)

    assert idle.curve.slope(idle.spend_now) == pytest.approx(1.0, rel=1e-3)
    assert idle.value_se == pytest.approx(float(idle.curve.value(idle.spend_now)), rel=1e-3)
    assert idle.words.startswith("Not measured")


def test_revenue_claimed_per_campaign_is_fitted_per_campaign() -> None:
    draws = np.random.default_rng(2)
    spend = draws.uniform(20_000, 300_000, 60)
    claimed = 500_000 * spend / (120_000 + spend) * draws.lognormal(sigma=0.05, size=60)

    (found,) = fit_curves(spend_rows("brand", spend, claimed), NO_EVENTS, OBJECTIVE, AT)

    truth = 500_000 * found.spend_now / (120_000 + found.spend_now)
    assert found.evidence == "measured"
    assert float(found.curve.value(found.spend_now)) == pytest.approx(truth, rel=0.1)


def test_the_declared_share_and_margin_scale_value_and_error() -> None:
    draws = np.random.default_rng(2)
    spend = draws.uniform(20_000, 300_000, 60)
    rows = spend_rows(
        "brand", spend, 500_000 * spend / (120_000 + spend) + draws.normal(0, 9e3, 60)
    )

    (whole,) = fit_curves(rows, NO_EVENTS, OBJECTIVE, AT)
    (part,) = fit_curves(rows, NO_EVENTS, OBJECTIVE, AT, incremental_share=0.5, margin=0.4)

    assert part.curve.scale == pytest.approx(0.2 * whole.curve.scale)
    assert part.value_se == pytest.approx(0.2 * whole.value_se)


def test_too_few_weeks_give_a_prior_with_an_error_as_wide_as_its_value() -> None:
    spend = np.full(10, 50_000.0)

    (found,) = fit_curves(spend_rows("new", spend, spend * 3), NO_EVENTS, OBJECTIVE, AT)

    assert (found.evidence, found.spend_now) == ("prior", 50_000)
    assert found.value_se == pytest.approx(float(found.curve.value(50_000)))


def test_every_curve_is_concave_and_spend_now_is_the_mean_of_four_weeks() -> None:
    first, second, revenue = world()
    spend = pl.concat([spend_rows("brand", first), spend_rows("idle", second)])

    for found in fit_curves(spend, revenue_events(revenue), OBJECTIVE, AT):
        values = np.diff(found.curve.value(np.linspace(1, 500_000, 50)))
        assert np.all(np.diff(values) <= 1e-9)
        assert found.curve.shape <= 1.0

    now = fit_curves(spend_rows("brand", first), NO_EVENTS, OBJECTIVE, AT)[0].spend_now
    assert now == round(float(first.astype(np.int64)[-4:].mean()))


def test_the_same_seed_gives_the_same_curves() -> None:
    first, second, revenue = world(120)
    spend = pl.concat([spend_rows("brand", first), spend_rows("idle", second)])

    once = fit_curves(spend, revenue_events(revenue), OBJECTIVE, AT)

    assert once == fit_curves(spend.reverse(), revenue_events(revenue), OBJECTIVE, AT)


def test_spend_from_the_day_of_the_run_on_is_not_seen() -> None:
    rows = spend_rows("brand", np.full(30, 10_000.0))
    future = rows.with_columns(date=pl.lit(AT.date()), spend=pl.lit(999_999, pl.Int64)).head(1)

    weeks = by_week(pl.concat([rows, future]), NO_EVENTS, AT)

    assert weeks.spend.max() == 10_000


def test_newest_weeks_without_any_row_are_unreported_and_not_zero() -> None:
    rows = spend_rows("brand", np.full(30, 10_000.0))

    weeks = by_week(rows, NO_EVENTS, AT + timedelta(days=9))

    assert weeks.spend.shape == (30, 1)
    assert weeks.spend.min() == 10_000


def test_carryover_keeps_a_constant_spend_as_it_is() -> None:
    np.testing.assert_allclose(carry_over(np.full(20, 7.0), 0.6), 7.0)


def test_no_spend_at_all_gives_no_curve() -> None:
    empty = spend_rows("brand", np.ones(1)).clear()

    assert fit_curves(empty, NO_EVENTS, OBJECTIVE, AT) == ()
