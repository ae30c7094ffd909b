"""Which model speaks for which treatment: of the appointed family, or one that is held as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from domain.objective import Objective, Prior
from tools.prediction.cards import ModelCard
from tools.prediction.chances import Chances, Models
from tools.prediction.estimating import Effect, Estimate, learn_effect
from tools.prediction.family import DEFAULT, Family
from tools.prediction.features import Encoding, Mark
from tools.prediction.fitted import FittedObjective
from tools.prediction.propensity import Propensity
from tools.prediction.recoding import recoded, recoded_spread
from tools.prediction.second_stage import LEARNER, by_second_stage
from tools.prediction.spread import Spread
from tools.prediction.training import Lessons


@dataclass(frozen=True)
class Held:
    """A version that was fitted earlier and speaks unchanged: its effect, the models that it names,
    and how contacts became numbers for them."""

    version_id: str
    model: str
    effect: Effect
    models: Mapping[str, Propensity]
    encoding: Encoding
    mark: Mark | None = None
    """What made the texts of its encoding into marks; None: they are texts."""

    def reading(self, name: str, now: Encoding) -> Propensity:
        """Its model of that name, made to read contacts as they are encoded now."""
        return recoded(self.models[name], self.encoding, self._in_its_words(now))

    def spread(self, now: Encoding) -> Spread | None:
        """Its effect's spread, made to read the same; None where it has none."""
        if self.effect.spread is None:
            return None
        return recoded_spread(self.effect.spread, self.encoding, self._in_its_words(now))

    def _in_its_words(self, now: Encoding) -> Encoding:
        return now if self.mark is None else now.marked(self.mark)


Appointed = Mapping[str, Family | Held]
"""By `name_of`; who is not named is of the default family."""


@dataclass(frozen=True)
class Room:
    """What one objective is learnt from in a run; `version(family)` names a fit."""

    objective: Objective
    lessons: Lessons
    encoding: Encoding
    models: Models
    chances: Chances
    priors: Sequence[Prior]
    versions: Mapping[Family, str]


@dataclass(frozen=True)
class Fit:
    """All that was fitted for one objective in one run, so that it can be filed and challenged."""

    room: Room
    observations: pl.DataFrame
    """The contacts, then a row for each touch where it has features of its own instant."""
    contacts: int
    """How many of the rows are contacts."""
    learnt: FittedObjective
    estimates: tuple[Estimate, ...]
    """Of every row."""
    cards: tuple[ModelCard, ...]
    families: tuple[Family | None, ...]
    """Of each estimate; None: a version is held."""

    @property
    def said(self) -> tuple[Estimate, ...]:
        """Of the contacts alone."""
        return tuple(one.first(self.contacts) for one in self.estimates)


def name_of(outcome: str, channel: str, treatment_id: str) -> str:
    """What is predicted, as one name: the outcome, by which channel, after which treatment."""
    return f"{outcome}/{channel}/{treatment_id}"


def learn_appointed(
    treatment_id: str, channel: str, room: Room, appointed: Appointed
) -> tuple[Effect, Family | None]:
    """The effect, and the family that says it; None: a version is held."""
    who = appointed.get(name_of(room.objective.outcome, channel, treatment_id), DEFAULT)
    if isinstance(who, Held):
        return _held(who, room), None
    return learn_by(who, treatment_id, channel, room), who


def learn_by(family: Family, treatment_id: str, channel: str, room: Room) -> Effect:
    """The effect as this family says it, on the rows of the room."""
    learner = LEARNER.get(family)
    models = replace(room.models, family=family if learner is None else DEFAULT)
    effect = learn_effect(treatment_id, channel, models, room.chances, room.priors)
    if learner is not None and effect.uplift is not None:
        effect = by_second_stage(learner, effect, models, room.chances)
    return effect if family == DEFAULT else replace(effect, model=room.versions[family])


def _held(who: Held, room: Room) -> Effect:
    """The version's effect, its models put among the others under names of their own and made to
    read contacts as they are encoded now."""

    def put(name: str) -> str:
        if not name:
            return name
        own = f"{who.version_id}: {name}"
        room.models.fitted[own] = who.reading(name, room.encoding)
        return own

    effect = who.effect
    return replace(
        effect,
        after=put(effect.after),
        alone=put(effect.alone),
        difference=put(effect.difference),
        model=who.model,
        spread=who.spread(room.encoding),
        words=f"Held as it was fitted ({who.version_id}). {effect.words}{_unknown(effect)}",
    )


def _unknown(effect: Effect) -> str:
    """What is said where the version was filed before contacts had intervals of their own."""
    if effect.uplift is None or effect.spread is not None:
        return ""
    return (
        " How far a contact's own effect may lie was not measured then: its interval rules "
        "nothing out."
    )
