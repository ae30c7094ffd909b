"""The scene: what a run holds once it has chosen, in which its conflicts are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from domain.tables import INSTANT
from policies.schema import Exposure, Policy

TRIGGERS: Final = pl.Schema({"contact": pl.UInt32(), "treatment_id": pl.String(), "at": INSTANT})
POOLS: Final = pl.Schema(
    {"pool": pl.String(), "period_start": INSTANT, "period_end": INSTANT, "floor": pl.Int64()}
)


def untriggered() -> pl.DataFrame:
    return pl.DataFrame(schema=TRIGGERS)


def unplanned() -> pl.DataFrame:
    return pl.DataFrame(schema=POOLS)


def minimum_of(rule: Exposure) -> str:
    """The name of an exposure's minimum among prices and shortfalls."""
    return f"exposure:{rule.name} (least)"


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
class Scene:
    """One run's proposals with what became of them; all frames are whole."""

    policy: Policy
    currency: str
    placed: pl.DataFrame
    """CANDIDATES with chosen, ghost, reason, price, winner, resource (null where findings kept the
    candidate out of the choice) and the contact's facts: deal_id, deal_stage, touches_28d."""
    triggers: pl.DataFrame = field(default_factory=untriggered)
    """contact, treatment_id, at: the instant that started what asks for the treatment."""
    outcome: Outcome = field(default_factory=Outcome)
    pools: pl.DataFrame = field(default_factory=unplanned)
    """pool, period_start, period_end, floor: the least the plan says must be spent in a period that
    runs now, minor units."""
