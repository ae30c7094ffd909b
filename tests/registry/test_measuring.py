"""The figures behind the checks: calibration, pairs on the same rows, drift, groups."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.fits import NOON
from tools.prediction.appointing import Fit
from tools.prediction.registry.drift import stability_index
from tools.prediction.registry.fairness import Side, Sides, group_gaps
from tools.prediction.registry.filing import Asked, Filed, challengers
from tools.prediction.registry.scoring import Judged, calibration_of, metrics_of, paired

ASKED = Asked("run-1", NOON, ("country",), {})


def judged(chance: np.ndarray, seed: int = 1, odds: np.ndarray | None = None) -> Judged:
    draws = np.random.default_rng(seed)
    answered = draws.random(len(chance)) < (chance if odds is None else odds)
    return Judged(chance, answered, np.arange(len(chance)), np.arange(len(chance)))


def test_the_calibration_table_holds_every_row_once_and_in_order(filed: Filed) -> None:
    table = filed.version.calibration
    assert len(table) == 10
    assert [one.predicted for one in table] == sorted(one.predicted for one in table)
    assert max(one.rows for one in table) - min(one.rows for one in table) <= 1


def test_true_chances_have_a_calibration_error_within_its_noise_and_wrong_ones_do_not() -> None:
    true = np.random.default_rng(2).uniform(0.05, 0.4, 20_000)
    right = {one.name: one for one in metrics_of(judged(true))}["calibration_error"]
    wrong = {one.name: one for one in metrics_of(judged(true + 0.1, odds=true))}
    assert right.value < 0.012
    assert abs(wrong["calibration_error"].value - 0.1) < 3 * right.se


def test_the_same_chances_beside_themselves_differ_by_nothing() -> None:
    one = judged(np.random.default_rng(2).uniform(0.05, 0.4, 1000))
    assert all(found.difference == 0.0 and found.se == 0.0 for found in paired(one, one))


def test_a_challenger_that_ranks_by_chance_is_found_worse_than_one_that_knows() -> None:
    true = np.random.default_rng(2).uniform(0.02, 0.6, 4000)
    knows = judged(true)
    blind = replace(knows, chance=np.full(4000, true.mean()))
    found = {one.name: one for one in paired(knows, blind)}
    assert found["log_loss"].difference > 3 * found["log_loss"].se > 0
    assert found["auc"].difference < -3 * found["auc"].se
    assert found["auc"].challenger == 0.5


@given(st.integers(1, 400), st.integers(0, 50))
def test_no_shift_is_an_index_of_nothing_and_any_other_is_positive(rows: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=rows)
    assert stability_index(values, values) == pytest.approx(0.0, abs=1e-12)
    assert stability_index(values, values + 10.0) >= 0.0


def test_numbers_codes_and_what_is_missing_each_show_when_they_move() -> None:
    draws = np.random.default_rng(4)
    before = draws.normal(size=2000)
    assert stability_index(before, draws.normal(size=2000)) < 0.05
    assert stability_index(before, before + 1.0) > 0.25
    holes = np.where(draws.random(2000) < 0.5, np.nan, before)
    assert stability_index(before, holes) > 0.25
    codes = draws.integers(0, 3, 2000).astype(np.float64)
    assert stability_index(codes, np.full(2000, 2.0), codes=True) > 0.25


def test_a_challenger_is_judged_on_evaluation_contacts_beside_the_champion(
    fit: Fit, filed: Filed
) -> None:
    name = filed.version.name
    (one,) = challengers(fit, "rate", {name: filed.version.version_id}, ASKED)
    found = one.compared
    assert found is not None
    rows = fit.room.lessons.evaluation.filter(pl.col("treatment_id") == "offer")
    assert (found.rows, found.against) == (rows.height, filed.version.version_id)
    by_name = {metric.name: metric for metric in found.metrics}
    assert by_name["log_loss"].difference > by_name["log_loss"].se
    assert by_name.keys() == {"log_loss", "calibration_error", "auc", "qini"}
    assert one.version.version_id != filed.version.version_id
    assert found.groups_said == "No such attribute: country."


def test_the_champions_own_family_does_not_challenge_itself(fit: Fit, filed: Filed) -> None:
    assert not [*challengers(fit, "stack", {filed.version.name: "mv-1"}, ASKED)]


def sides(fit: Fit, chance: np.ndarray, answered: np.ndarray) -> Sides:
    estimate = replace(fit.estimates[0], effect=chance)
    side = Side(estimate, Judged(chance, answered, np.arange(len(chance)), np.arange(len(chance))))
    return Sides(side, side)


def test_groups_that_are_chosen_unlike_show_a_gap_and_special_ones_are_not_compared(
    fit: Fit,
) -> None:
    country = np.where(np.arange(1000) < 500, "DE", "US")
    people = pl.DataFrame({"country": country, "attr_religion": country, "attr_tier": country})
    answered = np.ones(1000, dtype=np.bool_)
    unlike = np.where(country == "DE", 0.9, 0.1) + np.linspace(0, 1e-3, 1000)
    gaps, said = group_gaps(("country", "religion"), people, 1000, sides(fit, unlike, answered), {})
    assert {(one.attribute, one.figure): round(one.gap, 2) for one in gaps} == {
        ("country", "selection rate"): 0.4,
        ("country", "true positive rate"): 0.4,
    }
    assert "Special categories of personal data, by which nobody is compared: religion." in said
    alike = np.full(1000, 0.3)
    even, _ = group_gaps(("tier",), people, 1000, sides(fit, alike, answered), {})
    assert [one.gap for one in even] == pytest.approx([0.0, 0.0])


def test_a_group_too_small_to_tell_is_not_compared(fit: Fit) -> None:
    country = np.where(np.arange(1000) < 19, "DE", "US")
    people = pl.DataFrame({"country": country})
    chance = np.linspace(0, 1, 1000)
    both = sides(fit, chance, np.ones(1000, dtype=np.bool_))
    assert group_gaps(("country",), people, 1000, both, {}) == (
        (),
        "Fewer than two groups large enough: country.",
    )


def test_a_table_of_few_rows_has_a_group_for_each() -> None:
    assert [one.rows for one in calibration_of(judged(np.array([0.1, 0.2, 0.3])))] == [1, 1, 1]
