"""The email agent: a cadence agent that advances sequences and proposes one-off sends beside."""

from typing import Final

import polars as pl

from agents.building import AgentGraph, build_agent
from agents.cadence import due_steps
from agents.desk import Desk, Strategist
from agents.email_rules import EmailStrategist
from agents.pricing import priced
from agents.slots import at_best_slots, candidates, undominated
from domain.names import ActionClass

CLASS: Final[ActionClass] = "marketing"
"""Class of all it sends. Answers, a rep's own messages and what must be sent never compete, and
are not the cadence's to send."""


def one_off_sends(desk: Desk) -> pl.DataFrame:
    """contact, channel, treatment_id of every promotional message that belongs to no sequence."""
    own = [one.channel for one in desk.channels_of("email")]
    in_sequences = desk.programme.sequences.get_column("treatment_id").unique().to_list()
    treatments = desk.programme.treatments.filter(
        pl.col("channel").is_in(own)
        & (pl.col("class") == CLASS)
        & ~pl.col("treatment_id").is_in(in_sequences)
    )
    people = desk.folder.read("observations").select("contact")
    return people.join(treatments.select("channel", "treatment_id"), how="cross")


def propose(desk: Desk) -> None:
    """File steps that are due and one-off sends, the best few per contact, each at its slots."""
    asked = pl.concat([due_steps(desk), one_off_sends(desk)], how="diagonal")
    ready = priced(asked, desk).with_columns(pl.lit(CLASS).alias("class"))
    few = undominated(at_best_slots(ready, desk))
    desk.folder.write("candidates_email", candidates(few, desk, "email"))


def build(strategist: Strategist | None = None) -> AgentGraph:
    """The agent's graph; strategist: the documented rules where none is given."""
    return build_agent("email", strategist or EmailStrategist(), propose)
