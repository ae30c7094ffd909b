"""X- and DR-learner as models that can be filed: a regression of what each row shows of the effect.

The T-learner takes the difference of two propensities; these two learn the difference itself
(learners.py). What they say is shrunk by what randomised rows confirm, as the T-learner's is.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from tools.measurement.answers import NOTHING
from tools.measurement.weighting import weigh
from tools.prediction.chances import Chances, Models, drawn
from tools.prediction.estimating import Effect, measured_words
from tools.prediction.family import Family
from tools.prediction.learners import Comparison, Learner, members_of, shown_by
from tools.prediction.propensity import Propensity
from tools.prediction.training import FOLDS
from tools.prediction.uplift import measure_uplift

LEARNER: Final[dict[Family, Learner]] = {"xlearner": "x", "drlearner": "dr"}
"""Families that learn the difference itself; all others are T-learners."""


def by_second_stage(learner: Learner, effect: Effect, models: Models, chances: Chances) -> Effect:
    """The measured effect with the learner's difference in place of the propensities'; unchanged
    where no column tells the rows apart."""
    arms = weigh(models.rows.filter(channel=effect.channel), effect.treatment_id, NOTHING)
    name = f"difference by {effect.treatment_id} on {effect.channel}, by {learner}"
    found = fit_difference(learner, _comparison(drawn(arms), models))
    if found is None:
        return effect
    models.fitted[name] = found
    contacts = arms.get_column("contact").to_numpy()
    uplift = measure_uplift(
        chances.of(effect.after)[contacts],
        chances.of(effect.alone)[contacts],
        arms.get_column("treated").to_numpy(),
        arms.get_column("answered").to_numpy(),
        arms.get_column("weight").to_numpy(),
        chances.raw(name)[contacts],
    )
    words = f"{measured_words(uplift)} Differences by the {learner.upper()}-learner."
    return replace(effect, difference=name, uplift=uplift, words=words)


def fit_difference(learner: Learner, rows: Comparison) -> Propensity | None:
    """Members per fold of which none, in either stage, saw the fold's rows; `logits` of it is the
    effect. X weighs what the others show by the treated rows' share, and the other way round."""
    folds = tuple(
        tuple(
            member
            for part, shown in shown_by(learner, rows.only(rows.folds != fold))
            for member in members_of(part, shown)
        )
        for fold in range(FOLDS)
    )
    share = float(rows.treated.mean())
    each = np.array([1.0 - share, share] if learner == "x" else [1.0])
    weights = np.repeat(each / 2.0, 2)
    if any(len(members) != len(weights) for members in folds):
        return None
    return Propensity(folds, 0.0, 0.0, weights)


def _comparison(arms: pl.DataFrame, models: Models) -> Comparison:
    """Odds as the weights have them, which make the arms comparable."""
    contacts = arms.get_column("contact").to_numpy()
    treated = arms.get_column("treated").to_numpy()
    inverse = 1.0 / arms.get_column("weight").to_numpy()
    return Comparison(
        models.features.matrix[contacts],
        models.features.categorical,
        treated,
        arms.get_column("answered").to_numpy(),
        np.where(treated, inverse, 1.0 - inverse),
        arms.get_column("fold").to_numpy(),
    )
