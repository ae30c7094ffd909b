"""Contacts, touches and answers with known truth, and what was fitted on them."""

from datetime import UTC, datetime

import numpy as np

from tests.prediction.test_predicting import AT, OFFER, VISIT, World
from tools.models_config import ModelsConfig
from tools.prediction.appointing import Appointed, Fit
from tools.prediction.predicting import Forecast, predict
from tools.prediction.registry.versions import Compared, GroupGap, Paired, Shift

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOUNDS = ModelsConfig()


def world(count: int = 3000, seed: int = 3) -> World:
    """Keen contacts whom an offer moves; some numbers missing."""
    made = World(count, 0.3, 0.05, seed)
    made.noise = np.where(np.arange(count) % 7 == 0, np.nan, made.noise)
    return made


def forecast_of(made: World, appointed: Appointed | None = None) -> Forecast:
    return predict(
        made.observations(),
        made.touches(),
        made.outcomes(),
        OFFER,
        (VISIT,),
        (),
        AT,
        appointed=appointed,
    )


def fit_of(made: World, appointed: Appointed | None = None) -> Fit:
    (fit,) = forecast_of(made, appointed).fits
    return fit


def paired(name: str, difference: float, se: float, champion: float = 0.02) -> Paired:
    return Paired(
        name=name,
        champion=champion,
        challenger=champion + difference,
        difference=difference,
        se=se,
    )


def compared(**change: object) -> Compared:
    """A comparison that passes every check; `change` makes one fail."""
    plain: dict[str, object] = {
        "against": "mv-champion",
        "run_id": "run-1",
        "at": NOON,
        "rows": 500,
        "outcomes": 60,
        "metrics": (paired("log_loss", -0.01, 0.004, 0.3), paired("calibration_error", 0.0, 0.01)),
        "shifts": (Shift(feature="score", index=0.02), Shift(feature="attr_age", index=0.1)),
        "gaps": (gap("selection rate"), gap("true positive rate")),
        "groups_said": "Compared by: country.",
    }
    return Compared.model_validate({**plain, **change})


def gap(figure: str, size: float = 0.1) -> GroupGap:
    return GroupGap(
        attribute="country",
        figure=figure,  # type: ignore[arg-type]
        gap=size,
        champion_gap=0.1,
        groups={"DE": 0.2, "US": 0.2 + size},
    )
