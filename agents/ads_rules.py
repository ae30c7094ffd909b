"""The ads strategist's rules: money where its next unit brings most, and nobody chased in vain."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from agents.audiences import members
from agents.desk import Desk
from agents.filing import line, proposal
from domain.proposal import BudgetCandidate, ProgrammeProposal

WORTH_MOVING: Final = 0.1
"""How far the next unit's return must lie from its cost before a move is proposed."""


class AdsStrategist:
    """Deterministic: the same desk files the same proposals."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return (*money_moves(desk), *weak_curves(desk), *customers_chased(desk))


def money_moves(desk: Desk) -> Iterator[ProgrammeProposal]:
    """budget_move: the next unit of spend brings clearly more (or less) than itself; one step.

    A campaign that spends nothing has no share of its spend to move by.
    """
    for one in sorted(desk.curves, key=lambda curve: (curve.campaign_id, curve.platform)):
        if one.evidence != "measured" or one.spend_now <= 0:
            continue
        slope = one.curve.slope(one.spend_now)
        if abs(slope - 1) >= WORTH_MOVING:
            yield _budget_move(desk, one, slope)


def _budget_move(desk: Desk, one: BudgetCandidate, slope: float) -> ProgrammeProposal:
    step = desk.budget_step * (1 if slope > 1 else -1)
    spend = int(one.spend_now * (1 + step))
    gain = float(one.curve.value(spend) - one.curve.value(one.spend_now))
    word = "Raise" if step > 0 else "Lower"
    return proposal(
        desk,
        "ads",
        "budget_move",
        one.campaign_id,
        f"{word} {_named(one)} by {abs(step):.0%} a week.",
        f"The next unit of spend brings {slope:.2f} units of value.",
        (
            line("return of the next unit", slope, "units per unit", one.model),
            line("spend now", one.spend_now, "minor units a week", "warehouse spend"),
            line("spend proposed", spend, "minor units a week", "the policy's step"),
        ),
        # The curve's value errs in proportion, so a step of it errs by its share.
        (gain - (spend - one.spend_now), one.value_se * abs(step)),
        "money_moves",
    )


def weak_curves(desk: Desk) -> Iterator[ProgrammeProposal]:
    """experiment: past spend does not identify the curve; a lift test would, a move would not."""
    for one in sorted(desk.curves, key=lambda curve: (curve.campaign_id, curve.platform)):
        if one.evidence == "prior":
            yield proposal(
                desk,
                "ads",
                "experiment",
                one.campaign_id,
                f"Hold out a region from {_named(one)} for four weeks.",
                "Its spend varied too little, or with the others, to tell what it causes.",
                (line("spend now", one.spend_now, "minor units a week", "warehouse spend"),),
                (0.0, one.value_se),
                "weak_curves",
            )


def _named(one: BudgetCandidate) -> str:
    """A campaign may run on several platforms, each with a curve of its own."""
    return f"{one.campaign_id} on {one.platform}"


def customers_chased(desk: Desk) -> Iterator[ProgrammeProposal]:
    """new_audience: an audience holds people who are customers; showing them ads is wasted."""
    counted = (
        members(desk)
        .group_by("campaign_id")
        .agg(
            customers=pl.col("is_customer").sum(),
            saved=pl.col("cost").filter("is_customer").sum(),
            size=pl.len(),
        )
    )
    for row in counted.filter(pl.col("customers") > 0).sort("campaign_id").iter_rows(named=True):
        yield proposal(
            desk,
            "ads",
            "new_audience",
            row["campaign_id"],
            f"Keep customers out of {row['campaign_id']} at the source.",
            f"{row['customers']:,} of its {row['size']:,} members are customers already.",
            (
                line("customers in the audience", row["customers"], "contacts", "audience, deals"),
                line("cost of showing them the ad", row["saved"], "minor units", "treatment costs"),
            ),
            (float(row["saved"]), 0.0),
            "customers_chased",
        )
