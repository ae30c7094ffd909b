"""The scene: what a run holds once it has chosen, in which its conflicts are looked for."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.tables import INSTANT
from policies.schema import Policy

TRIGGERS: Final = pl.Schema({"contact": pl.UInt32, "treatment_id": pl.String, "at": INSTANT})
POOLS: Final = pl.Schema(
    {
    "pool": pl.String,
    "period_start": INSTANT,
    "period_end": INSTANT,
    "committed": pl.Int64,
    "floor": pl.Int64,
}
)


@dataclass(frozen=True)
class Outcome:
    """What the arbitration settled beyond single candidates (graph.choosing.PlanRecord)."""

    prices: dict[str, float] = field(default_factory=dict)
    """By limit, minor units per unit of it."""
    spends: dict[str, int] = field(default_factory=dict)
    """Weekly budget of each campaign that asked, minor units."""
    shortfalls: dict[str, float] = field(default_factory=dict)
    """By minimum, what it lacks."""
    violations: tuple[str, ...] = ()
    """Hard limits that do not hold."""


@dataclass(frozen=True)
class Scene:
    """One run's proposals with their choices, its budgets and its limits; all frames are whole."""

    at: datetime
    currency: str
    policy: Policy
    placed: pl.DataFrame
    """CANDIDATES with chosen, ghost, reason, price, winner, resource (null where findings kept the
    candidate out of the choice) and the contact's facts: deal_id, deal_stage, touches_28d,
    named_owner, owned_by."""
    triggers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TRIGGERS))
    """contact, treatment_id, at: the instant that started the workflow which asks for it."""
    outcome: Outcome = field(default_factory=Outcome)
    budgets: tuple[BudgetCandidate, ...] = ()
    proposals: tuple[ProgrammeProposal, ...] = ()
    pools: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=POOLS))
    """What the plan says of each pool's period, minor units: committed so far, least to spend."""
