"""The sales strategist's rules: people's minutes against what they could be spent on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from agents.callers import conversations
from agents.desk import Desk
from agents.figures import sample_size, treatment_figures
from agents.filing import line, proposal
from domain.proposal import ProgrammeProposal

OVERBOOKED: Final = 3.0
"""Calls that wait for a person, over what a run's minutes allow, from which somebody must help."""
HELPER: Final = 0.5
"""Whose load is at most this share of theirs can help."""
IDLE: Final = 0.5
"""Load below which a person has minutes to spare."""
CALLING: Final = ("sdr", "ae")


class SalesStrategist:
    """Deterministic: the same desk files the same proposals."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return (
            *overbooked_people(desk),
            *idle_people(desk),
            *unmeasured_calls(desk),
            *faceless_deals(desk),
        )


def overbooked_people(desk: Desk) -> Iterator[ProgrammeProposal]:
    """reorder: calling everyone once would take several times the minutes there are, while
    somebody of the same role has at most half of that to do."""
    helped = pl.col("load").min().over("role") <= HELPER * pl.col("load")
    rows = loads(desk).filter((pl.col("load") > OVERBOOKED) & helped)
    for row in rows.iter_rows(named=True):
        yield proposal(
            desk,
            "sales",
            "reorder",
            row["person_id"],
            f"Share out the accounts of {row['person_id']}.",
            f"Calling everyone once would take {row['load']:.1f} times the minutes there are.",
            (
                line("contacts to call", row["contacts"], "contacts", "warehouse accounts, deals"),
                line("minutes a day", row["minutes_per_day"], "minutes", "warehouse people"),
            ),
            (0.0, 0.0),
            "overbooked_people",
        )


def idle_people(desk: Desk) -> Iterator[ProgrammeProposal]:
    """reorder: a person has minutes for twice what they are asked for, while somebody of the same
    role has more to do than minutes."""
    others = pl.col("load").max().over("role") > 1
    for row in loads(desk).filter((pl.col("load") < IDLE) & others).iter_rows(named=True):
        yield proposal(
            desk,
            "sales",
            "reorder",
            row["person_id"],
            f"Give {row['person_id']} accounts of those who have too many.",
            f"Calling everyone once would take {row['load']:.0%} of the minutes there are.",
            (
                line("contacts to call", row["contacts"], "contacts", "warehouse accounts, deals"),
                line("minutes a day", row["minutes_per_day"], "minutes", "warehouse people"),
            ),
            (0.0, 0.0),
            "idle_people",
        )


def loads(desk: Desk) -> pl.DataFrame:
    """person_id, role, contacts, minutes_per_day, load of each person who calls, by person_id.

    load: minutes that one call to each of their contacts would take, over their declared minutes
    within the run's horizon. Empty where the workspace has no channel to call by.
    """
    days = timedelta(hours=desk.cycle.slots * desk.cycle.slot_hours) / timedelta(days=1)
    asked = conversations(desk).group_by(person_id="owner").agg(contacts=pl.len())
    people = desk.programme.people.filter(
        pl.col("role").is_in(CALLING)
        & (pl.col("minutes_per_day") > 0)
        & pl.lit(bool(desk.channels_of("sales")))
    )
    return (
        people.select("person_id", "role", "minutes_per_day")
        .join(asked, on="person_id", how="left")
        .with_columns(pl.col("contacts").fill_null(0))
        .with_columns(
            load=pl.col("contacts") * desk.call_minutes / (pl.col("minutes_per_day") * days)
        )
        .sort("person_id", "role")
    )


def unmeasured_calls(desk: Desk) -> Iterator[ProgrammeProposal]:
    """gather_data: what a prospecting call causes is a prior, and no group was left uncalled to
    measure it. Nobody whose deal is open is left without an answer for the sake of a figure."""
    prospecting = desk.programme.treatments.filter(pl.col("class") == "marketing")
    rows = (
        treatment_figures(desk, "sales")
        .filter(pl.col("evidence") == "prior")
        .join(prospecting, on="treatment_id", how="semi", maintain_order="left")
    )
    for row in rows.iter_rows(named=True):
        effect = line("prior effect", row["effect"], "probability", "declared prior")
        needed = sample_size(row["base"], row["effect"]) if row["effect"] else 0
        size = line("contacts per arm", needed, "contacts", "two-proportion formula, 80% power")
        yield proposal(
            desk,
            "sales",
            "gather_data",
            row["treatment_id"],
            f"Leave some contacts without {row['treatment_id']}, drawn by chance, and compare.",
            "There is no group that was not called, so what a call causes is a declared prior.",
            (effect, size) if needed else (effect,),
            (0.0, row["value_se"] * row["people"]),
            "unmeasured_calls",
        )


def faceless_deals(desk: Desk) -> Iterator[ProgrammeProposal]:
    """gather_data: an open deal names nobody to speak with, so nobody is called about it."""
    deals = (
        desk.folder.read("observations")
        .filter(pl.col("deal_id").is_not_null())
        .select("account_id", "deal_id", "deal_amount", "ae")
        .unique()
    )
    faceless = deals.join(desk.programme.deals, on="deal_id", how="anti").sort("deal_id")
    if faceless.is_empty() or not desk.channels_of("sales"):
        return
    amount = faceless.select(pl.col("deal_amount").sum()).item()
    yield proposal(
        desk,
        "sales",
        "gather_data",
        "open deals",
        f"Name the contact of {faceless.height:,} open deals.",
        "A conversation about a deal goes to the deal's own contact, and theirs is not recorded.",
        (
            line("deals without a contact", faceless.height, "deals", "warehouse deals"),
            line("their amount", amount, "minor units", "warehouse deals"),
        ),
        (0.0, 0.0),
        "faceless_deals",
    )
