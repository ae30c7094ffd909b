"""Off-policy evaluation: the logged policy keeps its value, and another gets its own."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DataError
from tools.measurement.offline import difference, policy_value
from tools.measurement.ranking import area_under_curve


def logged(count: int = 6000, seed: int = 5) -> pl.DataFrame:
    draws = np.random.default_rng(seed)
    arm = draws.choice(["a", "b"], p=[0.25, 0.75], size=count)
    kind = np.arange(count) % 2
    good = (arm == "a") == (kind == 0)
    return pl.DataFrame(
        {
            "contact_id": [f"c{i}" for i in range(count)],
            "kind": kind,
            "treatment_id": arm,
            "propensity": np.where(arm == "a", 0.25, 0.75),
            "reward": (draws.random(count) < np.where(good, 0.3, 0.1)).astype(np.float64),
        }
    )


def choosing(rows: pl.DataFrame, treatment: pl.Expr) -> pl.DataFrame:
    return rows.select("contact_id", treatment_id=treatment)


def test_the_value_of_a_policy_nobody_ran_is_found_within_its_error() -> None:
    rows = logged()
    best = choosing(rows, pl.when(pl.col("kind") == 0).then(pl.lit("a")).otherwise(pl.lit("b")))

    found = policy_value(best, rows)

    assert abs(found.ips - 0.3) < 3 * found.ips_se
    assert abs(found.snips - 0.3) < 3 * found.snips_se
    assert found.ips_se < 0.03


def test_two_equal_policies_differ_by_nothing_with_no_error() -> None:
    rows = logged(500)
    always = choosing(rows, pl.lit("a"))

    found = difference(always, always, rows)

    assert (found.ips, found.ips_se, found.snips, found.snips_se) == (0.0, 0.0, 0.0, 0.0)


def test_a_paired_difference_is_surer_than_two_separate_values() -> None:
    rows = logged()
    always = choosing(rows, pl.lit("b"))
    nearly = choosing(
        rows, pl.when(pl.int_range(pl.len()) < 300).then(pl.lit("a")).otherwise(pl.lit("b"))
    )

    paired = difference(nearly, always, rows)

    assert 0.0 < paired.snips_se < 0.5 * policy_value(always, rows).snips_se


def test_a_row_without_propensity_is_refused_with_what_to_do() -> None:
    rows = logged(10).with_columns(propensity=pl.lit(None, pl.Float64))

    with pytest.raises(DataError, match="propensity"):
        policy_value(choosing(rows, pl.lit("a")), rows)


def test_a_contact_without_a_choice_is_refused() -> None:
    rows = logged(10)

    with pytest.raises(DataError, match="one choice"):
        policy_value(choosing(rows, pl.lit("a")).head(9), rows)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=4, max_size=30))
def test_the_area_is_the_share_of_pairs_ranked_rightly(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in pairs])
    answered = np.array([yes for _, yes in pairs])

    found = area_under_curve(scores, answered)

    if min(answered.sum(), (~answered).sum()) < 2:
        assert found is None
        return
    gaps = scores[answered][:, None] - scores[~answered][None, :]
    assert found is not None
    assert found.value == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())
