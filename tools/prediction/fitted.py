"""What was learnt, kept apart from whom it is asked about: scores a table of any size, or one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.objective import Objective
from domain.tables import INSTANT, PREDICTIONS
from tools.prediction.chances import Chances
from tools.prediction.estimating import Effect, Estimate
from tools.prediction.features import Encoding
from tools.prediction.priors import name_of
from tools.prediction.propensity import Floats, Propensity
from tools.prediction.training import folds_of
from tools.prediction.worths import Worths


@dataclass(frozen=True)
class FittedObjective:
    """What was learnt for one objective: models by name, and each treatment's effect by them."""

    objective: Objective
    worth: float
    """Of one outcome, minor units, without the weight; their mean where contacts differ."""
    version: str
    models: Mapping[str, Propensity]
    effects: tuple[Effect, ...]
    each: Worths | None = None
    """Of one outcome of each contact; None: `worth`, whoever it is."""

    def worths(self, contact_ids: pl.Series) -> Floats:
        """Of one outcome of each of them, minor units, without the weight."""
        if self.each is None:
            return np.full(len(contact_ids), self.worth)
        return self.each.of(contact_ids)

    def estimates(self, matrix: Floats, folds: npt.NDArray[np.int8]) -> tuple[Estimate, ...]:
        """Of every treatment, for the contacts of a table."""
        chances = Chances(self.models, matrix, folds)
        return tuple(one.of(chances) for one in self.effects)

    def name(self, effect: Effect) -> str:
        """The model's version, or the name of the belief that stands in its place."""
        version = effect.model or self.version
        return version if effect.uplift is not None else name_of(effect.prior)


@dataclass(frozen=True)
class Fitted:
    """Plain arrays and records; `at` is the instant up to which touches and answers taught it."""

    encoding: Encoding
    objectives: tuple[FittedObjective, ...]
    at: datetime

    def score(self, observations: pl.DataFrame) -> pl.DataFrame:
        """PREDICTIONS of the contacts, by objective, treatment and row.

        observations: contact, contact_id, evaluation and the attributes. A contact that taught is
        told by models which never saw it, the same ones as when it taught; so a table of one says
        of a contact what the table of all does.
        """
        matrix, folds = self.encoding.of(observations).matrix, told_by(observations)
        return tables(
            [(one, one.estimates(matrix, folds)) for one in self.objectives], observations, self.at
        )


def told_by(observations: pl.DataFrame) -> npt.NDArray[np.int8]:
    """Whose models speak of each contact: those that never saw its fold; -1: all, on average."""
    held = observations.get_column("evaluation").to_numpy()
    return np.where(held, -1, folds_of(observations).to_numpy()).astype(np.int8)


def tables(
    told: Sequence[tuple[FittedObjective, Sequence[Estimate]]],
    observations: pl.DataFrame,
    at: datetime,
) -> pl.DataFrame:
    """PREDICTIONS of estimates, one frame: joined once. observations: contact, contact_id."""
    contacts = observations.get_column("contact").to_numpy()
    rows = [(of, estimate) for of, estimates in told for estimate in estimates]
    if not rows:
        return PREDICTIONS.empty()
    said = pl.DataFrame([_said(of, estimate.learnt) for of, estimate in rows]).with_columns(
        as_of=pl.lit(at, dtype=INSTANT)
    )
    each = pl.Series(np.repeat(np.arange(len(rows), dtype=np.uint32), len(contacts)))
    numbers = {
        name: np.concatenate([getattr(estimate, name) for _, estimate in rows])
        for name in ("base", "effect", "effect_se", "low", "high")
    }
    numbers["worth"] = _worths(told, observations.get_column("contact_id"))
    return PREDICTIONS.conform(
        said[each].with_columns(contact=np.tile(contacts, len(rows)), **numbers)
    )


def _worths(
    told: Sequence[tuple[FittedObjective, Sequence[Estimate]]], contact_ids: pl.Series
) -> Floats:
    """Of each row: those of an objective's contacts, once for each of its treatments."""
    return np.concatenate([np.tile(of.worths(contact_ids), len(each)) for of, each in told])


def _said(of: FittedObjective, effect: Effect) -> dict[str, object]:
    return {
        "treatment_id": effect.treatment_id,
        "channel": effect.channel,
        "outcome": of.objective.outcome,
        "weight": of.objective.weight,
        "evidence": effect.evidence,
        "support": effect.support,
        "model": of.name(effect),
    }
