"""Versions out of what a run fitted, and challengers on the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.special import Personal
from tools.measurement.answers import NOTHING
from tools.prediction.appointing import Fit, Held, learn_by, name_of
from tools.prediction.cards import ModelCard
from tools.prediction.estimating import Effect, Estimate
from tools.prediction.family import Family
from tools.prediction.grading import grade_ranking
from tools.prediction.registry.drift import shifts
from tools.prediction.registry.fairness import Side, Sides, group_gaps
from tools.prediction.registry.scoring import (
    calibration_of,
    judged_of,
    metrics_of,
    paired,
    paired_qini,
)
from tools.prediction.registry.versions import Compared, Version


@dataclass(frozen=True)
class Filed:
    """A version with what it needs to speak again, and how it compares (a challenger)."""

    version: Version
    held: Held
    compared: Compared | None = None


@dataclass(frozen=True)
class Asked:
    """Under which run and when; which groups are compared; what the policy says of attributes."""

    run_id: str
    at: datetime
    groups: Sequence[str]
    declared: Mapping[str, Personal | None]


def champions(fit: Fit) -> Iterator[Filed]:
    """What decided, in the order of its treatments; not what was held, which is known already."""
    for said, family, card in zip(fit.estimates, fit.families, fit.cards, strict=True):
        if family is not None:
            yield _filed(fit, said, family, card)


def challengers(
    fit: Fit, family: Family, deciding: Mapping[str, str], asked: Asked
) -> Iterator[Filed]:
    """The family, fitted on the same rows, beside each champion of another family (or one that is
    held). `deciding`: the champion's version by name."""
    for champion, decides, card in zip(fit.estimates, fit.families, fit.cards, strict=True):
        name = _name(fit, champion.learnt)
        if decides == family or name not in deciding:
            continue
        effect = learn_by(family, card.treatment_id, card.channel, fit.room)
        said = effect.of(fit.room.chances)
        one = _filed(fit, said, family, _card_of(said, card, fit))
        yield Filed(one.version, one.held, _compared(fit, champion, said, deciding[name], asked))


def _name(fit: Fit, effect: Effect) -> str:
    return name_of(fit.room.objective.outcome, effect.channel, effect.treatment_id)


def _filed(fit: Fit, said: Estimate, family: Family, card: ModelCard) -> Filed:
    judged = judged_of(said, fit.room.lessons.evaluation, fit.room.models)
    effect, name, model = said.learnt, _name(fit, said.learnt), fit.room.versions[family]
    rows = _rows_of(effect, fit)
    span = rows.select(pl.col("touched_at").min(), last=pl.col("touched_at").max()).row(0)
    features = fit.room.models.features.names
    version = Version(
        version_id=f"mv-{digest([name, family, model, card.model])[:12]}",
        name=name,
        family=family,
        model=model,
        window_from=span[0],
        window_to=span[1],
        rows=rows.height,
        outcomes=int(rows.get_column("answered").sum()),
        features=features,
        features_hash=digest(features),
        metrics=(*card.metrics, *metrics_of(judged)),
        calibration=calibration_of(judged),
        card=card,
    )
    named = (effect.after, effect.alone, effect.difference)
    models = {one: fit.room.models.fitted[one] for one in named if one}
    return Filed(version, Held(version.version_id, model, effect, models, fit.room.encoding))


def _rows_of(effect: Effect, fit: Fit) -> pl.DataFrame:
    """Training touches of the treatment, with those left alone by chance where it was measured."""
    kinds = [effect.treatment_id, *([NOTHING] if effect.uplift is not None else [])]
    return fit.room.lessons.training.filter(
        (pl.col("channel") == effect.channel) & pl.col("treatment_id").is_in(kinds)
    )


def _card_of(said: Estimate, card: ModelCard, fit: Fit) -> ModelCard:
    """The champion's card with what the challenger says otherwise; its policy was not graded."""
    measured = said.learnt.uplift
    return card.model_copy(
        update={
            "model": fit.learnt.name(said.learnt),
            "evidence": said.learnt.evidence,
            "average_effect": float(said.effect.mean()) if len(said.effect) else 0.0,
            "average_effect_se": measured.average_se if measured else card.average_effect_se,
            "confirmed_spread": measured.slope if measured is not None else 0.0,
            "metrics": grade_ranking(said, fit.room.lessons.evaluation),
            "words": said.learnt.words,
        }
    )


def _compared(fit: Fit, champion: Estimate, said: Estimate, against: str, asked: Asked) -> Compared:
    evaluation = fit.room.lessons.evaluation
    sides = Sides(
        *(Side(one, judged_of(one, evaluation, fit.room.models)) for one in (champion, said))
    )
    gaps, words = group_gaps(asked.groups, fit.observations, fit.contacts, sides, asked.declared)
    trained = _rows_of(said.learnt, fit).get_column("contact").to_numpy().astype(np.intp)
    features, measured = fit.room.models.features, said.learnt.uplift is not None
    return Compared(
        against=against,
        run_id=asked.run_id,
        at=asked.at,
        rows=len(sides.champion.judged.answered),
        outcomes=int(sides.champion.judged.answered.sum()),
        metrics=(
            *paired(sides.champion.judged, sides.challenger.judged),
            *(paired_qini(champion, said, evaluation) if measured else ()),
        ),
        shifts=shifts(features, trained, said.base + said.effect, fit.contacts),
        gaps=gaps,
        groups_said=words,
    )
