"""Accessibility: whether what is known is there when it is asked for, and of whom."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from tools.data_audit.findings import Area, Check, Data, Finding

NAMELESS: Final[dict[str, tuple[str, Area]]] = {
    "touches": ("touch_id", "contact behaviour"),
    "outcomes": ("outcome_id", "contact behaviour"),
    "events": ("event_id", "contact behaviour"),
}
STEADY: Final[dict[str, tuple[str, Area]]] = {
    "touches": ("at", "contact behaviour"),
    "outcomes": ("at", "contact behaviour"),
    "events": ("at", "contact behaviour"),
    "spend": ("date", "contact behaviour"),
    "deal_stages": ("at", "CRM feedback"),
}
LOOKING_BACK: Final = timedelta(days=90)
LEAST_DAYS: Final = 10
"""Days with rows from which a source has a rhythm."""
QUIET_FACTOR: Final = 3
"""How many times its longest gap a source may be silent before it counts as broken off."""
UNKNOWN: Final = "unknown"
BINS: Final = 28
"""Of the delays of answers."""


def inaccessible(data: Data) -> tuple[Finding, ...]:
    """Rows of nobody who is known, and sources that fell silent."""
    return (*_nameless(data), *_silent(data))


def _nameless(data: Data) -> Iterator[Finding]:
    for kind, (key, area) in NAMELESS.items():
        rows = data.tables[kind]
        whom = pl.col("contact_id").is_null() & pl.col("account_id").is_null()
        yield from Check(
            area,
            "accessibility",
            f"{kind} of nobody known",
            f"Expected a contact or an account of {kind}; {{found}} of {{of}} ({{share}}) have an "
            "anonymous id alone.",
            "they count for nobody, and teach nothing of anybody",
            "Import them again with the contact, once it is known.",
        ).of_rows(rows.filter(whom).get_column(key), rows.height)


def _silent(data: Data) -> Iterator[Finding]:
    for kind, (column, area) in STEADY.items():
        days = rhythm(data, kind, column)
        steady = days.filter(pl.col("days") >= LEAST_DAYS)
        quiet = steady.filter(
            pl.col("silent_days") > QUIET_FACTOR * pl.col("longest_gap_days")
        ).get_column("source")
        yield from Check(
            area,
            "accessibility",
            f"{kind}: sources that fell silent",
            f"Expected {kind} as steadily as before; {{found}} of {{of}} sources ({{share}}) have "
            f"been silent for more than {QUIET_FACTOR} times their longest gap.",
            "nothing: what has not come in is not known to be missing, so caps may count too few",
            "Look whether the import or the tool still runs.",
        ).of_rows(quiet, steady.height)


def rhythm(data: Data, kind: str, column: str) -> pl.DataFrame:
    """source, days (with rows, of its last LOOKING_BACK), longest_gap_days, silent_days."""
    at = pl.col(column)
    rows = data.tables[kind].filter(at <= data.at).select(pl.col("source").fill_null(UNKNOWN), at)
    recent = rows.filter(at > at.max().over("source") - LOOKING_BACK)
    days = recent.select("source", day=at.dt.truncate("1d")).unique().sort("source", "day")
    gaps = days.with_columns(gap=pl.col("day").diff().over("source"))
    return gaps.group_by("source", maintain_order=True).agg(
        days=pl.len(),
        longest_gap_days=pl.col("gap").max().dt.total_days().fill_null(0),
        silent_days=(pl.lit(data.at) - pl.col("day").max()).dt.total_days() - 1,
    )


def label_delay(data: Data) -> dict[str, Any]:
    """How long the leading outcome takes after its touch (days), and what is still open.

    Keys: answers (with a known touch), median_days, p90_days (null without answers), horizon_days,
    bin_days and counts (answers by delay, up to twice the horizon), later (answers beyond),
    open_touches (whose horizon has not passed: they teach nothing yet), touches.
    """
    sent = data.tables["touches"].filter(pl.col("at") <= data.at)
    outcomes = data.tables["outcomes"].filter(
        (pl.col("kind") == data.objective.outcome) & (pl.col("at") <= data.at)
    )
    delays = outcomes.join(sent.select("touch_id", sent="at"), on="touch_id").select(
        days=(pl.col("at") - pl.col("sent")).dt.total_seconds() / 86_400
    )
    days = delays.filter(pl.col("days") >= 0).get_column("days")
    horizon = timedelta(days=data.objective.horizon_days)
    return {
        "answers": days.len(),
        "median_days": days.median(),
        "p90_days": days.quantile(0.9),
        "horizon_days": data.objective.horizon_days,
        **_binned(days, data.objective.horizon_days),
        "open_touches": sent.filter(pl.col("at") + horizon > data.at).height,
        "touches": sent.height,
    }


def _binned(days: pl.Series, horizon_days: int) -> dict[str, Any]:
    """Counts in BINS equal parts of twice the horizon, which is an edge itself."""
    wide = 2 * horizon_days / BINS
    within = days.filter(days < 2 * horizon_days).to_numpy()
    counts = np.bincount((within / wide).astype(np.int64), minlength=BINS)[:BINS]
    return {"bin_days": wide, "counts": counts.tolist(), "later": days.len() - int(counts.sum())}
