"""X- and DR-learner as challengers: they find a known effect, and say when filed what they said."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.prediction.test_learners import world as rows_of
from tests.prediction.test_predicting import World
from tests.registry.fits import NOON, fit_of, forecast_of
from tools.measurement.answers import NOTHING
from tools.measurement.weighting import weigh
from tools.prediction.appointing import Fit, learn_by
from tools.prediction.family import Family
from tools.prediction.forest import forest_of
from tools.prediction.learners import Learner, cross_fitted
from tools.prediction.registry.filing import Asked, Filed, challengers, champions
from tools.prediction.registry.packing import pack, unpack
from tools.prediction.second_stage import LEARNER, _comparison, fit_difference

SECOND = pytest.mark.parametrize("family", sorted(LEARNER))
ASKED = Asked("run-1", NOON, (), {})
NAME = "visit/email/offer"
KEEN, OTHERS = 0.3, 0.05


@pytest.fixture(scope="module")
def made() -> World:
    return World(4000, KEEN, OTHERS, 5)


@pytest.fixture(scope="module")
def fit(made: World) -> Fit:
    return fit_of(made)


def challenger(fit: Fit, family: Family) -> Filed:
    (champion,) = champions(fit)
    (one,) = challengers(fit, family, {NAME: champion.version.version_id}, ASKED)
    return one


@SECOND
def test_it_tells_whom_the_treatment_moves_as_much_as_it_does(
    fit: Fit, made: World, family: Family
) -> None:
    effect = learn_by(family, "offer", "email", fit.room)
    found = effect.of(fit.room.chances).effect

    assert found[made.keen].mean() == pytest.approx(KEEN, abs=0.05)
    assert found[~made.keen].mean() == pytest.approx(OTHERS, abs=0.05)
    assert effect.difference
    assert family.removesuffix("learner").upper() + "-learner" in effect.words


@SECOND
def test_where_nobody_differs_it_gives_everybody_nearly_the_average(family: Family) -> None:
    same = fit_of(World(2000, 0.1, 0.1, 7))

    found = learn_by(family, "offer", "email", same.room).of(same.room.chances).effect

    assert found.mean() == pytest.approx(0.1, abs=0.04)
    assert found.std() < 0.03


@pytest.mark.parametrize("learner", sorted(LEARNER.values()))
def test_neither_stage_knows_the_answers_of_the_fold_it_speaks_of(learner: Learner) -> None:
    rows, _ = rows_of(800)
    mine = rows.folds == 2
    other = replace(rows, answered=np.where(mine, ~rows.answered, rows.answered))

    first, second = (fit_difference(learner, one) for one in (rows, other))

    assert first is not None
    assert second is not None
    said, again = (one.logits(rows.matrix, rows.folds) for one in (first, second))
    assert np.array_equal(said[mine], again[mine])
    assert not np.array_equal(said[~mine], again[~mine])


@pytest.mark.parametrize("learner", sorted(LEARNER.values()))
def test_where_few_are_treated_it_says_what_the_learner_says_of_the_same_folds(
    learner: Learner,
) -> None:
    every, _ = rows_of(1500)
    kept = ~every.treated | (np.random.default_rng(3).random(len(every.treated)) < 0.3)
    rows = every.only(kept)
    rows = replace(rows, odds=np.full(len(rows.treated), rows.treated.mean()))

    filed = fit_difference(learner, rows)

    assert filed is not None
    assert rows.treated.mean() < 0.35
    assert np.allclose(filed.logits(rows.matrix, rows.folds), cross_fitted(learner, rows))


def test_each_row_counts_by_the_odds_that_its_weights_tell(fit: Fit) -> None:
    rows = fit.room.models.rows
    fewer = rows.filter((pl.col("treatment_id") == NOTHING) | (pl.col("contact") % 3 == 0))

    compared = _comparison(weigh(fewer, "offer", NOTHING), fit.room.models)

    share = compared.treated.mean()
    assert share < 0.3
    assert np.allclose(compared.odds, share)


def test_rows_that_no_column_tells_apart_leave_the_effect_as_it_was() -> None:
    rows, _ = rows_of(500)

    assert fit_difference("dr", replace(rows, matrix=np.zeros_like(rows.matrix))) is None


@SECOND
def test_it_is_filed_beside_the_champion_and_read_back_says_the_same(
    fit: Fit, family: Family
) -> None:
    one = challenger(fit, family)

    again = unpack(pack(one.held))
    assert one.version.model.startswith(f"{family}-")
    assert one.compared is not None
    assert {metric.name for metric in one.compared.metrics} >= {"qini", "log_loss"}
    assert again.effect == one.held.effect
    name = one.held.effect.difference
    matrix, folds = fit.room.chances.matrix, fit.room.chances.folds
    assert np.array_equal(
        again.models[name].logits(matrix, folds), one.held.models[name].logits(matrix, folds)
    )


@SECOND
def test_appointed_it_decides_and_held_it_says_later_what_it_said(
    made: World, fit: Fit, family: Family
) -> None:
    filed = challenger(fit, family)

    decides = forecast_of(made, {NAME: family}).predictions
    held = forecast_of(made, {NAME: unpack(pack(filed.held))}).predictions

    assert decides.get_column("model").unique().to_list() == [filed.version.model]
    assert held.equals(decides)
    assert not decides.get_column("effect").equals(forecast_of(made).predictions["effect"])


def test_a_regression_of_trees_as_arrays_says_what_the_library_says() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    rows, truth = rows_of(1500)
    trees = HistGradientBoostingRegressor(max_iter=20, random_state=1).fit(rows.matrix, truth)

    said = forest_of(trees, np.arange(3)).logits(rows.matrix)

    assert np.array_equal(said, trees.predict(rows.matrix))
