"""Limits of money and capacity, and what people declare a thing to count for."""

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.names import Channel
from policies.limit import Count, Days, Limit, Name, Share, Words


class Budget(Limit):
    """Money a pool may spend in a rolling window."""

    pool: Words
    at_most: Count
    """Minor units."""
    window_days: Days
    overshoot: Annotated[float, Field(ge=1, le=10)] = 1.0
    """How many times what it was told a platform may really spend: 2.0 where one may spend twice
    a day's budget. The worst case is what counts."""

    @property
    def to_plan(self) -> float:
        """Minor units that may be planned in the window, so that the worst case stays within."""
        return self.at_most / self.overshoot


class QuarterBudget(Limit):
    """Money a pool may spend in a quarter of the calendar (UTC), at what pace, and what it should
    at least; beside the pool's rolling window."""

    pool: Words
    quarter: Annotated[str, Field(pattern=r"^20[0-9]{2}Q[1-4]$")]
    at_most: Count
    """Minor units in the quarter."""
    floor: Count | None = None
    """Minor units that should be spent by its end: lagging behind is told, and forces nothing."""
    deviation: Share
    """How far the spend to date may run ahead of the even pace, as a share of it, and lag behind
    the floor's before that is told."""

    @property
    def key(self) -> str:
        """What tells quarter budgets apart: `media 2026Q4`."""
        return f"{self.pool} {self.quarter}"


class BudgetStep(Limit):
    """How far one run may move a campaign's budget, as a share of what it spends today."""

    max_step: Share
    rest_days: Days | None = None
    """A budget moved less than so many days ago rests; None: it may move in every run."""


class Capacity(Limit):
    """Share of a person's declared minutes per day that runs may plan."""

    share_of_minutes: Share
    call_minutes: Annotated[float, Field(gt=0)]
    task_minutes: Annotated[float, Field(gt=0)]


class Exposure(Limit):
    """How many chosen touches of a theme, to a segment or by a channel a run has, least and most;
    what is named must all match."""

    name: Name
    theme: Words | None = None
    segment: Words | None = None
    channel: Channel | None = None
    at_least: Count | None = None
    at_most: Count | None = None
    """Hard: a run never chooses more."""
    ceiling: Annotated[float, Field(gt=0)] | None = None
    """Highest price per touch of the minimum, minor units; above it the shortfall is reported
    instead."""


class Priority(Limit):
    """How many times its value what is for a campaign, or carries a theme, counts in the
    arbitration, and nowhere else; where both are named, what is both."""

    name: Name
    campaign_id: Words | None = None
    theme: Words | None = None
    weight: Annotated[float, Field(ge=0.1, le=10)]
    expires: date | None = None
    """The first day (UTC) from which runs weigh it no more; None: it stands until it is changed."""


class ValueFloor(Limit):
    """What the best that may be done for a contact counts as at least in the arbitration, while the
    account's deal is at one of these stages, so that young pipeline does not starve."""

    name: Name
    stages: tuple[str, ...]
    at_least: Annotated[Count, Field(gt=0)]
    """Minor units."""
    expires: date | None = None
    """The first day (UTC) from which runs lift nobody any more; None: it stands until it is
    changed."""


class Exploration(Limit):
    share: Share
    temperature: Annotated[float, Field(gt=0)]
    """Minor units of value: the softness of the draw."""


class Holdout(Limit):
    study: Words
    share: Share
