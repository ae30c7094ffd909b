"""The judge's third part: what can be told only once it is said what goes out."""

from datetime import datetime
from typing import Final

import polars as pl

from domain.names import ACTION_CLASSES
from domain.tables import SLOTS
from policies.deals import held_at_deal, later_of
from policies.judging import mark, promotional
from policies.schema import Policy


def judge_choices(
    rows: pl.DataFrame, contacts: pl.DataFrame, policy: Policy, at: datetime
) -> pl.Series:
    """Findings (bits) against each row that `policies.judging.judge` leaves open while undecided.

    rows: contact_id, channel, class, treatment_id, theme, slot_at. contacts: contact_id,
    deal_stage. Judged at the later of slot_at and `at`.
    """
    if not policy.deal_hold.exceptions:  # then the cells alone say it all
        return pl.zeros(rows.height, dtype=pl.UInt64, eager=True)
    known = contacts.select("contact_id", "deal_stage")
    asked = ("contact_id", "channel", "class", "treatment_id", "theme", "slot_at")
    placed = rows.select(asked).join(known, on="contact_id", how="left", maintain_order="left")
    held = held_at_deal(policy.deal_hold, promotional(), undecided=False)
    judged = placed.with_columns(at=later_of(at)).select(bits=mark(held, "deal_hold"))
    return judged.get_column("bits")


HELD_BACK: Final = pl.Schema(
    {
        "deal_stage": pl.String(),
        "channel": pl.String(),
        "class": pl.String(),
        "slot": SLOTS.columns["slot"].dtype,
        "treatment_id": pl.String(),
    }
)


def held_back(treatments: pl.DataFrame, slots: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """HELD_BACK: what waits at a stage in a slot though its cell is open for something else, so
    that who asks does not ask for it in the place of what may go out.

    treatments: treatment_id, theme, channel. slots: SLOTS.
    """
    hold = policy.deal_hold
    if not hold.exceptions:
        return pl.DataFrame(schema=HELD_BACK)
    stages = pl.DataFrame({"deal_stage": hold.stages}, schema={"deal_stage": pl.String})
    classes = pl.DataFrame({"class": ACTION_CLASSES}, schema={"class": pl.String})
    rows = (
        treatments.select("treatment_id", "theme", "channel")
        .join(classes, how="cross")
        .join(stages, how="cross")
        .join(slots.select("slot", at="slot_at"), how="cross")
    )
    return rows.filter(held_at_deal(hold, promotional(), undecided=False)).select(HELD_BACK.names())
