"""The grid: every contact x channel x class x slot, open or closed with its findings."""

from collections.abc import Sequence

import polars as pl

from domain.names import MARKETING_PURPOSE
from tools.workspace_config import ChannelConfig

SLOTLESS = ("ads",)
"""Channels whose effects are a membership, not a moment: they have the first slot only."""


def build_cells(
    observations: pl.DataFrame, slots: pl.DataFrame, channels: Sequence[ChannelConfig]
) -> pl.DataFrame:
    """Cells to judge, in a fixed order: contact, channel, class, slot."""
    kinds = pl.DataFrame(
        [
            (config.agent, config.channel, action_class)
            for config in channels
            for action_class in config.classes
        ],
        schema={"agent": pl.String, "channel": pl.String, "class": pl.String},
        orient="row",
    )
    times = kinds.join(slots, how="cross").filter(
        ~pl.col("channel").is_in(SLOTLESS) | (pl.col("slot") == 0)
    )
    people = observations.select("contact", "contact_id", "account_id")
    return people.join(times, how="cross", maintain_order="left_right").select(
        "contact",
        "contact_id",
        "account_id",
        "agent",
        "channel",
        "class",
        "slot",
        purpose=pl.lit(MARKETING_PURPOSE),
        at="slot_at",
    )


def grid(cells: pl.DataFrame, findings: pl.Series) -> pl.DataFrame:
    """GRID rows of judged cells."""
    return cells.select("contact", "channel", "class", "slot", findings=findings)
