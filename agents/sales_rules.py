"""The sales strategist's rules: minutes against what they could be spent on."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from agents.desk import Desk
from agents.filing import line, proposal
from domain.proposal import ProgrammeProposal

OVERBOOKED = 3.0
"""Work that waits for a person, over what a run's minutes allow, from which somebody must help."""


class SalesStrategist:
    """Deterministic: the same desk files the same proposals."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return (*overbooked_people(desk), *unmeasured_calls(desk))


def overbooked_people(desk: Desk) -> Iterator[ProgrammeProposal]:
    """A person with several times more accounts than minutes needs them shared out."""
    days = timedelta(hours=desk.cycle.slots * desk.cycle.slot_hours) / timedelta(days=1)
    owned = (
        desk.folder.read("observations")
        .filter(pl.col("deal_id").is_null())
        .group_by(person_id="sdr")
        .agg(contacts=pl.len())
        .filter(pl.col("person_id").is_not_null())
    )
    people = desk.programme.people.filter(pl.col("minutes_per_day") > 0)
    loads = owned.join(people, on="person_id", how="inner").with_columns(
        load=pl.col("contacts") * desk.call_minutes / (pl.col("minutes_per_day") * days)
    )
    for row in loads.filter(pl.col("load") > OVERBOOKED).sort("person_id").iter_rows(named=True):
        yield proposal(
            desk,
            "sales",
            "reorder",
            row["person_id"],
            f"Share out the accounts of {row['person_id']}.",
            f"Calling everyone once would take {row['load']:.1f} times the minutes there are.",
            (
                line("contacts without a deal", row["contacts"], "contacts", "warehouse accounts"),
                line("minutes a day", row["minutes_per_day"], "minutes", "warehouse people"),
            ),
            (0.0, 0.0),
            "overbooked_people",
        )


def unmeasured_calls(desk: Desk) -> Iterator[ProgrammeProposal]:
    """Calls whose effect is a prior should leave some people uncalled, to learn what one does."""
    own = [one.channel for one in desk.channels_of("sales")]
    predictions = desk.folder.read("predictions").filter(
        pl.col("channel").is_in(own) & (pl.col("evidence") == "prior")
    )
    counted = predictions.group_by("treatment_id").agg(
        pl.col("effect").mean(), pl.col("effect_se").mean(), pl.col("worth").first()
    )
    for row in counted.sort("treatment_id").iter_rows(named=True):
        yield proposal(
            desk,
            "sales",
            "gather_data",
            row["treatment_id"],
            f"Leave one contact in ten uncalled by {row['treatment_id']}, drawn by chance.",
            "There is no group that was not called, so what a call causes is a declared prior.",
            (line("prior effect", row["effect"], "probability", "declared prior"),),
            (0.0, row["effect_se"] * row["worth"]),
            "unmeasured_calls",
        )
