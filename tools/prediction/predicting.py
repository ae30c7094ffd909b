"""What each treatment would change for each contact: one table, before any agent asks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.names import CHANNELS
from domain.objective import Objective, Prior
from domain.special import Personal
from domain.tables import PREDICTIONS
from tools.measurement.answers import NOTHING
from tools.prediction.cards import Metric, ModelCard
from tools.prediction.chances import Chances
from tools.prediction.estimating import Estimate, estimate
from tools.prediction.features import Features, encode
from tools.prediction.grading import grade_policy, grade_ranking
from tools.prediction.propensity import DEEP, PARAMETERS
from tools.prediction.training import FOLDS, Lessons, folds_of, learn_from

APPROVED: Final = "approved"


@dataclass(frozen=True)
class Forecast:
    """Predictions (domain.tables.PREDICTIONS, by objective, treatment_id, then
    contact) and their cards."""

    predictions: pl.DataFrame
    cards: tuple[ModelCard, ...]


def predict(
    observations: pl.DataFrame,
    touches: pl.DataFrame,
    outcomes: pl.DataFrame,
    treatments: pl.DataFrame,
    objectives: Sequence[Objective],
    priors: Sequence[Prior],
    at: datetime,
    declared: Mapping[str, Personal | None] | None = None,
) -> Forecast:
    """One row per contact, approved treatment and objective; a card per treatment and objective.

    `observations`: contacts numbered 0.. in `contact`, in order. `objectives`: the leading one
    first; each learns from its own outcome within its own horizon. Models learn from contacts with
    `evaluation` false and from touches whose horizon passed before `at`; the cards' metrics come
    from the others. `priors`: one that names no outcome speaks for the leading objective alone; of
    another nobody then knows anything, so its effect is 0 with a wide error (`believe`).
    `declared`: what the policy says of attributes; those of a special category are no features,
    and the cards say so. The same inputs give the same bytes on one machine.
    """
    features = encode(observations, declared)
    offered = treatments.filter(
        (pl.col("approval") == APPROVED)
        & pl.col("channel").is_in(CHANNELS)
        & (pl.col("treatment_id") != NOTHING)
    ).sort("treatment_id")
    forecasts = [
        _of_objective(
            objective,
            learn_from(observations, touches, outcomes, objective, at),
            features,
            observations,
            offered,
            [one for one in priors if one.speaks_for(objective, objectives[0])],
        )
        for objective in objectives
    ]
    return Forecast(
        pl.concat([PREDICTIONS.empty(), *(one.predictions for one in forecasts)]),
        tuple(card for one in forecasts for card in one.cards),
    )


def _of_objective(
    objective: Objective,
    lessons: Lessons,
    features: Features,
    observations: pl.DataFrame,
    offered: pl.DataFrame,
    priors: Sequence[Prior],
) -> Forecast:
    held = observations.get_column("evaluation").to_numpy()
    folds = np.where(held, -1, folds_of(observations).to_numpy()).astype(np.int8)
    chances = Chances(features, lessons.training, folds)
    estimates = [
        estimate(treatment_id, channel, chances, priors)
        for treatment_id, channel in offered.select("treatment_id", "channel").iter_rows()
    ]
    worth, worth_said = worth_of(objective, lessons.training)
    version = _version(features, lessons, objective)
    policies = {
        channel: grade_policy(
            [one for one in estimates if one.channel == channel and one.uplift is not None],
            channel,
            lessons.evaluation,
        )
        for channel in sorted({one.channel for one in estimates})
    }
    frames = [_table(one, objective, worth, version) for one in estimates]
    cards = tuple(
        _card(
            one,
            objective,
            worth,
            version,
            (
                *grade_ranking(one, lessons.evaluation),
                *(policies[one.channel] if one.uplift is not None else ()),
            ),
            worth_said + features.words,
        )
        for one in estimates
    )
    return Forecast(pl.concat([PREDICTIONS.empty(), *frames]), cards)


def worth_of(objective: Objective, training: pl.DataFrame) -> tuple[float, str]:
    """Value of one outcome in minor units, with where it comes from.

    Declared, or the mean value bought within the horizon of training touches that an outcome
    followed. Without such a touch it is 0: an outcome nobody priced earns nothing.
    """
    if objective.worth is not None:
        return float(objective.worth), "Worth of an outcome as declared."
    answered = training.filter("answered")
    if answered.height == 0:
        return 0.0, "No outcome has been seen, so none has a worth yet: 0."
    mean = float(answered.get_column("value").to_numpy().mean())
    return mean, f"Worth of an outcome: mean purchases after {answered.height} of them."


def _version(features: Features, lessons: Lessons, objective: Objective) -> str:
    """Hash of what the models were made from: rows, features, parameters; no weight is among it."""
    rows = lessons.training.select("contact_id", "channel", "treatment_id", "answered", "value")
    said = {
        "rows": hashlib.sha256(rows.write_csv().encode()).hexdigest(),
        "features": features.names,
        "matrix": hashlib.sha256(features.matrix.tobytes()).hexdigest(),
        "parameters": [PARAMETERS, DEEP],
        "folds": FOLDS,
        "objective": objective.model_dump(exclude={"weight"}),
    }
    return f"tlearner-{digest(said)[:12]}"


def _name(one: Estimate, version: str) -> str:
    return version if one.uplift is not None else one.prior


def _table(one: Estimate, objective: Objective, worth: float, version: str) -> pl.DataFrame:
    count = len(one.base)
    return PREDICTIONS.conform(
        pl.DataFrame(
            {
                "contact": np.arange(count, dtype=np.uint32),
                "base": one.base,
                "effect": one.effect,
                "effect_se": one.effect_se,
            }
        ).with_columns(
            treatment_id=pl.lit(one.treatment_id),
            channel=pl.lit(one.channel),
            outcome=pl.lit(objective.outcome),
            weight=pl.lit(objective.weight),
            worth=pl.lit(worth),
            evidence=pl.lit(one.evidence),
            support=pl.lit(one.support),
            model=pl.lit(_name(one, version)),
        )
    )


def _card(
    one: Estimate,
    objective: Objective,
    worth: float,
    version: str,
    metrics: tuple[Metric, ...],
    worth_said: str,
) -> ModelCard:
    uplift = one.uplift
    return ModelCard(
        model=_name(one, version),
        treatment_id=one.treatment_id,
        channel=one.channel,
        outcome=objective.outcome,
        weight=objective.weight,
        evidence=one.evidence,
        touches=one.touches,
        controls=one.controls,
        outcomes=one.outcomes,
        average_effect=float(one.effect.mean()) if len(one.effect) else 0.0,
        average_effect_se=(
            uplift.average_se
            if uplift is not None
            else float(one.effect_se.mean())
            if len(one.effect_se)
            else 0.0
        ),
        confirmed_spread=uplift.slope if uplift is not None else 0.0,
        worth=worth,
        metrics=metrics,
        words=f"{one.words} {worth_said}",
    )
