"""A propensity that nothing measured follows the newest answers where their rate moved."""

from datetime import timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from tests.prediction.test_predicting import AT, CALL, CALLS, VISIT, World
from tools.prediction import chances
from tools.prediction.chances import Models
from tools.prediction.features import Features
from tools.prediction.following import Rows
from tools.prediction.predicting import Forecast, predict
from tools.prediction.priors import LEAST_OUTCOMES
from tools.prediction.propensity import fit_propensity
from tools.prediction.recalibrating import expected_calibration_error
from tools.prediction.registry.scoring import judged_of

COUNT = 3_000
DAYS = 60
NEWEST = 10
MICROSECONDS = pl.Datetime("us", "UTC")


def _back(days: npt.NDArray[np.float64]) -> pl.Series:
    """Instants so many days before AT."""
    return pl.Series([AT - timedelta(days=float(one)) for one in days], dtype=MICROSECONDS)


@cache
def called(rate_now: float, rate_before: float = 0.1, seed: int = 1) -> Forecast:
    """Everybody was called on one of DAYS; in the last NEWEST of them another share visited."""
    world, draws = World(COUNT, 0.0, 0.0, seed), np.random.default_rng(seed + 1)
    back = np.sort(draws.integers(0, DAYS, COUNT))[::-1].astype(np.int64) + VISIT.horizon_days + 1
    now = back <= NEWEST + VISIT.horizon_days
    at = _back(back.astype(np.float64))
    visited = draws.random(COUNT) < np.where(now, rate_now, rate_before)
    world.answered = visited
    outcomes = world.outcomes().with_columns(at=at.filter(pl.Series(visited)) + timedelta(days=2))
    calls = world.calls_without_control().with_columns(at=at)
    return predict(world.observations(), calls, outcomes, CALL, (VISIT,), (CALLS,), AT)


def propensity(forecast: Forecast) -> float:
    """Mean chance of an answer after a call: without it, and what a call adds."""
    rows = forecast.predictions
    return float(rows.select((pl.col("base") + pl.col("effect")).mean()).item())


@pytest.mark.parametrize(("rate_now", "low", "high"), [(0.25, 0.2, 0.3), (0.03, 0.01, 0.065)])
def test_a_rate_that_moved_is_that_of_the_newest_answers(
    rate_now: float, low: float, high: float
) -> None:
    forecast = called(rate_now)

    assert low < propensity(forecast) < high
    assert "corrected by the newest answers since their rate moved" in forecast.cards[0].words


def test_a_rate_that_stood_still_is_that_of_all_answers_and_nothing_is_said() -> None:
    forecast = called(0.1)

    assert propensity(forecast) == pytest.approx(0.1, abs=0.02)
    assert "newest answers" not in forecast.cards[0].words


def test_the_effect_of_a_declared_share_follows_and_its_error_too() -> None:
    effect, error = (
        [float(called(now).predictions[name].mean()) for now in (0.1, 0.25)]  # type: ignore[arg-type]
        for name in ("effect", "effect_se")
    )

    assert effect[1] > 1.7 * effect[0]
    assert error[1] > 1.7 * error[0]


def test_what_is_kept_of_a_run_says_the_same_of_a_contact_alone() -> None:
    forecast = called(0.25)
    world = World(COUNT, 0.0, 0.0, 1)

    alone = forecast.fitted.score(world.observations()[41:42])

    assert alone.equals(forecast.predictions.filter(contact=41))


@pytest.mark.parametrize("family", ["stack", "rate"])
def test_a_corrected_propensity_has_the_log_odds_that_were_asked_for(family: str) -> None:
    draws = np.random.default_rng(7)
    matrix, folds = draws.normal(size=(900, 2)), (np.arange(900) % 5).astype(np.int8)
    answered = draws.random(900) < 0.3
    plain = np.zeros(2, dtype=np.bool_)
    model = fit_propensity(matrix, plain, answered, folds, family)  # type: ignore[arg-type]

    found = model.corrected(0.4, 0.8).logits(matrix, folds)

    assert np.allclose(found, 0.4 + 0.8 * model.logits(matrix, folds), atol=1e-9)


def test_a_version_is_judged_as_it_would_have_spoken_when_each_touch_was_made() -> None:
    """Told by the newest rate, evaluation contacts of before the move would all look wrong."""
    forecast = called(0.25)
    (fit,) = forecast.fits
    (estimate,) = fit.estimates

    judged = judged_of(estimate, fit.room.lessons.evaluation, fit.room.models)

    newest = (estimate.base + estimate.effect)[judged.row]
    off, naive = (
        expected_calibration_error(one, judged.answered) for one in (judged.chance, newest)
    )
    assert off < 0.06 < 0.08 < naive


def test_a_version_is_judged_without_answers_whose_horizon_had_not_passed() -> None:
    """The rate moved NEWEST days before the end, less than a horizon: no call was told of it."""
    forecast = called(0.25)
    (fit,) = forecast.fits
    (estimate,) = fit.estimates

    judged = judged_of(estimate, fit.room.lessons.evaluation, fit.room.models)

    since = judged.chance[judged.row > COUNT - 400]
    assert VISIT.horizon_days > NEWEST
    assert len(since) > 50
    assert since.max() < 0.15 < 0.2 < propensity(forecast)


def ten_a_day(days: int, answered: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Touches as training rows, of another contact each, in no order of time."""
    row = np.random.default_rng(3).permutation(10 * days)
    return pl.DataFrame(
        {
            "contact": row.astype(np.uint32),
            "contact_id": [f"c{one}" for one in row],
            "channel": "call",
            "treatment_id": "ring",
            "touched_at": _back((days - row // 10).astype(np.float64)),
            "propensity": pl.Series([None] * len(row), dtype=pl.Float64),
            "answered": answered[row],
            "fold": pl.Series(row % 5, dtype=pl.Int8),
        }
    )


def learning(rows: pl.DataFrame) -> Models:
    matrix = np.random.default_rng(4).normal(size=(rows.height, 3))
    return Models(Features(("a", "b", "c"), matrix, np.zeros(3, dtype=np.bool_)), rows)


def test_too_few_answers_correct_nothing_however_late_they_came() -> None:
    late = np.arange(10 * 60) >= 10 * 60 - LEAST_OUTCOMES + 1

    _, words = learning(ten_a_day(60, late)).touched("ring", "call")

    assert "newest" not in words


def test_what_corrects_is_what_models_said_of_touches_they_never_saw_in_order_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Rows] = []
    monkeypatch.setattr(chances, "moved", seen.append)
    rows = ten_a_day(60, np.random.default_rng(5).random(600) < 0.3)
    models = learning(rows)

    name, _ = models.touched("ring", "call")

    (asked,) = seen
    by_time = rows.sort("touched_at", maintain_order=True)
    matrix = models.features.matrix[by_time.get_column("contact").to_numpy()]
    said = models.fitted[name].logits(matrix, by_time.get_column("fold").to_numpy())
    assert np.array_equal(asked.logits, said)
    assert np.ptp(said) > 0.0
    assert np.array_equal(asked.answered, by_time.get_column("answered").to_numpy())
    assert (np.diff(asked.day) >= 0).all()


def test_the_same_answers_on_other_days_make_another_version() -> None:
    """What is told follows the days; of one name, the one's file would be taken for the other's."""
    world, spread = World(COUNT, 0.0, 0.0, 1), np.arange(COUNT)
    visited = pl.Series(spread % np.where(spread > 2500, 3, 12) == 0)
    versions, told = [], []
    for days in (DAYS, 0.4):
        at = _back(np.linspace(20 + days, 20, COUNT))
        calls = world.calls_without_control().with_columns(at=at)
        world.answered = visited.to_numpy()
        outcomes = world.outcomes().with_columns(at=at.filter(visited))
        forecast = predict(world.observations(), calls, outcomes, CALL, (VISIT,), (CALLS,), AT)
        versions.append(forecast.fitted.objectives[0].version)
        told.append(propensity(forecast))

    assert told[0] > 1.5 * told[1]
    assert versions[0] != versions[1]
