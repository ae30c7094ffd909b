"""The bank: real calls that offered a term deposit, in the order in which they were made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from app.samples import SampleFiles
from app.samples.real_rates import bank
from app.samples.writing import (
    MADE_UP,
    TOML,
    consents,
    evaluation,
    instants,
    numbered,
    places,
    write,
)
from tools.connectors.responses import RESPONSES, SEGMENTS

STARTS_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday morning in Lisbon."""
SEED = 20140214
"""The day the data set was given to UCI."""
KNOWN_AFTER = ("duration", "y")
"""How long the call took and what came of it: nobody knows either before calling."""
CALLED_DAYS, LAST_CALL_DAYS = 900, 35
TREATMENT = "term_deposit_call"
WITHOUT_A_CALL = 0.5
"""Declared, as the prior in the configuration: of those who say yes, how many would have anyway."""
SOURCE = "UCI bank marketing (Moro, Rita, Cortez 2014)"
PLACES = (
    ("PT", "Europe/Lisbon", 0.84),
    ("PT", "Atlantic/Azores", 0.05),
    ("ES", "Europe/Madrid", 0.05),
    ("PT", None, 0.03),
    (None, None, 0.03),
)
CALLERS = ("beatriz", "duarte", "filipa", "goncalo", "ines", "joana", "leonor", "miguel")


def build(folder: Path) -> SampleFiles:
    """Write the bank's import files. The same bytes every time."""
    draws = np.random.default_rng(SEED)
    rows = bank().with_columns(contact_id=numbered("B", bank().height))
    touches, outcomes = past(rows)
    frames: dict[str, pl.DataFrame] = {
        "contacts": contacts_of(rows, draws),
        "consents": consents(rows["contact_id"], ("call",), STARTS_AT, draws),
        "people": people(),
        "campaigns": campaigns(),
        "treatments": treatments(),
        "touches": touches,
        "outcomes": outcomes,
    }
    responses(rows).write_parquet(folder / RESPONSES)
    rows.select("contact_id", segment="poutcome").write_parquet(folder / SEGMENTS)
    return SampleFiles(
        config_text=(TOML / "bank.clearance.toml").read_text(),
        policy_text=(TOML / "bank.policy.toml").read_text(),
        cases_text=(TOML / "bank.policy.cases.toml").read_text(),
        starts_at=STARTS_AT,
        imports=tuple(write(folder, kind, frame) for kind, frame in frames.items()),
        sandbox=((RESPONSES, folder / RESPONSES), (SEGMENTS, folder / SEGMENTS)),
    )


def called_hours(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Hours before the start (negative) of calls in file order: made up, each later than the one
    before, in office hours, so that a split by time is a split by the file's order."""
    days = np.arange(count) * CALLED_DAYS / count
    in_office = 8 * (days % 1)
    hours = 24.0 * (np.floor(days) - CALLED_DAYS - LAST_CALL_DAYS) + in_office
    return np.asarray(hours, dtype=np.float64)


def contacts_of(rows: pl.DataFrame, draws: np.random.Generator) -> pl.DataFrame:
    """Contacts with what was known of them before the call."""
    known = rows.drop(KNOWN_AFTER).with_columns(
        created_at=instants(STARTS_AT, called_hours(rows.height) - 24 * 30)
    )
    return pl.concat([known, places(rows.height, draws, PLACES)], how="horizontal").with_columns(
        source=pl.lit(f"{SOURCE}; created_at, country and timezone made up")
    )


def past(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One call per contact, and the deposits that followed within the hour.

    No propensity is known: the bank chose whom to call, and nobody tells how.
    """
    hours = called_hours(rows.height)
    touches = rows.select(
        "contact_id",
        touch_id=pl.concat_str(pl.lit("U-"), "contact_id"),
        treatment_id=pl.lit(TREATMENT),
        channel=pl.lit("call"),
        at=instants(STARTS_AT, hours),
        source=pl.lit(SOURCE),
        **{"class": pl.lit("marketing")},
    )
    deposits = touches.select(
        "contact_id",
        "touch_id",
        "source",
        kind=pl.lit("conversion"),
        at=pl.col("at") + timedelta(hours=1),
    ).filter(rows["y"] == "yes")
    return touches, deposits


def people() -> pl.DataFrame:
    """Callers with capacity, and reviewers; made up."""
    rows = [
        *((one, "sdr", one.title(), 360.0) for one in CALLERS),
        *((one, "reviewer", one.title(), 60.0) for one in ("rita", "ravi", "rosa")),
        ("olivia", "operator", "Olivia", 60.0),
    ]
    schema = ("person_id", "role", "name", "minutes_per_day")
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(source=pl.lit(MADE_UP))


def campaigns() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "campaign_id": ["term_deposit"],
            "name": ["Term deposit"],
            "channel": ["call"],
            "objective": ["deposits"],
            "priority": [1.0],
            "starts_at": [STARTS_AT - timedelta(days=1000)],
            "ends_at": [STARTS_AT + timedelta(days=400)],
            "source": [MADE_UP],
        }
    )


def treatments() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "treatment_id": [TREATMENT],
            "channel": ["call"],
            "campaign_id": ["term_deposit"],
            "theme": ["saving"],
            "class": ["marketing"],
            "approval": ["approved"],
            "approved_until": [STARTS_AT + timedelta(days=180)],
            "source": [MADE_UP],
        }
    )


def responses(rows: pl.DataFrame) -> pl.DataFrame:
    """What people do in the sandbox: the share of yes by the outcome of an earlier campaign, among
    contacts no model was trained on. Left alone, half of them would do it: made up, since the data
    hold nobody who was not called."""
    held = rows.filter(pl.Series(evaluation(rows["contact_id"])))
    said = held.group_by(segment="poutcome").agg(probability=(pl.col("y") == "yes").mean())
    called = said.with_columns(treatment=pl.lit(TREATMENT))
    alone = said.with_columns(pl.col("probability") * WITHOUT_A_CALL, treatment=pl.lit("nothing"))
    return (
        pl.concat([called, alone])
        .select(
            "treatment", "segment", kind=pl.lit("conversion"), probability="probability", value=0.0
        )
        .sort("treatment", "segment")
    )
