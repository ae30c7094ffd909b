"""Objectives: which outcomes count, within what horizon, and what one of each is worth."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from domain.names import OutcomeKind
from domain.record import Record

ENGAGEMENT: Final[tuple[OutcomeKind, ...]] = ("open", "click")
"""Outcomes of attention: they mislead. Mail programs open and security scanners click by
themselves, a subject line that tricks people does best, and none says that anybody wanted
anything."""

Purpose = Literal["conversion", "revenue", "pipeline", "lifetime_value", "engagement"]
"""What an objective is for, and so what one of its outcomes is worth: the declared worth
(conversion, engagement), or each contact's own expected order, open deal or lifetime value."""
OF_EACH: Final[tuple[Purpose, ...]] = ("revenue", "pipeline", "lifetime_value")
"""Purposes by which an outcome's worth differs from contact to contact."""
AHEAD: Final[tuple[Purpose, ...]] = ("pipeline", "lifetime_value")
"""Purposes whose money comes later than the outcome: until `worth_days`."""
WORTH_DAYS: Final = 365


def _unsaid(value: object) -> bool:
    return value is None


class Objective(Record):
    """`worth` in minor units; None means the mean purchase value that follows such an outcome.
    With a purpose of OF_EACH it speaks where the data don't.

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
    purpose: Annotated[Purpose | None, Field(exclude_if=_unsaid)] = None
    """None: as `conversion`. Left out of what is hashed where nobody says it."""
    worth_days: Annotated[int | None, Field(ge=7, le=3650, exclude_if=_unsaid)] = None
    """How far ahead money of a purpose of AHEAD counts; None: WORTH_DAYS."""
    margin: Annotated[float | None, Field(gt=0, le=1, exclude_if=_unsaid)] = None
    """Share of what is bought that is value to us, for revenue and lifetime_value; None: all."""

    @property
    def days_of_worth(self) -> int:
        return WORTH_DAYS if self.worth_days is None else self.worth_days

    @property
    def of_each(self) -> bool:
        """Whether an outcome's worth differs from contact to contact."""
        return self.purpose in OF_EACH

    @model_validator(mode="after")
    def _known_to_mislead(self) -> Self:
        attention = self.outcome in ENGAGEMENT or self.purpose == "engagement"
        if attention and not self.acknowledge_engagement:
            raise ValueError(
                f"{self.outcome}s are attention, not success: scanners make them, and tricks make "
                "most of them. Declare a visit, lead, conversion or purchase, or say "
                "`acknowledge_engagement = true` beside it"
                if self.outcome in ENGAGEMENT
                else "engagement is attention, not success: say what it is to lead to, or "
                "`acknowledge_engagement = true` beside it"
            )
        return self

    @model_validator(mode="after")
    def _one_purpose(self) -> Self:
        if self.outcome in ENGAGEMENT and self.purpose not in (None, "engagement"):
            raise ValueError(
                f"the purpose of {self.outcome}s is engagement, and {self.purpose!r} is declared: "
                f"declare the outcome that brings {self.purpose}, or leave `purpose` out"
            )
        return self

    @model_validator(mode="after")
    def _used(self) -> Self:
        for key, value, purposes in (
            ("worth_days", self.worth_days, AHEAD),
            ("margin", self.margin, ("revenue", "lifetime_value")),
        ):
            if value is not None and self.purpose not in purposes:
                raise ValueError(
                    f"`{key}` is for the purposes {' and '.join(purposes)}, and the purpose is "
                    f"{self.purpose or 'conversion'}: leave `{key}` out, or declare one of them"
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
