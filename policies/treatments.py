"""The judge's second half: is the treatment approved, and does its campaign run then?"""

from datetime import date, datetime

import polars as pl

from policies.judging import mark

EXCLUSION = ":exclude"
"""Ending of treatments that take a person out of a paid audience; that needs no approval."""


def judge_treatments(
    rows: pl.DataFrame, treatments: pl.DataFrame, campaigns: pl.DataFrame, at: datetime
) -> pl.Series:
    """Findings (UInt32 bits) against the treatment and campaign of each row.

    rows: treatment_id, campaign_id, slot_at. A treatment nobody knows is not approved.
    """
    approvals = treatments.select("treatment_id", "approval", "approved_until")
    dates = campaigns.select("campaign_id", "starts_at", "ends_at")
    placed = (
        rows.select("treatment_id", "campaign_id", "slot_at")
        .join(approvals, on="treatment_id", how="left", maintain_order="left")
        .join(dates, on="campaign_id", how="left", maintain_order="left")
    )
    when = pl.max_horizontal("slot_at", pl.lit(at))
    asked = ~pl.col("treatment_id").str.ends_with(EXCLUSION)
    approved = (pl.col("approval") == "approved").fill_null(False)
    expired = (pl.col("approved_until") <= when).fill_null(False)
    early = (pl.col("starts_at") > when).fill_null(False)
    late = (pl.col("ends_at") <= when).fill_null(False)
    return placed.select(
        bits=mark(asked & ~approved, "treatment_not_approved")
        | mark(asked & expired, "treatment_approval_expired")
        | mark(asked & (early | late | _dark(campaigns, when)), "blackout")
    ).get_column("bits")


def _dark(campaigns: pl.DataFrame, when: pl.Expr) -> pl.Expr:
    """The instant lies in a blackout of the row's campaign."""
    dark = pl.lit(False)
    for campaign, text in campaigns.select("campaign_id", "blackout").iter_rows():
        for first, last in blackout_spans(text):
            here = (pl.col("campaign_id") == campaign).fill_null(False)
            dark = dark | (here & when.dt.date().is_between(first, last))
    return dark


def blackout_spans(text: str | None) -> list[tuple[date, date]]:
    """First and last day (UTC, both included) of each blackout in `2026-03-05/2026-03-07;...`."""
    pairs = [part.split("/") for part in (text or "").split(";") if part]
    return [(date.fromisoformat(pair[0]), date.fromisoformat(pair[-1])) for pair in pairs]
