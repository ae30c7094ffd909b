"""The evaluations' own grader: it passes what reached its target and fails what did not."""

import math

import polars as pl
import pytest

from domain.errors import DataError
from evals.email_policy import choices_of
from evals.figure import aimed, shown
from evals.real_data import data_folders, read_calls, read_experiment


def test_a_figure_within_its_error_of_the_target_reached_it() -> None:
    assert aimed("f", "w", 0.66, 0.02, 0.67, within_errors=1.0).verdict == "reached"


def test_a_figure_further_below_missed_it() -> None:
    assert aimed("f", "w", 0.64, 0.02, 0.67, within_errors=1.0).verdict == "missed"
    assert aimed("f", "w", 0.66, 0.02, 0.67, within_errors=0.0).verdict == "missed"


def test_a_figure_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        aimed("f", "w", math.nan, 0.02, 0.67, within_errors=1.0)


def test_an_interval_needs_an_error() -> None:
    assert shown("f", "w", 1.0).interval is None
    assert shown("f", "w", 1.0, 0.5).interval == pytest.approx((0.02, 1.98), abs=1e-3)


def test_each_contact_gets_its_largest_positive_effect_or_nothing() -> None:
    predictions = pl.DataFrame(
        {
            "contact": [0, 0, 1, 1, 2, 2],
            "treatment_id": ["a", "b"] * 3,
            "effect": [0.1, 0.2, -0.1, -0.2, 0.3, 0.3],
        }
    )
    contacts = pl.DataFrame({"contact": [2, 1, 0], "contact_id": ["c2", "c1", "c0"]})

    found = choices_of(predictions, contacts)

    assert found.rows() == [("c2", "a"), ("c1", "nothing"), ("c0", "b")]


def test_missing_data_are_named_with_what_to_set(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARANCE_DATA", str(tmp_path))

    with pytest.raises(DataError, match="CLEARANCE_DATA"):
        read_experiment()


def test_the_real_data_read_as_published() -> None:
    if not any((folder / "hillstrom.csv.gz").is_file() for folder in data_folders()):
        pytest.skip("needs the real data: set CLEARANCE_DATA, or ship the samples' copies")

    experiment, calls = read_experiment(), read_calls()

    assert experiment.contacts.height == 64_000
    assert experiment.outcomes.filter(kind="visit").height == round(0.14678 * 64_000)
    assert (calls.height, calls.get_column("answered").sum()) == (45_211, 5_289)
    assert "attr_duration" not in calls.columns
