"""Pricing: what each option is worth, in one currency, before it is given a time."""

import math

import polars as pl

from agents.desk import Desk

UNKNOWN_EFFECT_SE = 1 / math.sqrt(3)
"""Standard error of an effect nobody foresees: a change of a probability lies in [-1, 1], and that
is all that is known of it (the standard deviation of the uniform distribution there)."""
UNKNOWN_CAMPAIGN = "unknown"
"""Campaign of a treatment the programme does not hold; the judge refuses it as not approved."""
APPROVED = "approved"


def priced(options: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Options with campaign_id, offer, theme, cost, pool, approved, gain, value_se and evidence.

    options: contact, channel, treatment_id; a campaign_id of their own goes before the
    treatment's. Gain and value_se are in minor units at the run's instant: effect x worth, and
    effect_se x worth. What the predictions say nothing of gains nothing, rests on a prior, and is
    as uncertain as an effect can be. `approved`: its treatment may be sent at the run's instant.
    """
    predictions = desk.folder.read("predictions")
    foreseen = predictions.select(
        "contact", "treatment_id", "effect", "effect_se", "worth", "evidence"
    )
    known = costed(options, desk).join(
        foreseen, on=["contact", "treatment_id"], how="left", maintain_order="left"
    )
    own = ("campaign_id",) if "campaign_id" in options.columns else ()
    worth = pl.col("worth").fill_null(_worth(predictions, desk))
    return known.with_columns(
        campaign_id=pl.coalesce(*own, "treatment_campaign", pl.lit(UNKNOWN_CAMPAIGN)),
        gain=pl.col("effect").fill_null(0.0) * worth,
        value_se=pl.col("effect_se").fill_null(UNKNOWN_EFFECT_SE) * worth,
        evidence=pl.col("evidence").fill_null("prior"),
    ).drop("treatment_campaign")


def costed(rows: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Rows of channel and treatment_id with treatment_campaign, offer, theme, approved, cost
    (minor units of one touch: the treatment's own, else its channel's) and the pool that pays."""
    return (
        rows.join(_treatments(desk), on="treatment_id", how="left", maintain_order="left")
        .join(_channels(desk), on="channel", how="left", maintain_order="left")
        .with_columns(
            approved=pl.col("approved").fill_null(False),
            cost=pl.coalesce("treatment_cost", "channel_cost", pl.lit(0)),
        )
        .drop("treatment_cost", "channel_cost")
    )


def standing_approval(desk: Desk) -> pl.Expr:
    """The treatment is approved, and still so at the run's instant."""
    lasts = (pl.col("approved_until") > pl.lit(desk.at)).fill_null(True)
    return (pl.col("approval") == APPROVED).fill_null(False) & lasts


def _treatments(desk: Desk) -> pl.DataFrame:
    return desk.programme.treatments.select(
        "treatment_id",
        "offer",
        "theme",
        treatment_campaign="campaign_id",
        treatment_cost="cost",
        approved=standing_approval(desk),
    )


def _channels(desk: Desk) -> pl.DataFrame:
    return pl.DataFrame(
        [(one.channel, one.cost, one.pool) for one in desk.channels],
        schema={"channel": pl.String, "channel_cost": pl.Int64, "pool": pl.String},
        orient="row",
    )


def _worth(predictions: pl.DataFrame, desk: Desk) -> float:
    """Worth of one outcome, minor units: as the models say, or as the objective declares.

    With neither, no outcome has a price yet, and nothing is worth anything.
    """
    said = predictions.select(pl.col("worth").max()).item()
    return float(said if said is not None else desk.objective.worth or 0)
