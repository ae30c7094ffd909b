"""What a choice takes of the limits, as rows of the ledger's reservations and effects."""

from zoneinfo import ZoneInfo

import polars as pl

from domain.packet import Packet
from domain.payload import payload_hashes
from domain.tables import INSTANT

COUNTED_CLASSES = ("marketing",)
"""Classes whose touches use caps and spacing; a rep's own conversation uses neither."""


def reservations_of(choices: pl.DataFrame) -> pl.DataFrame:
    """One row per choice and limit it uses: touches per contact, money per pool, minutes per
    person. choices: DECISIONS rows."""
    common = ("decision_id", "packet_id", "account_id")
    touches = choices.filter(pl.col("class").is_in(COUNTED_CLASSES)).select(
        *common,
        resource=pl.concat_str(pl.lit("touch:"), "channel"),
        holder="contact_id",
        amount=pl.lit(1.0),
        at="slot_at",
        agent="agent",
        theme="theme",
    )
    pools = choices.filter(pl.col("pool").is_not_null() & (pl.col("cost") > 0)).select(
        *common,
        resource=pl.concat_str(pl.lit("pool:"), "pool"),
        holder=pl.lit(""),
        amount=pl.col("cost").cast(pl.Float64),
        at="slot_at",
    )
    minutes = choices.filter(pl.col("owner").is_not_null() & (pl.col("minutes") > 0)).select(
        *common,
        resource=pl.concat_str(pl.lit("minutes:"), "owner"),
        holder=pl.lit(""),
        amount="minutes",
        at="slot_at",
    )
    return pl.concat([touches, pools, minutes], how="diagonal")


def effects_of(choices: pl.DataFrame, observations: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """One intent per choice, keyed by its decision's id."""
    zones = observations.select("contact", "timezone")
    placed = choices.join(zones, on="contact", how="left", maintain_order="left")
    rows = placed.with_columns(local_day=local_days(placed)).select(
        effect_id="decision_id",
        run_id=pl.lit(run_id),
        packet_id="packet_id",
        candidate=pl.col("candidate").cast(pl.Int64),
        contact_id="contact_id",
        account_id="account_id",
        agent="agent",
        channel="channel",
        campaign_id="campaign_id",
        purpose="purpose",
        treatment="treatment_id",
        action_class="class",
        slot_at="slot_at",
        local_day="local_day",
        amount=pl.lit(None, dtype=pl.Int64),
    )
    return rows.with_columns(payload_hash=payload_hashes(rows))


def local_days(placed: pl.DataFrame) -> pl.Series:
    """Calendar day of each slot where the contact lives; UTC where the zone is unknown."""
    pairs = placed.select("timezone", "slot_at").unique(maintain_order=True)
    days = [
        at.astimezone(ZoneInfo(zone) if zone else ZoneInfo("UTC")).date().isoformat()
        for zone, at in pairs.iter_rows()
    ]
    named = pairs.with_columns(local_day=pl.Series(days, dtype=pl.String))
    return placed.join(
        named, on=["timezone", "slot_at"], how="left", nulls_equal=True, maintain_order="left"
    ).get_column("local_day")


def budget_effect(packet: Packet, effect_id: str) -> pl.DataFrame:
    """The intent that sets one campaign's budget to an absolute amount."""
    change = packet.budget
    if change is None:
        raise ValueError(f"Packet {packet.packet_id} holds no budget change.")
    rows = pl.DataFrame(
        {
            "effect_id": [effect_id],
            "run_id": [packet.run_id],
            "packet_id": [packet.packet_id],
            "candidate": [-1],
            "contact_id": pl.Series([None], dtype=pl.String),
            "account_id": pl.Series([None], dtype=pl.String),
            "agent": ["ads"],
            "channel": ["ads"],
            "campaign_id": [change.campaign_id],
            "purpose": ["budget"],
            "treatment": ["weekly_budget"],
            "action_class": ["marketing"],
            "slot_at": pl.Series([packet.first_at], dtype=INSTANT),
            "local_day": [packet.first_at.date().isoformat()],
            "amount": [change.spend_new],
        }
    )
    return rows.with_columns(payload_hash=payload_hashes(rows))
