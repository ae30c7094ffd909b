"""The email agent: a cadence agent that advances sequences and proposes one-off sends beside."""

from datetime import timedelta

import polars as pl
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.desk import Desk, DeskState
from agents.email_rules import EmailStrategist
from agents.pricing import placed, priced, undominated


def due_steps(desk: Desk) -> pl.DataFrame:
    """contact, channel, treatment_id of every active enrolment's next step within the horizon."""
    programme = desk.programme
    horizon = desk.at + timedelta(hours=desk.cycle.slots * desk.cycle.slot_hours)
    due = programme.enrolments.filter(
        (pl.col("state") == "active") & (pl.col("next_at") <= horizon)
    )
    people = desk.folder.read("observations").select("contact", "contact_id")
    return (
        due.join(programme.sequences, on=["sequence_id", "step"], how="inner")
        .join(people, on="contact_id", how="inner")
        .select("contact", "channel", "treatment_id")
    )


def one_off_sends(desk: Desk) -> pl.DataFrame:
    """contact, channel, treatment_id of every message that belongs to no sequence."""
    own = [one.channel for one in desk.channels_of("email")]
    in_sequences = desk.programme.sequences.get_column("treatment_id").unique().to_list()
    treatments = desk.programme.treatments.filter(
        pl.col("channel").is_in(own) & ~pl.col("treatment_id").is_in([*in_sequences, "nothing"])
    )
    people = desk.folder.read("observations").select("contact")
    return people.join(treatments.select("channel", "treatment_id"), how="cross")


def propose(state: DeskState, runtime: Runtime[Desk]) -> None:
    """File steps that are due and one-off sends, the best few per contact, each at its slots."""
    desk = runtime.context
    options = pl.concat([due_steps(desk), one_off_sends(desk)]).unique(maintain_order=True)
    ready = undominated(priced(options, desk)).with_columns(
        owner=pl.lit(None, dtype=pl.String), minutes=pl.lit(0.0), **{"class": pl.lit("marketing")}
    )
    desk.folder.write("candidates_email", placed(ready, desk, "email"))


def strategise(state: DeskState, runtime: Runtime[Desk]) -> None:
    desk = runtime.context
    desk.folder.write_records("proposals_email", EmailStrategist().file(desk))


def build() -> CompiledStateGraph[DeskState, Desk, DeskState, DeskState]:
    graph = StateGraph(DeskState, context_schema=Desk)
    graph.add_node("strategise", strategise)
    graph.add_node("propose", propose)
    graph.add_edge(START, "strategise")
    graph.add_edge("strategise", "propose")
    graph.add_edge("propose", END)
    return graph.compile()
