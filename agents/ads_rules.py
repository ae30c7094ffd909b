"""The ads strategist's rules: money where its next unit brings most, and nobody chased in vain."""

from collections.abc import Iterator

import polars as pl

from agents.desk import Desk
from agents.filing import line, proposal
from domain.proposal import BudgetCandidate, ProgrammeProposal

WORTH_MOVING = 0.1
"""How far the next unit's return must lie from its cost before a move is proposed."""


class AdsStrategist:
    """Deterministic: the same desk files the same proposals."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return (*money_moves(desk), *weak_curves(desk), *customers_chased(desk))


def money_moves(desk: Desk) -> Iterator[ProgrammeProposal]:
    """Where the next unit of spend brings more (or less) than itself, move one step."""
    for one in desk.curves:
        slope = one.curve.slope(one.spend_now)
        if one.evidence != "measured" or abs(slope - 1) < WORTH_MOVING:
            continue
        step = desk.budget_step * (1 if slope > 1 else -1)
        spend = int(one.spend_now * (1 + step))
        gain = float(one.curve.value(spend) - one.curve.value(one.spend_now))
        net = gain - (spend - one.spend_now)
        word = "Raise" if step > 0 else "Lower"
        yield proposal(
            desk,
            "ads",
            "budget_move",
            one.campaign_id,
            f"{word} {one.campaign_id} by {abs(step):.0%} a week.",
            f"The next unit of spend brings {slope:.2f} units of value.",
            (
                line("return of the next unit", slope, "units per unit", one.model),
                line("spend now", one.spend_now, "minor units a week", "warehouse spend"),
            ),
            (net, one.value_se * abs(step)),
            "money_moves",
        )


def weak_curves(desk: Desk) -> Iterator[ProgrammeProposal]:
    """A campaign whose curve past spend does not identify needs a lift test, not a budget move."""
    for one in desk.curves:
        if one.evidence == "prior":
            yield _lift_test(desk, one)


def _lift_test(desk: Desk, one: BudgetCandidate) -> ProgrammeProposal:
    return proposal(
        desk,
        "ads",
        "experiment",
        one.campaign_id,
        f"Hold out a region from {one.campaign_id} for four weeks.",
        "Its spend varied too little, or with the others, to tell what it causes.",
        (line("spend now", one.spend_now, "minor units a week", "warehouse spend"),),
        (0.0, one.value_se),
        "weak_curves",
    )


def customers_chased(desk: Desk) -> Iterator[ProgrammeProposal]:
    """An audience that follows people who bought already wastes what it spends on them."""
    people = desk.folder.read("observations").select("contact_id", "is_customer")
    members = desk.programme.members.unique().join(people, on="contact_id", how="inner")
    counted = members.group_by("campaign_id").agg(
        customers=pl.col("is_customer").sum(), size=pl.len()
    )
    for row in counted.filter(pl.col("customers") > 0).sort("campaign_id").iter_rows(named=True):
        yield proposal(
            desk,
            "ads",
            "new_audience",
            row["campaign_id"],
            f"Keep customers out of {row['campaign_id']} at the source.",
            f"{row['customers']:,} of its {row['size']:,} members are customers already.",
            (line("customers in the audience", row["customers"], "contacts", "audience, deals"),),
            (0.0, 0.0),
            "customers_chased",
        )
