"""Limits of a problem: caps, exclusions, spacing, fatigue, shared resources, campaigns, chance."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator

from domain.curve import HillCurve
from domain.record import Record

Pair = tuple[str, str, str, str]
"""(column, a, column, b)."""


class CapLimit(Record):
    """At most so many chosen per contact or account among candidates that match `where`."""

    name: str
    per: Literal["contact", "account"]
    where: dict[str, str] = Field(default_factory=dict)
    at_most: Annotated[int, Field(ge=0)]


class Share(Record):
    of: str
    """Another resource, or `touches`: all chosen candidates."""
    share: Annotated[float, Field(ge=0, le=1)]


class ResourceLimit(Record):
    """Limits on the summed amounts of one resource; any of them may be left out."""

    name: str
    at_most: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    at_least: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    ceiling: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Highest price per unit of `at_least`; with it a shortfall is reported, never an impasse."""
    at_most_share: Share | None = None


class CampaignLimit(Record):
    """A campaign that may spend s with |s - now| <= max_step * now, and adds curve(s) - s."""

    name: str
    resource: str
    now: Annotated[float, Field(ge=0)]
    max_step: Annotated[float, Field(ge=0, le=1)]
    curve: HillCurve

    @field_validator("curve")
    @classmethod
    def _concave(cls, curve: HillCurve) -> HillCurve:
        """An S-shaped curve has no price at which its best spend is one spend."""
        if not 0 < curve.shape <= 1 or curve.half <= 0 or curve.scale < 0:
            raise ValueError(
                "a campaign's curve must be concave: 0 < shape <= 1, half > 0 and scale >= 0"
            )
        return curve

    @property
    def least(self) -> float:
        return self.now * (1 - self.max_step)

    @property
    def most(self) -> float:
        return self.now * (1 + self.max_step)


class Exploration(Record):
    """This share of contacts draws its bundle from a softmax at the final prices."""

    share: Annotated[float, Field(ge=0, le=1)]
    temperature: Annotated[float, Field(gt=0)]
    """Minor units of value: the softness of the draw."""
    seed: int
    replays: Annotated[int, Field(ge=0)] = 0
    """How often draw and repair are done again to estimate the odds that no formula gives."""


class Limits(Record):
    """All limits of a problem; every one may be left out."""

    caps: tuple[CapLimit, ...] = ()
    alternatives: tuple[str, ...] = ("treatment",)
    """Columns of which a contact gets each value at most once: two slots of one treatment are
    alternatives. In a file the key left out means none."""
    exclusions: tuple[Pair, ...] = ()
    """One contact never gets one candidate of the first and another of the second."""
    requires: tuple[Pair, ...] = ()
    """One contact gets a candidate of the first only with one of the second."""
    spacing_hours: tuple[tuple[str, str, Annotated[float, Field(ge=0)]], ...] = ()
    """(channel, channel, hours): closer than that, not both; without a slot, always far enough."""
    fatigue: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1)] = (
        1.0,
    )
    """A contact's positive chosen values, largest first, times these; the last one repeats."""
    resources: tuple[ResourceLimit, ...] = ()
    campaigns: tuple[CampaignLimit, ...] = ()
    exploration: Exploration | None = None

    @field_validator("fatigue")
    @classmethod
    def _tiring(cls, fatigue: tuple[float, ...]) -> tuple[float, ...]:
        """Rising factors would make a set worth less for its best touch being better."""
        if any(later > earlier for earlier, later in pairwise(fatigue)):
            raise ValueError(
                "fatigue must not rise: a further touch is worth no more than the one before"
            )
        return fatigue
