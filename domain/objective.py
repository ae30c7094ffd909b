"""Objectives: which outcomes count, within what horizon, and what one of each is worth."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from domain.names import OutcomeKind
from domain.record import Record

ENGAGEMENT: Final[tuple[OutcomeKind, ...]] = ("click",)
"""Outcomes of attention: they mislead. Security scanners click, a subject line that tricks people
is clicked most, and neither says that anybody wanted anything."""


class Objective(Record):
    """`worth` in minor units; None means the mean purchase value that follows such an outcome.

    A touch is worth the sum, over the objectives, of weight x worth x its effect on the outcome.
    """

    outcome: OutcomeKind
    horizon_days: int
    worth: int | None = None
    currency: str
    noun: str
    """What people call one such outcome, in the singular: visit, lead, deposit."""
    weight: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    """How much its money counts beside that of the other objectives: 2 counts twice."""
    acknowledge_engagement: bool = False
    """Somebody knows that an outcome of ENGAGEMENT misleads, and wants it nonetheless."""

    @model_validator(mode="after")
    def _known_to_mislead(self) -> Self:
        if self.outcome in ENGAGEMENT and not self.acknowledge_engagement:
            raise ValueError(
                f"{self.outcome}s are attention, not success: scanners make them, and tricks make "
                "most of them. Declare a visit, lead, conversion or purchase, or say "
                "`acknowledge_engagement = true` beside it"
            )
        return self


class Prior(Record):
    """A declared belief where nothing was measured: effect as a share of the propensity, or flat.

    effect = share_of_propensity * propensity + flat; effect_se = relative_se * |effect|.
    """

    channel: str
    treatment_id: str | None = None
    """None: for every treatment of the channel that has no evidence of its own."""
    outcome: OutcomeKind | None = None
    """Of which objective; None: of the leading one, the first declared, and of no other."""
    share_of_propensity: float
    flat: float
    relative_se: float
    basis: str
    """Where the belief comes from, in one sentence."""

    def speaks_for(self, objective: Objective, leading: Objective) -> bool:
        return (self.outcome or leading.outcome) == objective.outcome


def each_once(objectives: Sequence[Objective]) -> None:
    """Raises ValueError where two objectives count the same outcome."""
    twice = [one for one, count in Counter(o.outcome for o in objectives).items() if count > 1]
    if twice:
        raise ValueError(
            f"each outcome is one objective at most, and {twice[0]!r} is that of several: "
            "keep one of them, with the weight that it is to have"
        )


def in_currency(objectives: Sequence[Objective], currency: str) -> None:
    """Raises ValueError where an objective's worth is in another currency."""
    for one in objectives:
        if one.currency != currency:
            raise ValueError(
                f"the workspace counts in {currency}, and the worth of a {one.noun} is declared "
                f"in {one.currency}: values in two currencies can't be added, say it in {currency}"
            )
