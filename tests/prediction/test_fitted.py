"""What was fitted says of one contact what the table of all says, and something of strangers."""

import numpy as np
import polars as pl
import pytest

from tests.prediction.test_predicting import AT, OFFER, VISIT, World
from tools.prediction import chances
from tools.prediction.predicting import Forecast, predict


def close(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    numbers = [name for name, kind in one.schema.items() if kind == pl.Float64]
    same = one.drop(numbers).equals(other.drop(numbers))
    return same and bool(
        np.allclose(one.select(numbers).to_numpy(), other.select(numbers).to_numpy(), atol=1e-12)
    )


def test_a_table_of_one_is_told_what_the_table_of_all_is() -> None:
    world = World(3000, 0.25, 0.0)
    forecast, everyone = world.forecast(), world.observations()

    for contact in (0, int(np.flatnonzero(world.evaluation)[0])):
        alone = forecast.fitted.score(everyone[[contact]])

        assert close(alone, forecast.predictions.filter(contact=contact))
        assert alone.height == 1


def test_all_contacts_scored_again_are_told_the_same() -> None:
    world = World(3000, 0.25, 0.0)
    forecast = world.forecast()

    assert close(forecast.fitted.score(world.observations()), forecast.predictions)


def test_a_stranger_without_an_attribute_is_told_as_if_it_were_missing() -> None:
    forecast = World(3000, 0.25, 0.0).forecast()
    stranger = {"contact": [0], "contact_id": ["new"], "evaluation": [False]}

    bare = forecast.fitted.score(pl.DataFrame(stranger).cast({"contact": pl.UInt32}))

    assert bare.height == 1
    assert 0.0 <= bare.item(0, "base") <= 1.0


def test_every_prediction_says_its_interval_support_model_and_instant() -> None:
    found = World(3000, 0.1, 0.1).forecast().predictions

    assert found.filter(~pl.col("effect").is_between(pl.col("low"), pl.col("high"))).is_empty()
    assert found.get_column("support").min() > 0  # type: ignore[operator]
    assert found.get_column("model").str.starts_with("tlearner-").all()
    assert found.get_column("as_of").unique().to_list() == [AT]


def test_of_many_rows_so_many_are_drawn_and_the_same_ones_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(3000, 0.25, 0.0)
    whole = world.forecast()
    monkeypatch.setattr(chances, "MOST_ROWS", 800)

    capped = world.forecast()

    assert capped.predictions.equals(_turned(world).predictions)
    assert not capped.predictions.equals(whole.predictions)
    assert capped.cards[0].touches == whole.cards[0].touches


def _turned(world: World) -> Forecast:
    touches, outcomes = world.touches().reverse(), world.outcomes().reverse()
    return predict(world.observations(), touches, outcomes, OFFER, (VISIT,), (), AT)
