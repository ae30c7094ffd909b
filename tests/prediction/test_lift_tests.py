"""Lift tests from the warehouse: they calibrate a campaign's curve, where they can be weighed."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tests.prediction.test_response import AT, OBJECTIVE, days, revenue_events, spend_rows
from tools.prediction.lift_tests import over_weeks
from tools.prediction.response import fit_curves
from tools.prediction.weekly import by_week
from tools.warehouse.importing import import_file
from tools.warehouse.kinds import KINDS
from tools.warehouse.store import Warehouse

WEEKS = 156
TODAY = AT.replace(hour=0)


def one_test(**changed: object) -> pl.DataFrame:
    """One holdout test of eight weeks, `changed` where said."""
    row = {
        "test_id": "t1",
        "campaign_id": "brand",
        "platform": "search",
        "starts_at": TODAY - timedelta(weeks=60),
        "ends_at": TODAY - timedelta(weeks=52),
        "spend_change": 1_200_000,
        "incremental": 2_400_000,
        "standard_error": 100_000,
    }
    return pl.DataFrame([row | changed], schema_overrides=KINDS["lift_tests"].schema)


def seasonal() -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """A campaign whose spend follows the season: (spend rows, revenue events, spend)."""
    draws = np.random.default_rng(3)
    season = np.sin(2 * np.pi * np.arange(WEEKS) / 52.1775)
    spend = 150_000 * np.exp(0.5 * season + 0.2 * draws.standard_normal(WEEKS))
    revenue = 2_000_000 + 300_000 * season + 900_000 * spend / (150_000 + spend)
    told = revenue_events(revenue + draws.normal(0.0, 20_000, WEEKS))
    return spend_rows("brand", spend), told, spend


def test_a_refused_campaign_is_measured_once_a_lift_test_speaks_for_it() -> None:
    rows, told, spend = seasonal()
    held = spend[-60:-52]
    test = one_test(
        spend_change=round(float(held.sum())),
        incremental=round(float((900_000 * held / (150_000 + held)).sum())),
    )

    (alone,) = fit_curves(rows, told, OBJECTIVE, AT)
    (tested,) = fit_curves(rows, told, OBJECTIVE, AT, lift_tests=test)

    now = tested.spend_now
    truth = 900_000 * now / (150_000 + now)
    assert alone.evidence == "prior"
    assert "confounding suspected" in alone.words
    assert (tested.evidence, tested.model) == ("measured", "hill-joint+lift")
    assert tested.interval[0] < truth < tested.interval[1]


def test_what_a_lift_test_found_is_not_cut_by_the_declared_share() -> None:
    rows, told, spend = seasonal()
    held = spend[-60:-52]
    test = one_test(
        spend_change=round(float(held.sum())),
        incremental=round(float((900_000 * held / (150_000 + held)).sum())),
    )

    (found,) = fit_curves(rows, told, OBJECTIVE, AT, lift_tests=test, incremental_share=0.3)

    truth = 900_000 * found.spend_now / (150_000 + found.spend_now)
    assert found.interval[0] > 0.5 * truth


def test_a_test_that_cannot_be_weighed_is_left_out() -> None:
    rows, told, _ = seasonal()
    weeks = by_week(rows, told, AT)

    assert len(over_weeks(one_test(), weeks, AT)) == 1
    for changed in (
        {"standard_error": 0},
        {"ends_at": AT + timedelta(days=1)},
        {"starts_at": AT - timedelta(weeks=WEEKS + 5)},
        {"campaign_id": "another"},
    ):
        assert over_weeks(one_test(**changed), weeks, AT) == ()


def test_a_test_lies_on_the_weeks_it_ran_in() -> None:
    rows, told, _ = seasonal()

    (found,) = over_weeks(one_test(), by_week(rows, told, AT), AT)

    assert (found.first, found.last) == (WEEKS - 60, WEEKS - 53)


def test_a_recorded_control_takes_its_part_out_of_the_baseline() -> None:
    draws = np.random.default_rng(8)
    sale = (draws.random(WEEKS) < 0.2).astype(np.float64)
    spend = draws.uniform(20_000, 200_000, WEEKS) * (1.0 + sale)
    revenue = 2_000_000 + 500_000 * sale + 600_000 * spend / (150_000 + spend)
    told = revenue_events(revenue + draws.normal(0.0, 30_000, WEEKS))
    when = [day for day, is_on in zip(days(WEEKS), sale, strict=True) if is_on]
    controls = pl.DataFrame(
        {
            "kind": "control",
            "at": pl.Series(when, dtype=pl.Datetime("us", "UTC")),
            "value": pl.Series([None] * len(when), dtype=pl.Int64),
            "subject": "sale",
        }
    )
    known = pl.concat([told.with_columns(subject=pl.lit(None, pl.String)), controls])

    weeks = by_week(spend_rows("brand", spend), known, AT)
    (without,) = fit_curves(spend_rows("brand", spend), told, OBJECTIVE, AT)

    assert weeks.controls[:, 0].tolist() == sale.tolist()
    truth = 600_000 * without.spend_now / (150_000 + without.spend_now)
    assert not without.interval[0] < truth < without.interval[1]
    (found,) = fit_curves(spend_rows("brand", spend), known, OBJECTIVE, AT)
    assert found.evidence == "prior" or found.interval[0] < truth < found.interval[1]


def test_a_lift_test_is_imported_with_what_was_held_back(tmp_path: Path) -> None:
    file = tmp_path / "tests.csv"
    file.write_text(
        "test_id,campaign_id,platform,starts_at,ends_at,spend_change,incremental,standard_error\n"
        "t1,brand,search,2026-01-05,2026-03-02,-1200.50,-2400.00,100.00\n"
    )
    store = Warehouse(tmp_path / "warehouse")

    report = import_file("lift_tests", file, "USD", store, tmp_path / "quarantine")

    assert (report.loaded, report.quarantined) == (1, 0)
    row = store.table("lift_tests").row(0, named=True)
    assert (row["spend_change"], row["incremental"]) == (-120_050, -240_000)
