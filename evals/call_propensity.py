"""Does the call propensity, learned from earlier calls, rank the later ones?"""

from typing import Final

import numpy as np
import polars as pl

from domain.errors import IntegrityError
from evals.figure import Figure, aimed, shown
from evals.real_data import read_calls
from tools.measurement.ranking import area_under_curve
from tools.prediction.features import encode
from tools.prediction.propensity import fit_propensity
from tools.prediction.training import folds_of

TRAINED_SHARE: Final = 0.8
TARGET: Final = 0.67


def call_propensity() -> tuple[Figure, ...]:
    """AUC on the last fifth of bank-full in file order, trained on the first four fifths.

    The rate of deposits jumps between the two, so calibration is shown and cannot hold.
    """
    calls = read_calls()
    count = int(calls.height * TRAINED_SHARE)
    observed = calls.with_columns(evaluation=pl.col("contact") >= count)
    features, folds = encode(observed), folds_of(observed).to_numpy()
    answered = calls.get_column("answered").to_numpy()
    model = fit_propensity(
        features.matrix[:count], features.categorical, answered[:count], folds[:count]
    )
    unseen = np.full(calls.height - count, -1, dtype=np.int8)
    chance = model.chance(features.matrix[count:], unseen)
    later = area_under_curve(chance, answered[count:])
    earlier = area_under_curve(
        model.chance(features.matrix[:count], folds[:count]), answered[:count]
    )
    if later is None or earlier is None:
        raise IntegrityError("Expected deposits in both parts of the calls, found none.")
    return (
        aimed(
            "call_auc_last_fifth",
            f"AUC of the call propensity on the last {len(unseen)} calls",
            later.value,
            later.se,
            TARGET,
            within_errors=0.0,
        ),
        shown(
            "call_auc_cross_fitted",
            f"the same on the first {count}, cross-fitted",
            earlier.value,
            earlier.se,
        ),
        shown(
            "call_chance_last_fifth",
            "mean predicted chance on the last fifth",
            float(chance.mean()),
        ),
        shown(
            "call_rate_last_fifth",
            "share of deposits on the last fifth",
            float(answered[count:].mean()),
        ),
    )
