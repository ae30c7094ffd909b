"""A small clean workspace's data, and the means to spoil it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from domain.objective import Objective
from tools.data_audit.findings import Data
from tools.warehouse.kinds import KINDS

NOW = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
PEOPLE = 400
OBJECTIVE = Objective(outcome="visit", horizon_days=14, worth=100, currency="EUR", noun="visit")


def clean(seed: int = 1) -> Data:
    """Contacts with e-mail, zone, account and consent; touches by chance, some left alone; answers
    within days; deals with stages. Nothing is wrong with any of it."""
    random = np.random.default_rng(seed)
    ids = [f"c{place:03}" for place in range(PEOPLE)]
    begun = NOW - timedelta(days=200)
    contacts = pl.DataFrame(
        {
            "contact_id": ids,
            "account_id": [f"a{place % 40:02}" for place in range(PEOPLE)],
            "name": [f"Person {place}" for place in range(PEOPLE)],
            "email": [f"person{place}@firm{place % 40}.example" for place in range(PEOPLE)],
            "country": "DE",
            "timezone": "Europe/Berlin",
            "created_at": begun,
        }
    )
    days = random.integers(1, 60, PEOPLE)
    days[:60] = np.arange(1, 61)
    minutes = random.integers(1, 1_000, PEOPLE)
    at = [
        NOW - timedelta(days=int(day), minutes=int(minute))
        for day, minute in zip(days, minutes, strict=True)
    ]
    arms = np.where(random.random(PEOPLE) < 0.3, "nothing", "spring")
    touches = pl.DataFrame(
        {
            "touch_id": [f"t{place:03}" for place in range(PEOPLE)],
            "contact_id": ids,
            "channel": "email",
            "treatment_id": arms,
            "at": at,
            "propensity": np.where(arms == "nothing", 0.3, 0.7),
            "source": "mailer",
        }
    )
    answered = touches.filter(pl.Series(random.random(PEOPLE) < 0.4))
    outcomes = answered.select(
        outcome_id="touch_id",
        contact_id="contact_id",
        touch_id="touch_id",
        kind=pl.lit("visit"),
        at=pl.col("at") + timedelta(hours=5),
        source=pl.lit("site"),
    )
    accounts = pl.DataFrame({"account_id": [f"a{place:02}" for place in range(40)]})
    deals = pl.DataFrame(
        {
            "deal_id": [f"d{place}" for place in range(20)],
            "account_id": [f"a{place:02}" for place in range(20)],
            "amount": 100_000,
            "owner": "ann",
            "opened_at": NOW - timedelta(days=30, hours=1),
        }
    )
    stages = deals.select("deal_id", stage=pl.lit("proposal"), at="opened_at")
    treatments = pl.DataFrame({"treatment_id": ["spring"], "channel": "email"})
    given = {
        "contacts": contacts,
        "touches": touches,
        "outcomes": outcomes,
        "accounts": accounts,
        "deals": deals,
        "deal_stages": stages,
        "treatments": treatments,
    }
    return Data(
        tables={kind: _typed(kind, given.get(kind)) for kind in KINDS},
        consents=pl.DataFrame({"contact_id": ids, "channel": "email", "state": "granted"}),
        observations=contacts.select(
            "contact_id", attr_height=pl.Series(random.normal(170, 10, PEOPLE))
        ),
        channels=("email",),
        objectives=(OBJECTIVE,),
        at=NOW,
    )


def _typed(kind: str, rows: pl.DataFrame | None) -> pl.DataFrame:
    schema = KINDS[kind].schema
    empty = pl.DataFrame(schema=schema)
    return empty if rows is None else pl.concat([empty, _cast(rows, schema)], how="diagonal")


def _cast(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(schema[name]) for name in rows.columns)


def spoiled(data: Data, kind: str, how: Callable[[pl.DataFrame], pl.DataFrame]) -> Data:
    return replace(data, tables={**data.tables, kind: how(data.tables[kind])})


def first(count: int, **cells: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The first rows with other cells."""

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        mine = pl.int_range(pl.len()) < count
        return rows.with_columns(
            pl.when(mine)
            .then(value if isinstance(value, pl.Expr) else pl.lit(value))
            .otherwise(pl.col(name))
            .cast(rows.schema[name])
            .alias(name)
            for name, value in cells.items()
        )

    return change
