"""Pricing: what each option is worth, in one currency, before it is given a time."""

import math

import polars as pl

from agents.desk import Desk
from agents.timing import asks_when, share_columns
from domain.objective import Objective
from tools.prediction.stored import only, predictions_of

UNKNOWN_EFFECT_SE = 1 / math.sqrt(3)
"""Standard error of an effect nobody foresees: a change of a probability lies in [-1, 1], and that
is all that is known of it (the standard deviation of the uniform distribution there)."""
UNKNOWN_CAMPAIGN = "unknown"
"""Campaign of a treatment the programme does not hold; the judge refuses it as not approved."""
APPROVED = "approved"


def priced(options: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Options with campaign_id, offer, theme, cost, pool, approved, gain, value_se and evidence.

    options: contact, channel, treatment_id; a campaign_id of their own goes before the
    treatment's. Gain and value_se are in minor units at the run's instant, summed over the
    objectives: weight x worth x effect, and weight x |worth| x effect_se. The errors are added as
    they are, not their squares: what misleads one objective may mislead the next the same way, so
    the sum is never too small. What the predictions say nothing of gains nothing, rests on a
    prior, and is as uncertain as an effect can be. `approved`: its treatment may be sent at the
    run's instant.
    """
    return with_others(led(options, desk), desk)


def led(options: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Options as `priced`, by the leading objective alone."""
    known, worth = _with_foreseen(costed(options, desk), desk, desk.objective)
    own = ("campaign_id",) if "campaign_id" in options.columns else ()
    return known.with_columns(
        campaign_id=pl.coalesce(*own, "treatment_campaign", pl.lit(UNKNOWN_CAMPAIGN)),
        gain=pl.col("effect").fill_null(0.0) * worth,
        value_se=pl.col("effect_se").fill_null(UNKNOWN_EFFECT_SE) * worth.abs(),
        evidence=pl.col("evidence").fill_null("prior"),
    ).drop("treatment_campaign")


def with_others(known: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Options of `led` with what every other objective adds to gain and value_se.

    Their evidence is a prior as soon as one that adds anything, be it doubt, rests on a prior.
    Where the run fitted send times each objective's share is kept, since each has its own times.
    """
    known = _share_kept(known, desk.objective, pl.col("gain"), pl.col("value_se"), desk)
    for objective in desk.objectives[1:]:
        known = _with(known, objective, desk)
    return known


def _share_kept(
    known: pl.DataFrame, objective: Objective, gain: pl.Expr, error: pl.Expr, desk: Desk
) -> pl.DataFrame:
    if not asks_when(desk):
        return known
    return known.with_columns(
        one.alias(name)
        for one, name in zip((gain, error), share_columns(objective.outcome), strict=True)
    )


def _with(known: pl.DataFrame, objective: Objective, desk: Desk) -> pl.DataFrame:
    joined, worth = _with_foreseen(known.drop("effect", "effect_se", "worth"), desk, objective)
    gain = pl.col("effect").fill_null(0.0) * worth
    error = pl.col("effect_se").fill_null(UNKNOWN_EFFECT_SE) * worth.abs()
    believed = pl.col("evidence_of_it").fill_null("prior") == "prior"
    return (
        _share_kept(joined, objective, gain, error, desk)
        .with_columns(
            gain=pl.col("gain") + gain,
            value_se=pl.col("value_se") + error,
            evidence=pl.when(believed & ((gain != 0) | (error != 0)))
            .then(pl.lit("prior"))
            .otherwise("evidence"),
        )
        .drop("evidence_of_it")
    )


def _with_foreseen(
    known: pl.DataFrame, desk: Desk, objective: Objective
) -> tuple[pl.DataFrame, pl.Expr]:
    """Options with what is foreseen of one objective, and the weighted worth of one outcome, minor
    units."""
    every = predictions_of(desk.folder, desk.objective)
    predictions = only(every, objective, len(desk.objectives))
    foreseen = predictions.select(
        "contact", "treatment_id", "effect", "effect_se", "worth", "evidence"
    )
    joined = known.join(
        foreseen,
        on=["contact", "treatment_id"],
        how="left",
        maintain_order="left",
        suffix="_of_it",
    )
    if objective.of_each:
        joined = _of_each(joined, predictions)
    worth = pl.col("worth").fill_null(_worth(predictions, objective)) * objective.weight
    return joined, worth


def _of_each(joined: pl.DataFrame, predictions: pl.DataFrame) -> pl.DataFrame:
    """A treatment that nothing foresees is still for a contact whose outcome has its own worth."""
    each = predictions.group_by("contact").agg(own_worth=pl.col("worth").max())
    told = joined.join(each, on="contact", how="left", maintain_order="left")
    return told.with_columns(worth=pl.coalesce("worth", "own_worth")).drop("own_worth")


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


def _worth(predictions: pl.DataFrame, objective: Objective) -> float:
    """Worth of one outcome, minor units: as the models say, or as the objective declares.

    With neither, no outcome has a price yet, and nothing is worth anything.
    """
    said = predictions.select(pl.col("worth").max()).item()
    return float(said if said is not None else objective.worth or 0)
