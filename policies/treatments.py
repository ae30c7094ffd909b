"""The judge's second half: is the treatment approved, and does its campaign run then?"""

from datetime import UTC, date, datetime
from typing import Final

import polars as pl

from domain.errors import DataError
from policies.judging import mark

EXCLUSION = ":exclude"
"""Ending of treatments that take a person out of a paid audience; that needs no approval."""


def judge_treatments(
    rows: pl.DataFrame, treatments: pl.DataFrame, campaigns: pl.DataFrame, at: datetime
) -> pl.Series:
    """Findings (UInt64 bits) against the treatment and campaign of each row.

    rows: treatment_id, campaign_id, channel, class, slot_at. Judged at the later of slot_at and
    `at`. Default deny: a treatment nobody knows is not approved, a campaign nobody knows does not
    run. Raises DataError where a campaign's blackout can't be read.
    """
    approvals = treatments.select(
        "treatment_id", "approval", "approved_until", meant="channel", kind="class"
    )
    marks = treatments.select("treatment_id", *_marks(treatments, "synthetic", "disclosure"))
    dates = campaigns.select("campaign_id", "starts_at", "ends_at", runs=pl.lit(True))
    placed = (
        rows.select("treatment_id", "campaign_id", "channel", "class", "slot_at")
        .join(approvals, on="treatment_id", how="left", maintain_order="left")
        .join(marks, on="treatment_id", how="left", maintain_order="left")
        .join(dates, on="campaign_id", how="left", maintain_order="left")
    )
    when = pl.max_horizontal("slot_at", pl.lit(at.astimezone(UTC)))
    asked = ~_leaves_audience()
    expired = (pl.col("approved_until") <= when).fill_null(False)
    early = (pl.col("starts_at") > when).fill_null(False)
    late = (pl.col("ends_at") <= when).fill_null(False)
    unknown = pl.col("runs").is_null()
    return placed.select(
        bits=mark(asked & ~_approved(), "treatment_not_approved")
        | mark(asked & _undisclosed(), "not_disclosed")
        | mark(asked & expired, "treatment_approval_expired")
        | mark(asked & (unknown | early | late | _dark(campaigns, when)), "blackout")
    ).get_column("bits")


def _leaves_audience() -> pl.Expr:
    return (
        pl.col("treatment_id").str.ends_with(EXCLUSION)
        & (pl.col("channel") == "ads")
        & (pl.col("class") == "transactional")
    )


def _approved() -> pl.Expr:
    """Approved for what it is used as: its own channel, and its own class or the strictest.

    Without this an agent could call a promotion transactional, and no cap would hold it.
    """
    as_approved = (pl.col("class") == pl.col("kind")) | (pl.col("class") == "marketing")
    return (
        (pl.col("approval") == "approved") & (pl.col("channel") == pl.col("meant")) & as_approved
    ).fill_null(False)


CONVERSATION: Final = (("chat", "sms"), ("inbound_response", "one_to_one"))
"""Channels and classes in which people are answered, by whom they can't see."""


def _marks(treatments: pl.DataFrame, *names: str) -> list[pl.Expr]:
    """Columns that a warehouse of an older version lacks: nobody said."""
    types = {"synthetic": pl.Boolean, "disclosure": pl.String}
    return [
        pl.col(name) if name in treatments.columns else pl.lit(None, dtype=types[name]).alias(name)
        for name in names
    ]


def _undisclosed() -> pl.Expr:
    """Made by AI, or a conversation that nobody says a person holds, and no word of it."""
    channels, classes = CONVERSATION
    converses = pl.col("channel").is_in(channels) & pl.col("class").is_in(classes)
    made = pl.col("synthetic").fill_null(converses)
    return made & (pl.col("disclosure").fill_null("").str.strip_chars() == "")


def significant(treatments: pl.DataFrame) -> frozenset[str]:
    """Treatments that decide a price, a credit or the like for a person."""
    if "significant" not in treatments.columns:
        return frozenset()
    rows = treatments.filter(pl.col("significant").fill_null(False))
    return frozenset(rows.get_column("treatment_id"))


def _dark(campaigns: pl.DataFrame, when: pl.Expr) -> pl.Expr:
    """The instant lies in a blackout of the row's campaign."""
    dark = pl.lit(False)
    for campaign, text in campaigns.select("campaign_id", "blackout").iter_rows():
        for first, last in blackout_spans(text):
            here = (pl.col("campaign_id") == campaign).fill_null(False)
            dark = dark | (here & when.dt.date().is_between(first, last))
    return dark


def blackout_spans(text: str | None) -> list[tuple[date, date]]:
    """First and last day (UTC, both included) of each blackout in `2026-03-05/2026-03-07;...`.

    One day may stand alone. Raises DataError where it is no span of days.
    """
    return [_span(part.strip()) for part in (text or "").split(";") if part.strip()]


def _span(part: str) -> tuple[date, date]:
    first, _, last = part.partition("/")
    try:
        span = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise _unreadable(part) from None
    if span[0] > span[1]:
        raise _unreadable(part)
    return span


def _unreadable(part: str) -> DataError:
    return DataError(
        f"Expected a campaign's blackout such as 2026-03-05/2026-03-07, found {part!r}.",
        "Correct the campaign and import it again.",
    )
