"""Features in predictions: a touch teaches with what was known before it, and with nothing else."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain.errors import ConfigurationError
from tests.app.worlds import copy_of, fresh
from tests.features.worlds import AT, DAY, warehouse_of
from tests.prediction.test_predicting import AT as RUN_AT
from tests.prediction.test_predicting import OFFER, SENT, VISIT, World
from tools.prediction.points import points_of
from tools.prediction.predicting import Forecast, predict
from tools.warehouse.features.declaring import built_in, chosen
from tools.warehouse.features.engine import features_at
from tools.warehouse.store import Warehouse

OBSERVED = pl.DataFrame(
    {"contact": [0, 1], "contact_id": ["ann", "bob"], "evaluation": False, "attr_age": [30, 40]}
).cast({"contact": pl.UInt32})
COLUMN = "attr_features.visits_28d"


def visits_of(warehouse: Warehouse) -> Callable[[pl.DataFrame], pl.DataFrame]:
    features = chosen(built_in(), ["visits_28d"], "marketing")
    return lambda points: features_at(warehouse, points, features)


def test_each_touch_has_its_contacts_attributes_and_the_features_of_its_own_instant(
    tmp_path: Path,
) -> None:
    visit = {"outcome_id": "o", "contact_id": "ann", "kind": "visit", "at": AT - 5 * DAY}
    touches = [
        {"touch_id": f"{days}", "contact_id": who, "channel": "email", "at": AT - days * DAY}
        for days, who in ((1, "ann"), (5, "ann"), (9, "ann"), (2, "gone"))
    ]
    warehouse = warehouse_of(tmp_path, {"outcomes": [visit], "touches": touches})

    found = points_of(OBSERVED, warehouse.table("touches"), visits_of(warehouse), AT)

    assert found.rows.get_column(COLUMN).to_list() == [1, 0, 0, 0, 1]
    assert found.rows.get_column("attr_age").to_list() == [30, 40, 30, 30, 30]
    assert found.rows.get_column("contact").to_list() == [0, 1, 2, 3, 4]
    assert dict(found.numbers.iter_rows()) == {"9": 2, "5": 3, "1": 4}
    assert found.learnt.height == 3


class Keen(World):
    """A world in which nothing is known of a contact but whether it visited the day before the
    mail, which those do whom the mail moves."""

    def observations(self) -> pl.DataFrame:
        return super().observations().drop("attr_kind")

    def seen_before(self, instants: datetime) -> pl.DataFrame:
        who = [one for one, keen in zip(self.ids, self.keen, strict=True) if keen]
        return visits(who, instants)

    def forecast_with(self, folder: Path, extra: pl.DataFrame) -> Forecast:
        warehouse = Warehouse(folder)
        warehouse.merge("outcomes", extra)
        return predict(
            self.observations(),
            self.touches(),
            self.outcomes(),
            OFFER,
            (VISIT,),
            (),
            RUN_AT,
            None,
            visits_of(warehouse),
        )


def visits(who: list[str], at: datetime) -> pl.DataFrame:
    ids = [f"{one} {at}" for one in who]
    return pl.DataFrame({"outcome_id": ids, "contact_id": who, "kind": "visit"}).with_columns(
        at=pl.lit(at, dtype=pl.Datetime("us", "UTC"))
    )


def area(forecast: Forecast) -> float:
    return next(one.value for one in forecast.cards[0].metrics if one.name == "auc")


def test_what_contacts_did_before_a_touch_tells_models_and_what_they_did_after_does_not(
    tmp_path: Path,
) -> None:
    world = Keen(4000, 0.5, 0.0)
    answered = [one for one, yes in zip(world.ids, world.answered, strict=True) if yes]

    before = world.forecast_with(tmp_path / "a", world.seen_before(SENT - DAY))
    after = world.forecast_with(tmp_path / "b", visits(answered, SENT + DAY))
    nothing = world.forecast_with(tmp_path / "c", visits([], SENT))

    assert area(before) > 0.7
    assert area(after) == area(nothing) < 0.6
    assert after.predictions.equals(nothing.predictions)
    assert before.predictions.height == 4000


def test_contacts_are_told_by_what_they_did_before_the_run(tmp_path: Path) -> None:
    world = Keen(4000, 0.5, 0.0)
    then = world.seen_before(SENT - DAY)
    others = [one for one, keen in zip(world.ids, world.keen, strict=True) if not keen]

    turned = pl.concat([then, visits(others, RUN_AT - DAY)])
    effect = world.forecast_with(tmp_path, turned).predictions.get_column("effect").to_numpy()

    assert np.median(effect[~world.keen]) > np.median(effect[world.keen]) + 0.2


def test_a_workspace_names_the_features_that_its_models_use() -> None:
    from app.compose import open_house
    from graph.featuring import features_in_use, ordinary

    folder = copy_of(fresh("company"))
    assert features_in_use(open_house(folder).tower) == ()

    named = '\n[features]\nuse = ["clicks_7d", "first_channel"]\n'
    file = folder / "clearance.toml"
    file.write_text(file.read_text() + named)
    used = features_in_use(open_house(folder).tower)
    assert [one.name for one in used] == ["clicks_7d", "first_channel"]
    assert ordinary(used) == dict.fromkeys(
        ("features.clicks_7d", "features.first_channel"), "ordinary"
    )

    file.write_text(file.read_text().replace("clicks_7d", "clicks_8d"))
    with pytest.raises(ConfigurationError, match="no feature `clicks_8d`"):
        features_in_use(open_house(folder).tower)
