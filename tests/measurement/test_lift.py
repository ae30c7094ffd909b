"""Lift: the experiment's truth within its interval, and null where nothing was compared."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.names import OWN_SOURCE
from tools.measurement.answers import answers
from tools.measurement.lift import lift
from tools.measurement.weighting import weigh

SENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = SENT + timedelta(days=30)
TREATMENTS = pl.DataFrame({"treatment_id": ["offer"], "channel": ["email"]})


def touches_of(
    arms: list[str], propensity: list[float | None], source: str = "file"
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "touch_id": [f"t{i}" for i in range(len(arms))],
            "contact_id": [f"c{i}" for i in range(len(arms))],
            "channel": "email",
            "treatment_id": arms,
            "at": pl.Series([SENT] * len(arms), dtype=pl.Datetime("us", "UTC")),
            "propensity": pl.Series(propensity, dtype=pl.Float64),
            "source": source,
        },
    )


def outcomes_of(
    contacts: list[int], kind: str = "visit", after_days: float = 1.0, value: int | None = None
) -> pl.DataFrame:
    count = len(contacts)
    return pl.DataFrame(
        {
            "contact_id": pl.Series([f"c{i}" for i in contacts], dtype=pl.String),
            "touch_id": pl.Series([None] * count, dtype=pl.String),
            "kind": pl.Series([kind] * count, dtype=pl.String),
            "value": pl.Series([value] * count, dtype=pl.Int64),
            "at": pl.Series(
                [SENT + timedelta(days=after_days)] * count, dtype=pl.Datetime("us", "UTC")
            ),
        }
    )


def row_of(table: pl.DataFrame, measure: str = "answered") -> dict[str, Any]:
    return table.filter(measure=measure).row(0, named=True)


def test_the_lift_of_an_even_experiment_is_the_difference_of_its_rates() -> None:
    touches = touches_of(["offer"] * 100 + ["nothing"] * 100, [0.5] * 200)
    outcomes = outcomes_of([*range(30), *range(100, 110)])

    found = row_of(lift(touches, outcomes, TREATMENTS, "visit", 14, LATER))

    assert found["lift"] == pytest.approx(0.2)
    assert found["lift_se"] == pytest.approx((0.3 * 0.7 / 100 + 0.1 * 0.9 / 100) ** 0.5)
    assert found["relative"] == pytest.approx(2.0)
    assert found["low"] < 0.2 < found["high"]
    assert (found["treated"], found["control"]) == (100, 100)


def test_logged_propensities_undo_an_assignment_that_favoured_the_keen() -> None:
    draws = np.random.default_rng(3)
    keen = draws.random(20_000) < 0.5
    chance = np.where(keen, 0.8, 0.2)
    treated = draws.random(20_000) < chance
    answered = draws.random(20_000) < np.where(keen, 0.4, 0.1) + 0.05 * treated
    touches = touches_of(
        np.where(treated, "offer", "nothing").tolist(),
        np.where(treated, chance, 1 - chance).tolist(),
    )
    outcomes = outcomes_of(np.flatnonzero(answered).tolist())

    found = row_of(lift(touches, outcomes, TREATMENTS, "visit", 14, LATER))

    naive = answered[treated].mean() - answered[~treated].mean()
    assert naive > 0.15
    assert abs(found["lift"] - 0.05) < 3 * found["lift_se"] < 0.05


def test_the_value_lift_counts_money_and_not_answers() -> None:
    touches = touches_of(["offer", "offer", "nothing", "nothing"], [0.5] * 4)
    outcomes = pl.concat([outcomes_of([0], "purchase", value=1000), outcomes_of([1, 2, 3])])

    found = row_of(lift(touches, outcomes, TREATMENTS, "visit", 14, LATER), "value")

    assert found["lift"] == pytest.approx(500.0)
    assert found["relative"] is None


def test_without_a_group_left_alone_no_lift_is_claimed() -> None:
    touches = touches_of(["offer"] * 50, [None] * 50)

    found = row_of(lift(touches, outcomes_of([1, 2]), TREATMENTS, "visit", 14, LATER))

    assert found["lift"] is None
    assert "left alone" in str(found["said"])


def test_touches_whose_propensity_nobody_logged_are_left_out() -> None:
    touches = touches_of(["offer"] * 60 + ["nothing"] * 50, [0.5] * 50 + [None] * 10 + [0.5] * 50)
    outcomes = outcomes_of([*range(10), *range(50, 60), *range(60, 65)])

    found = row_of(lift(touches, outcomes, TREATMENTS, "visit", 14, LATER))

    assert found["treated"] == 50
    assert found["lift"] == pytest.approx(0.1)


def test_our_own_ghosts_are_not_mixed_with_another_experiments_arms() -> None:
    own = touches_of(["offer"] * 40, [0.95] * 40, OWN_SOURCE)
    imported = touches_of(["offer"] * 40 + ["nothing"] * 40, [0.5] * 80).with_columns(
        contact_id=pl.col("contact_id") + "x"
    )

    arms = weigh(
        answers(pl.concat([own, imported]), outcomes_of([1]), "visit", 14, LATER),
        "offer",
        "nothing",
    )

    assert not arms.get_column("own").any()


def test_an_answer_after_the_horizon_does_not_count() -> None:
    touches = touches_of(["offer", "nothing"], [0.5, 0.5])

    late = answers(touches, outcomes_of([0], after_days=15), "visit", 14, LATER)
    timely = answers(touches, outcomes_of([0], after_days=13), "visit", 14, LATER)

    assert late.get_column("answered").to_list() == [False, False]
    assert timely.get_column("answered").to_list() == [True, False]


def test_a_touch_whose_horizon_still_runs_is_not_judged_yet() -> None:
    touches = touches_of(["offer"], [0.5])

    early = answers(touches, outcomes_of([0]), "visit", 14, SENT + timedelta(days=13))
    full = answers(touches, outcomes_of([0]), "visit", 14, SENT + timedelta(days=14))

    assert (early.height, full.height) == (0, 1)


def test_an_outcome_that_names_only_its_touch_finds_its_contact() -> None:
    outcomes = outcomes_of([0]).with_columns(
        contact_id=pl.lit(None, pl.String), touch_id=pl.lit("t0")
    )

    found = answers(touches_of(["offer"], [0.5]), outcomes, "visit", 14, LATER)

    assert found.get_column("answered").to_list() == [True]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 1.0)), min_size=2, max_size=40))
def test_each_arms_weights_sum_to_the_number_of_rows(drawn: list[tuple[bool, float]]) -> None:
    arms = ["offer" if treated else "nothing" for treated, _ in drawn]
    rows = answers(touches_of(arms, [p for _, p in drawn]), outcomes_of([0]), "visit", 14, LATER)

    weighed = weigh(rows, "offer", "nothing")

    assert weighed.height == (len(arms) if len(set(arms)) == 2 else 0)
    for _, arm in weighed.group_by("treated"):
        assert arm.get_column("weight").sum() == pytest.approx(len(arms))
