"""Slots: each option at its best few times, then the few options that could win."""

from typing import Final

import polars as pl

from agents.desk import Desk
from agents.timing import at_their_times
from agents.tiring import less_whom_it_loses
from domain.names import MARKETING_PURPOSE, AgentName
from domain.tables import CANDIDATES, FINDINGS

SLOTS_PER_OPTION: Final = 3
"""Slots filed per contact and treatment: the undominated few, not every hour."""
TREATMENTS_PER_CONTACT: Final = 4
OPTION: Final = ("contact", "treatment_id", "class")


def at_best_slots(options: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Priced options at their SLOTS_PER_OPTION best slots, with slot, slot_at, value and closed.

    options: priced, with class; a due_at of their own, where not null, is the first instant they
    may happen. Open slots come first, then the more valuable, then the earlier. Where fewer are
    open the best closed slots are filed beside, so that the refusal is recorded with its reason.
    value = gain x times x (1 - decay_per_day)^days - cost - loss, minor units; value_se fades
    alike, but for the loss. `times` is by how much people answer more or less then
    (agents/timing.py); it makes a slot better or worse and never opens or closes one. `loss` is
    what the touch may lose (agents/tiring.py).

    An agent asks only for cells the grid has: a class its channel does not declare is not its to
    use.
    """
    days = (pl.col("slot_at") - pl.lit(desk.at)).dt.total_seconds() / 86400
    times = desk.folder.read("slots").with_columns(left=(1 - desk.cycle.decay_per_day) ** days)
    cells = desk.folder.read("grid").select(
        "contact", "channel", "class", "slot", closed=pl.col("findings") != 0
    )
    placed = options.join(cells, on=["contact", "channel", "class"], how="inner").join(
        times, on="slot", how="inner"
    )
    placed = _without_held_back(placed, desk)
    if "due_at" in options.columns:
        placed = placed.filter((pl.col("slot_at") >= pl.col("due_at")).fill_null(True))
    return (
        at_their_times(placed, desk)
        .with_columns(
            value=pl.col("gain") * pl.col("left") - pl.col("cost"),
            value_se=pl.col("value_se") * pl.col("left"),
        )
        .pipe(less_whom_it_loses, desk)
        .sort(
            *OPTION,
            "closed",
            "value",
            "slot",
            descending=[False, False, False, False, True, False],
        )
        .group_by(*OPTION, maintain_order=True)
        .head(SLOTS_PER_OPTION)
    )


def _without_held_back(placed: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """The rows, closed where the contact's deal holds this treatment back though the cell is open
    for another."""
    held = desk.held_back
    if held is None or held.is_empty():
        return placed
    stages = desk.folder.read("observations").select("contact", "deal_stage")
    keys = ["deal_stage", "channel", "class", "slot", "treatment_id"]
    return (
        placed.join(stages, on="contact", how="left")
        .join(held.with_columns(held_back=pl.lit(True)), on=keys, how="left")
        .with_columns(closed=pl.col("closed") | pl.col("held_back").fill_null(False))
        .drop("deal_stage", "held_back")
    )


def undominated(placed: pl.DataFrame) -> pl.DataFrame:
    """The rows of each contact's few treatments that could win; the others could only lose to
    them.

    placed: at_best_slots. What may be sent at all (approved, with a slot open) goes before what
    may not, then the more valuable: what is refused anyway never takes the place of what could
    win, and is filed where there is room.
    """
    ranked = (
        placed.group_by(*OPTION, maintain_order=True)
        .agg(
            refused=(pl.col("closed") | ~pl.col("approved")).all(),
            best=pl.coalesce(
                pl.col("value").filter(~pl.col("closed")).max(), pl.col("value").max()
            ),
        )
        .sort("contact", "refused", "best", "treatment_id", descending=[False, False, True, False])
        .group_by("contact", maintain_order=True)
        .head(TREATMENTS_PER_CONTACT)
    )
    return placed.join(ranked, on=OPTION, how="semi", maintain_order="left")


def candidates(placed: pl.DataFrame, desk: Desk, agent: AgentName) -> pl.DataFrame:
    """CANDIDATES of placed rows, ordered by contact, treatment and slot, numbered from 0.

    placed: at_best_slots, with owner and minutes where a person does it, and with purpose where
    it is another than marketing.
    """
    observations = desk.folder.read("observations").select("contact", "contact_id", "account_id")
    absent = {
        "owner": pl.lit(None, dtype=pl.String),
        "minutes": pl.lit(0.0),
        "purpose": pl.lit(MARKETING_PURPOSE),
    }
    return CANDIDATES.conform(
        placed.with_columns(
            **{name: one for name, one in absent.items() if name not in placed.columns}
        )
        .join(observations, on="contact", how="left")
        .sort(*OPTION, "slot")
        .with_columns(
            candidate=pl.int_range(pl.len(), dtype=pl.UInt32),
            agent=pl.lit(agent),
            findings=pl.lit(0, dtype=FINDINGS),
        )
    )
