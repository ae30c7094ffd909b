"""The problem: candidates, what each uses, and the limits on all of them together."""

from dataclasses import dataclass
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from domain.curve import HillCurve
from domain.errors import DataError
from domain.record import Record


class CapLimit(Record):
    """At most so many chosen per contact or account among candidates that match `where`."""

    name: str
    per: Literal["contact", "account"]
    where: dict[str, str]
    at_most: Annotated[int, Field(ge=0)]


class Share(Record):
    of: str
    """Another resource, or `touches`: all chosen candidates."""
    share: Annotated[float, Field(ge=0, le=1)]


class ResourceLimit(Record):
    """Limits on the summed amounts of one resource; any of them may be left out."""

    name: str
    at_most: Annotated[float, Field(ge=0)] | None = None
    at_least: Annotated[float, Field(ge=0)] | None = None
    ceiling: Annotated[float, Field(gt=0)] | None = None
    """Highest price per unit of `at_least`; with it a shortfall is reported, never an impasse."""
    at_most_share: Share | None = None


class CampaignLimit(Record):
    """A campaign that may spend s with |s - now| <= max_step * now, and adds curve(s) - s."""

    name: str
    resource: str
    now: Annotated[float, Field(ge=0)]
    max_step: Annotated[float, Field(ge=0, le=1)]
    curve: HillCurve

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
    seed: int


class Limits(Record):
    """All limits. Two slots of one treatment are alternatives: at most one is chosen."""

    caps: tuple[CapLimit, ...] = ()
    exclusions: tuple[tuple[str, str, str, str], ...] = ()
    """(column, a, column, b): one contact never gets a candidate of each."""
    spacing_hours: tuple[tuple[str, str, float], ...] = ()
    """(channel, channel, hours): closer than that, not both; without a slot, always far enough."""
    fatigue: tuple[float, ...] = (1.0,)
    """A contact's positive chosen values, largest first, times these; the last one repeats."""
    resources: tuple[ResourceLimit, ...] = ()
    campaigns: tuple[CampaignLimit, ...] = ()
    exploration: Exploration | None = None


COLUMNS = ("candidate", "contact", "account", "channel", "treatment", "slot", "value")


@dataclass(frozen=True)
class Problem:
    """Frames and limits; nothing of ledger or policy.

    candidates: candidate Int64 (unique), contact Int64, account Int64 (nullable), channel,
    treatment, slot (nullable instant), value Float64 (minor units, net of direct cost), and every
    column a rule names. uses: candidate, resource, amount >= 0. remaining: cap, id, remaining.
    """

    candidates: pl.DataFrame
    uses: pl.DataFrame
    remaining: pl.DataFrame
    limits: Limits

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.candidates.columns]
        if missing:
            raise DataError(f"The candidates lack the column {', '.join(missing)}.")
        known = set(self.candidates.columns)
        for cap in self.limits.caps:
            unknown = sorted(set(cap.where) - known)
            if unknown:
                raise DataError(f"Cap {cap.name} names an unknown column: {', '.join(unknown)}.")
        if self.candidates.get_column("candidate").is_duplicated().any():
            raise DataError("Two candidates have the same number.")
        if not self.candidates.get_column("value").is_finite().all():
            raise DataError("A candidate's value is not finite.")
        if (self.uses.get_column("amount") < 0).any():
            raise DataError("A candidate uses less than nothing of a resource.")
