"""Which features a run's models know, and what they are at any instant."""

from collections.abc import Sequence

import polars as pl

from domain.names import MARKETING_PURPOSE
from domain.special import Personal
from graph.tower import Tower
from tools.prediction.points import FEATURE_PREFIX, FeaturesAt
from tools.warehouse.features.declaring import Feature, all_features, chosen
from tools.warehouse.store import Warehouse


def features_in_use(tower: Tower) -> tuple[Feature, ...]:
    """Those that `[features] use` of clearance.toml names. Raises ConfigurationError where one is
    not declared, or not for marketing, or of a special category."""
    names = tower.config.features.use
    if not names:
        return ()
    return chosen(all_features(tower.workspace.features_file), names, MARKETING_PURPOSE)


def features_of(warehouse: Warehouse, features: Sequence[Feature]) -> FeaturesAt | None:
    """Asks the warehouse; None where there is nothing to ask."""
    if not features:
        return None
    from tools.warehouse.features.engine import features_at

    def known(points: pl.DataFrame) -> pl.DataFrame:
        return features_at(warehouse, points, features)

    return known


def ordinary(features: Sequence[Feature]) -> dict[str, Personal | None]:
    """What the declarations say of the features, by the name that models know them under: those
    in use hold no special category, whatever their names sound like."""
    return {f"{FEATURE_PREFIX}{one.name}": one.declared.personal for one in features}
