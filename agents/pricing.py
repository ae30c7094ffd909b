"""Pricing: options become candidates in one currency, each at its best slots."""

import polars as pl

from agents.desk import Desk
from domain.names import MARKETING_PURPOSE, AgentName
from domain.tables import CANDIDATES

SLOTS_PER_OPTION = 3
"""Slots filed per contact and treatment: the undominated few, not every hour."""
TREATMENTS_PER_CONTACT = 4


def priced(options: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Options with value, value_se, evidence and cost at the run's instant.

    options: contact, channel, treatment_id. What the models foresee (effect x worth) less the
    treatment's cost; an option they say nothing of is worth its cost alone, with evidence prior.
    """
    predictions = desk.folder.read("predictions").select(
        "contact", "treatment_id", "effect", "effect_se", "worth", "evidence"
    )
    costs = pl.DataFrame(
        [(one.channel, one.cost, one.pool) for one in desk.channels],
        schema={"channel": pl.String, "channel_cost": pl.Int64, "pool": pl.String},
        orient="row",
    )
    about = desk.programme.treatments.select(
        "treatment_id", "campaign_id", "offer", "theme", "cost"
    )
    known = (
        options.join(predictions, on=["contact", "treatment_id"], how="left", maintain_order="left")
        .join(about, on="treatment_id", how="left", maintain_order="left", suffix="_treatment")
        .join(costs, on="channel", how="left", maintain_order="left")
    )
    return known.with_columns(
        cost=pl.coalesce("cost", "channel_cost", pl.lit(0)),
        gain=(pl.col("effect") * pl.col("worth")).fill_null(0.0),
        value_se=(pl.col("effect_se") * pl.col("worth")).fill_null(0.0),
        evidence=pl.col("evidence").fill_null("prior"),
    )


def placed(options: pl.DataFrame, desk: Desk, agent: AgentName) -> pl.DataFrame:
    """CANDIDATES of priced options: each at its best slots, open ones first.

    options: priced, with class, owner, minutes. Where nothing is open the best closed slots are
    filed all the same, so that the refusal is recorded with its reason. A touch that waits loses
    `decay_per_day` of its gain.
    """
    observations = desk.folder.read("observations").select("contact", "contact_id", "account_id")
    grid = desk.folder.read("grid")
    slots = desk.folder.read("slots")
    days = (pl.col("slot_at") - pl.lit(desk.at)).dt.total_seconds() / 86400
    at_slots = (
        options.join(grid, on=["contact", "channel", "class"], how="inner")
        .join(slots, on="slot", how="left")
        .with_columns(left=(1 - desk.cycle.decay_per_day) ** days)
        .with_columns(
            value=pl.col("gain") * pl.col("left") - pl.col("cost"),
            value_se=pl.col("value_se") * pl.col("left"),
            closed=pl.col("findings") != 0,
        )
    )
    best = (
        at_slots.sort(
            "contact",
            "treatment_id",
            "class",
            "closed",
            "value",
            "slot",
            descending=[False, False, False, False, True, False],
        )
        .group_by("contact", "treatment_id", "class", maintain_order=True)
        .head(SLOTS_PER_OPTION)
    )
    named = best.join(observations, on="contact", how="left", maintain_order="left")
    return CANDIDATES.conform(
        named.sort("contact", "treatment_id", "class", "slot")
        .with_columns(
            candidate=pl.int_range(pl.len(), dtype=pl.UInt32),
            agent=pl.lit(agent),
            purpose=pl.lit(MARKETING_PURPOSE),
            findings=pl.lit(0, dtype=pl.UInt32),
        )
        .select(*CANDIDATES.columns)
    )


def undominated(options: pl.DataFrame) -> pl.DataFrame:
    """The few treatments of a contact worth most; the others could only lose to them."""
    return (
        options.sort("contact", "gain", "treatment_id", descending=[False, True, False])
        .group_by("contact", "channel", maintain_order=True)
        .head(TREATMENTS_PER_CONTACT)
    )
