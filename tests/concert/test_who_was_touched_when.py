"""Who was touched when is no hour's doing: what a run's own models foresee is not counted again."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from tests.prediction.test_predicting import AT, OFFER, VISIT, World
from tools.prediction.predicting import Forecast, predict
from tools.prediction.send_time import fit_send_times
from tools.prediction.time_curves import HOURS_TOGETHER
from tools.prediction.timing import lessons_of

EVENING, MORNING = 19, 8


def people(world: World) -> pl.DataFrame:
    return world.observations().with_columns(timezone=pl.lit("UTC"))


@cache
def told(better_evenings: float) -> tuple[Forecast, pl.DataFrame]:
    """Four in five of the keen were mailed in the evening, one in five of the others; evenings are
    answered so many times as often."""
    world = World(9000, 0.4, 0.0, seed=4)
    draws = np.random.default_rng(5)
    late = draws.random(9000) < np.where(world.keen, 0.8, 0.2)
    kept = draws.random(9000) < np.where(late, 1.0, 1.0 / better_evenings)
    world.answered = world.answered & kept
    hours = pl.lit(pl.Series(np.where(late, EVENING, MORNING) - 12))
    touches = world.touches().with_columns(pl.col("at") + pl.duration(hours=hours))
    known = people(world)
    return predict(known, touches, world.outcomes(), OFFER, (VISIT,), (), AT), known


def ratio(rows: pl.DataFrame, known: pl.DataFrame) -> float:
    curve = fit_send_times(rows, known, AT).hours.multiplier
    return float(curve[EVENING // HOURS_TOGETHER] / curve[MORNING // HOURS_TOGETHER])


def test_keen_people_mailed_in_the_evening_make_no_evening_better() -> None:
    forecast, known = told(1.0)

    (rows,) = lessons_of(forecast.fits).values()

    assert ratio(rows.drop("foreseen"), known) > 1.5
    assert ratio(rows, known) == 1.0


def test_evenings_that_are_better_are_found_beside_who_was_mailed_then() -> None:
    forecast, known = told(2.0)

    (rows,) = lessons_of(forecast.fits).values()

    assert ratio(rows.drop("foreseen"), known) > 2.5
    assert ratio(rows, known) == pytest.approx(2.0, rel=0.2)


def test_a_treatment_without_a_model_is_held_against_its_own_mean() -> None:
    forecast, known = told(1.0)
    (rows,) = lessons_of(forecast.fits).values()
    unknown = rows.with_columns(foreseen=pl.lit(None, pl.Float64))

    assert ratio(unknown, known) == pytest.approx(ratio(rows.drop("foreseen"), known))


def test_every_touch_of_a_modelled_treatment_is_foreseen_and_nobody_left_alone() -> None:
    forecast, _ = told(1.0)
    (rows,) = lessons_of(forecast.fits).values()

    offered = rows.get_column("treatment_id") == "offer"
    assert (rows.get_column("foreseen").is_not_null() == offered).all()


def test_whom_models_are_judged_by_teaches_no_hour() -> None:
    forecast, known = told(1.0)
    (rows,) = lessons_of(forecast.fits).values()

    judged_by = known.filter("evaluation").get_column("contact_id")
    assert judged_by.len() > 100
    assert not rows.get_column("contact_id").is_in(judged_by.implode()).any()
