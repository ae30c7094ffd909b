"""Features: attributes alone, numbers as numbers, texts as codes, and nothing that breaks a fit."""

import numpy as np
import polars as pl

from tools.prediction.features import MOST_CATEGORIES, encode
from tools.prediction.propensity import fit_propensity
from tools.prediction.training import FOLDS


def observed(**attributes: object) -> pl.DataFrame:
    frame = pl.DataFrame({f"attr_{name}": values for name, values in attributes.items()})
    return frame.with_columns(
        evaluation=pl.int_range(pl.len()) >= frame.height - 1, is_customer=pl.lit(True)
    )


def test_numbers_written_as_text_stay_numbers_and_texts_become_codes() -> None:
    found = encode(observed(age=["30", "4.5", None, "9"], city=["rome", "bonn", "rome", "bonn"]))

    assert found.names == ("attr_age", "attr_city")
    assert found.categorical.tolist() == [False, True]
    np.testing.assert_array_equal(found.matrix, [[30, 1], [4.5, 0], [np.nan, 1], [9, 0]])


def test_a_text_no_training_contact_has_is_missing() -> None:
    found = encode(observed(city=["rome", "bonn", "oslo"]))

    assert np.isnan(found.matrix[2, 0])
    assert not np.isnan(found.matrix[:2, 0]).any()


def test_what_says_the_same_of_everyone_is_left_out() -> None:
    found = encode(observed(same=[1, 1, 1, 2], void=[None, None, None, None]))

    assert found.names == ()
    assert found.matrix.shape == (4, 0)


def test_a_mark_that_only_some_contacts_carry_is_told_from_its_absence() -> None:
    found = encode(observed(mark=[1, None, 1, None]))

    assert found.matrix[:, 0].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_infinite_numbers_count_as_missing() -> None:
    found = encode(observed(score=[1.0, float("inf"), 2.0, float("nan")]))

    assert np.isnan(found.matrix[[1, 3], 0]).all()


def test_only_the_commonest_texts_get_a_code() -> None:
    names = [f"v{i:04}" for i in range(1000)] + ["often"] * 50

    found = encode(observed(name=names))

    assert np.nanmax(found.matrix[:, 0]) == MOST_CATEGORIES - 1
    assert not np.isnan(found.matrix[-1, 0])


def test_a_column_that_is_missing_for_a_whole_arm_does_not_break_its_model() -> None:
    draws = np.random.default_rng(1)
    matrix = np.column_stack([draws.normal(size=600), np.full(600, np.nan), np.ones(600)])
    folds = (np.arange(600) % FOLDS).astype(np.int8)
    answered = draws.random(600) < 0.3

    model = fit_propensity(matrix, np.zeros(3, bool), answered, folds)
    nothing_known = fit_propensity(matrix[:, 1:], np.zeros(2, bool), answered, folds)

    assert np.isfinite(model.chance(matrix, folds)).all()
    assert np.ptp(nothing_known.chance(matrix[:, 1:], folds)) == 0.0
