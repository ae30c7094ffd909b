"""The judge's third part: what can be told only once it is said what goes out, and by whom."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from domain.names import ACTION_CLASSES
from domain.tables import FINDINGS, SLOTS
from policies.deals import held_at_deal, later_of, may_be_held, stages_unknown
from policies.judging import mark, promotional
from policies.owners import KNOWN, not_by_the_owner, with_roles
from policies.schema import Policy


def judge_choices(
    rows: pl.DataFrame, contacts: pl.DataFrame, policy: Policy, at: datetime
) -> pl.Series:
    """Findings (bits) against each row that `policies.judging.judge` leaves open while undecided.

    rows: contact_id, channel, class, treatment_id, theme, slot_at, and `owner`, who would act,
    where the policy says whose accounts are. contacts: OBSERVATIONS. Judged at the later of slot_at
    and `at`.
    """
    if not (asks_choices(policy) or stages_unknown(contacts)):  # then the cells alone say it all
        return pl.zeros(rows.height, dtype=FINDINGS, eager=True)
    known = with_roles(contacts).select("contact_id", *KNOWN)
    asked = ["contact_id", "channel", "class", "treatment_id", "theme", "slot_at"]
    placed = rows.select(*asked, *(["owner"] if policy.account_owners else []))
    joined = placed.join(known, on="contact_id", how="left", maintain_order="left")
    rules = (*_held(policy), *_owned(policy))
    judged = joined.with_columns(at=later_of(at)).select(bits=reduce(or_, rules))
    return judged.get_column("bits")


def asks_choices(policy: Policy) -> bool:
    """Whether any limit waits for what goes out, or in whose name."""
    return bool(policy.deal_hold.exceptions or policy.account_owners)


def _held(policy: Policy) -> tuple[pl.Expr, pl.Expr]:
    hold = policy.deal_hold
    held = held_at_deal(hold, promotional(), undecided=False)
    return mark(held, "deal_hold"), mark(may_be_held(hold, promotional()), "fact_missing")


def _owned(policy: Policy) -> tuple[pl.Expr, ...]:
    if not policy.account_owners:
        return ()
    against = not_by_the_owner(policy.account_owners)
    return mark(against.another, "another_owner"), mark(against.unknown, "fact_missing")


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
