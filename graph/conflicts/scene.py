"""The scene: what a run holds once it has chosen, in which its conflicts are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.tables import BUNDLES, INSTANT
from graph.exposures import least_of
from policies.money_limits import Exposure
from policies.schema import Policy

TRIGGERS: Final = pl.Schema({"contact": pl.UInt32(), "treatment_id": pl.String(), "at": INSTANT})
POOLS: Final = pl.Schema(
    {"pool": pl.String(), "period_start": INSTANT, "period_end": INSTANT, "floor": pl.Int64()}
)
EDITS: Final = pl.Schema(
    {"campaign_id": pl.String(), "amount": pl.Int64(), "at": INSTANT, "spent": pl.Int64()}
)


def untriggered() -> pl.DataFrame:
    return pl.DataFrame(schema=TRIGGERS)


def unplanned() -> pl.DataFrame:
    return pl.DataFrame(schema=POOLS)


def unedited() -> pl.DataFrame:
    return pl.DataFrame(schema=EDITS)


def minimum_of(rule: Exposure) -> str:
    """The name of an exposure's minimum among prices and shortfalls."""
    return f"{least_of(rule)} (least)"


@dataclass(frozen=True)
class Outcome:
    """What the arbitration settled beyond single candidates."""

    prices: Mapping[str, float] = field(default_factory=dict)
    """By limit, minor units per unit of it."""
    shortfalls: Mapping[str, float] = field(default_factory=dict)
    """By minimum, how much it lacks."""
    violations: tuple[str, ...] = ()
    """Limits that no plan holds."""


@dataclass(frozen=True)
class Spending:
    """Who asked for which campaign budget, what was settled, what was set before."""

    candidates: tuple[BudgetCandidate, ...] = ()
    settled: Mapping[str, int] = field(default_factory=dict)
    """By campaign that asked, its weekly budget, minor units."""
    moves: tuple[ProgrammeProposal, ...] = ()
    """Budget moves that an agent's strategist filed."""
    edits: pl.DataFrame = field(default_factory=unedited)
    """campaign_id, amount, at, spent: budgets we set before, and what the newest whole week since
    then spent (null: no whole week yet), minor units."""
    resting: pl.DataFrame = field(default_factory=unedited)
    """The edits that are too young for another."""


@dataclass(frozen=True)
class Scene:
    """One run's proposals with what became of them; all frames are whole."""

    policy: Policy
    currency: str
    placed: pl.DataFrame
    """CANDIDATES with chosen, ghost, reason, price, winner, resource (null where findings kept the
    candidate out of the choice) and the contact's facts: deal_id, deal_stage, ae,
    touches_28d, in_SEGMENT of each segment that an exposure names."""
    triggers: pl.DataFrame = field(default_factory=untriggered)
    """contact, treatment_id, at: the instant that started what asks for the treatment."""
    bundles: pl.DataFrame = field(default_factory=BUNDLES.empty)
    """treatment_id, bundle: what goes together or not at all."""
    outcome: Outcome = field(default_factory=Outcome)
    spending: Spending = field(default_factory=Spending)
    pools: pl.DataFrame = field(default_factory=unplanned)
    """pool, period_start, period_end, floor: the least the plan says must be spent in a period that
    runs now, minor units."""
