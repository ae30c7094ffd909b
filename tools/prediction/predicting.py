"""What each treatment would change for each contact: one table, before any agent asks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from domain.canonical import digest
from domain.names import CHANNELS, OutcomeKind
from domain.objective import Objective, Prior
from domain.special import Personal
from tools.measurement.answers import NOTHING
from tools.prediction.appointing import Appointed, Fit, Room, learn_appointed
from tools.prediction.cards import Metric, ModelCard
from tools.prediction.chances import MOST_ROWS, SEED, Chances, Models
from tools.prediction.estimating import Estimate
from tools.prediction.family import DEFAULT, FAMILIES, Family
from tools.prediction.features import Encoding, Features, learn_encoding
from tools.prediction.fitted import Fitted, FittedObjective, tables, told_by
from tools.prediction.following import PARAMETERS as OF_FOLLOWING
from tools.prediction.grading import grade_policy, grade_ranking
from tools.prediction.points import FeaturesAt, Points, points_of
from tools.prediction.propensity import DEEP, PARAMETERS
from tools.prediction.second_stage import LEARNER
from tools.prediction.spread import PARAMETERS as OF_SPREAD
from tools.prediction.training import FOLDS, Lessons, learn_from
from tools.prediction.worths import Worths

APPROVED: Final = "approved"
OF_NO_EFFECT: Final = {"weight", "acknowledge_engagement", "purpose", "worth_days", "margin"}
"""What an objective says that no effect is learnt from."""
OF_TOUCH: Final = ("contact_id", "channel", "treatment_id", "touched_at", "propensity")
OF_ROWS: Final = (*OF_TOUCH, "answered", "value")
"""What models learn from past touches."""


@dataclass(frozen=True)
class Forecast:
    """Predictions (domain.tables.PREDICTIONS, by objective, treatment_id, then contact), their
    cards, and what was fitted, which says the same of a table of one."""

    predictions: pl.DataFrame
    cards: tuple[ModelCard, ...]
    fitted: Fitted
    fits: tuple[Fit, ...] = ()
    """By objective, with the rows that taught it: what the registry files."""


def predict(
    observations: pl.DataFrame,
    touches: pl.DataFrame,
    outcomes: pl.DataFrame,
    treatments: pl.DataFrame,
    objectives: Sequence[Objective],
    priors: Sequence[Prior],
    at: datetime,
    declared: Mapping[str, Personal | None] | None = None,
    features_at: FeaturesAt | None = None,
    appointed: Appointed | None = None,
    worths: Mapping[OutcomeKind, Worths] | None = None,
) -> Forecast:
    """One row per contact, approved treatment and objective; a card per treatment and objective.

    `observations`: contacts numbered 0.. in `contact`, in order. `objectives`: the leading one
    first; each learns from its own outcome within its own horizon. Models learn from contacts with
    `evaluation` false and from touches whose horizon passed before `at`; the cards' metrics come
    from the others. `priors`: one that names no outcome speaks for the leading objective alone; of
    another nobody then knows anything, so its effect is 0 with a wide error (`believe`).
    `declared`: what the policy says of attributes; those of a special category are no features,
    and the cards say so. `features_at`: what contacts had done by an instant, asked for each touch
    at its own and for each contact at `at`. `appointed`: which family, or held version, speaks for
    what; by default the same family for all. `worths`: what an outcome of each contact is worth,
    where its purpose says; else one worth for all (`worth_of`). The same inputs give the same bytes
    on one machine.
    """
    points = None if features_at is None else points_of(observations, touches, features_at, at)
    rows = observations if points is None else points.rows
    encoding = learn_encoding(observations if points is None else points.learnt, declared)
    features = encoding.of(rows)
    offered = treatments.filter(
        (pl.col("approval") == APPROVED)
        & pl.col("channel").is_in(CHANNELS)
        & (pl.col("treatment_id") != NOTHING)
    ).sort("treatment_id")
    told = [
        _of_objective(
            objective,
            _taught(learn_from(observations, touches, outcomes, objective, at), points),
            encoding,
            features,
            rows,
            observations.height,
            offered,
            [one for one in priors if one.speaks_for(objective, objectives[0])],
            appointed or {},
            (worths or {}).get(objective.outcome),
        )
        for objective in objectives
    ]
    return Forecast(
        tables(
            [(one.learnt, one.said) for one in told],
            observations,
            at,
        ),
        tuple(card for one in told for card in one.cards),
        Fitted(encoding, tuple(one.learnt for one in told), at),
        tuple(told),
    )


def _of_objective(
    objective: Objective,
    lessons: Lessons,
    encoding: Encoding,
    features: Features,
    observations: pl.DataFrame,
    count: int,
    offered: pl.DataFrame,
    priors: Sequence[Prior],
    appointed: Appointed,
    each: Worths | None,
) -> Fit:
    """`count`: of the rows of observations so many are contacts, the first ones."""
    models = Models(features, lessons.training, horizon_days=objective.horizon_days)
    chances = Chances(models.fitted, features.matrix, told_by(observations))
    versions = _versions(features, lessons, objective)
    room = Room(objective, lessons, encoding, models, chances, priors, versions)
    spoken = [
        learn_appointed(treatment_id, channel, room, appointed)
        for treatment_id, channel in offered.select("treatment_id", "channel").iter_rows()
    ]
    effects = tuple(effect for effect, _ in spoken)
    worth, worth_said = _worth_said(objective, lessons.training, each, observations.head(count))
    learnt = FittedObjective(objective, worth, versions[DEFAULT], models.fitted, effects, each)
    estimates = tuple(one.of(chances) for one in effects)
    policies = {
        channel: grade_policy(
            [
                one
                for one in estimates
                if one.learnt.channel == channel and one.learnt.uplift is not None
            ],
            channel,
            lessons.evaluation,
        )
        for channel in sorted({one.channel for one in effects})
    }
    cards = tuple(
        _card(
            one,
            learnt,
            (
                *grade_ranking(one, lessons.evaluation),
                *(policies[one.learnt.channel] if one.learnt.uplift is not None else ()),
            ),
            worth_said + features.words,
            count,
        )
        for one in estimates
    )
    families = tuple(by for _, by in spoken)
    return Fit(room, observations, count, learnt, estimates, cards, families)


def _taught(lessons: Lessons, points: Points | None) -> Lessons:
    """Lessons whose rows are the touches' own, where those have features of their own instant."""
    if points is None:
        return lessons
    return Lessons(points.numbered(lessons.training), points.numbered(lessons.evaluation))


def _worth_said(
    objective: Objective, training: pl.DataFrame, each: Worths | None, contacts: pl.DataFrame
) -> tuple[float, str]:
    """Value of one outcome in minor units, the mean where contacts differ, and its source."""
    if each is None or contacts.is_empty():
        return worth_of(objective, training)
    return float(each.of(contacts.get_column("contact_id")).mean()), each.words


def worth_of(objective: Objective, training: pl.DataFrame) -> tuple[float, str]:
    """Value of one outcome in minor units, with where it comes from.

    Declared, or the mean value bought within the horizon of training touches that an outcome
    followed, no less than 0 where more was paid back. Without such a touch it is 0: an outcome
    nobody priced earns nothing.
    """
    if objective.worth is not None:
        return float(objective.worth), "Worth of an outcome as declared."
    answered = training.filter("answered")
    if answered.height == 0:
        return 0.0, "No outcome has been seen, so none has a worth yet: 0."
    mean = float(answered.get_column("value").to_numpy().mean())
    return max(mean, 0.0), f"Worth of an outcome: mean purchases after {answered.height} of them."


def _versions(features: Features, lessons: Lessons, objective: Objective) -> dict[Family, str]:
    """By family, the hash of what its models are made from: rows and when they were, features,
    parameters; no weight is among it."""
    rows = lessons.training.select(OF_ROWS)
    said = {
        "rows": hashlib.sha256(rows.write_csv().encode()).hexdigest(),
        "features": features.names,
        "matrix": hashlib.sha256(features.matrix.tobytes()).hexdigest(),
        "parameters": [PARAMETERS, DEEP, MOST_ROWS, SEED, OF_SPREAD, OF_FOLLOWING],
        "folds": FOLDS,
        "objective": objective.model_dump(exclude=OF_NO_EFFECT),
    }
    return {
        family: f"{family if family in LEARNER else 'tlearner'}-"
        f"{digest(said if family == DEFAULT else {**said, 'family': family})[:12]}"
        for family in FAMILIES
    }


def _card(
    told: Estimate,
    learnt: FittedObjective,
    metrics: tuple[Metric, ...],
    worth_said: str,
    count: int,
) -> ModelCard:
    one, effect, uplift = told.first(count), told.learnt, told.learnt.uplift
    return ModelCard(
        model=learnt.name(effect),
        treatment_id=effect.treatment_id,
        channel=effect.channel,
        outcome=learnt.objective.outcome,
        weight=learnt.objective.weight,
        evidence=effect.evidence,
        touches=effect.touches,
        controls=effect.controls,
        outcomes=effect.outcomes,
        average_effect=float(one.effect.mean()) if len(one.effect) else 0.0,
        average_effect_se=(
            uplift.average_se
            if uplift is not None
            else float(one.effect_se.mean())
            if len(one.effect_se)
            else 0.0
        ),
        confirmed_spread=uplift.slope if uplift is not None else 0.0,
        worth=learnt.worth,
        metrics=metrics,
        words=f"{effect.words} {worth_said}",
    )
