"""Objectives with a purpose, and the money and deals that a worth is learnt from."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from domain.objective import Objective
from domain.tables import INSTANT
from graph.tower import Tower
from tests.agents.worlds import treatment
from tests.prediction.test_deals import AT, market
from tools.prediction.worths import Money, Unborne, Worths, borne

PLAIN: dict[str, Any] = {"outcome": "visit", "horizon_days": 14, "currency": "USD", "noun": "visit"}
NO_DEALS, NO_STAGES = (frame.clear() for frame in market(1, 5)[:2])
TOUCHES = pl.DataFrame(schema={"touch_id": pl.String, "contact_id": pl.String})
OUTCOMES: dict[str, Any] = {
    "contact_id": pl.String,
    "touch_id": pl.String,
    "kind": pl.String,
    "value": pl.Int64,
    "currency": pl.String,
    "at": INSTANT,
}
RICH, POOR = 9000.0, 100.0
TWO = ({"contact_id": "ada"}, {"contact_id": "bob"})
MAILS = {"treatments": [treatment("mail"), treatment("other")]}


def objective(purpose: str, **said: Any) -> Objective:
    return Objective.model_validate({**PLAIN, "purpose": purpose, **said})


def bought(contact_ids: list[str], values: list[int], **changes: Any) -> pl.DataFrame:
    """One purchase each, a day before the instant."""
    plain = {"touch_id": None, "kind": "purchase", "currency": None, "at": AT - timedelta(days=1)}
    rows = {"contact_id": contact_ids, "value": values, **plain, **changes}
    return pl.DataFrame(rows, schema_overrides=OUTCOMES).select(
        pl.col(name).cast(kind) for name, kind in OUTCOMES.items()
    )


def money(outcomes: pl.DataFrame | None = None, **changes: Any) -> Money:
    seen = pl.DataFrame(schema=OUTCOMES) if outcomes is None else outcomes
    return replace(Money(seen, TOUCHES, NO_DEALS, NO_STAGES, AT), **changes)


def shoppers(seed: int, count: int = 300) -> tuple[pl.DataFrame, dict[str, float]]:
    """Purchases of contacts who each spend around a mean of their own, and those means."""
    draws = np.random.default_rng(seed)
    means = 5000 * draws.gamma(4.0, 0.25, count)
    often = draws.integers(1, 6, count)
    ids = np.repeat([f"c{i:03}" for i in range(count)], often)
    values = np.repeat(means, often) * draws.gamma(2.0, 0.5, len(ids))
    return bought(ids.tolist(), np.maximum(values, 1).astype(int).tolist()), {
        f"c{i:03}": float(mean) for i, mean in enumerate(means)
    }


def found(one: Objective, about: Money) -> Worths:
    told = borne(one, about)
    assert isinstance(told, Worths)
    return told


def refused(one: Objective, about: Money) -> str:
    told = borne(one, about)
    assert isinstance(told, Unborne)
    return told.why


def deals(seed: int = 1, **changes: Any) -> Money:
    frames = market(seed, 300)
    return money(deals=frames[0], stages=frames[1], **changes)


def bought_by(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "contact_id",
        touch_id=pl.lit(None, pl.String),
        kind=pl.lit("purchase"),
        value=pl.col("value").cast(pl.Int64),
        currency=pl.lit(None, pl.String),
        at=pl.col("at").cast(INSTANT),
    )


def run_for(tower: Tower, *objectives: Objective) -> Tower:
    config = tower.config.model_copy(update={"single": None, "several": objectives})
    return replace(tower, config=config)
