"""The sales agent: calls and tasks, each in the name of the person whose minutes it takes."""

import polars as pl

from agents.building import AgentGraph, build_agent
from agents.callers import conversations
from agents.desk import Desk, Strategist
from agents.pricing import led, with_others
from agents.sales_rules import SalesStrategist
from agents.slots import at_best_slots, candidates, undominated


def options(desk: Desk) -> pl.DataFrame:
    """contact, channel, treatment_id, class, owner, minutes, deal_amount.

    Every conversation with every call or task made for its class: a script for prospects is not
    for a customer in negotiation.
    """
    own = [one.channel for one in desk.channels_of("sales")]
    treatments = desk.programme.treatments.filter(pl.col("channel").is_in(own)).select(
        "channel", "treatment_id", "class"
    )
    is_task = pl.col("channel") == "task"
    minutes = pl.when(is_task).then(desk.task_minutes).otherwise(desk.call_minutes)
    return (
        conversations(desk).join(treatments, on="class", how="inner").with_columns(minutes=minutes)
    )


def valued(asked: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Priced options; a conversation about a deal is worth a declared share of its amount.

    It takes the place of what the leading objective says, with that one's weight; the others add
    theirs. What was measured stands before what is declared. Where nobody declared a share, or
    the deal's amount is unknown, the conversation is worth what it is worth with anybody.
    """
    known = led(asked, desk).join(
        _shares(desk), on=["channel", "treatment_id"], how="left", maintain_order="left"
    )
    share = pl.col("flat") * pl.col("deal_amount") * desk.objective.weight
    declared = (
        (pl.col("class") == "one_to_one") & (pl.col("evidence") == "prior") & share.is_not_null()
    )
    shared = known.with_columns(
        gain=pl.when(declared).then(share).otherwise("gain"),
        value_se=pl.when(declared).then(share.abs() * pl.col("relative_se")).otherwise("value_se"),
    )
    return with_others(shared, desk)


def _shares(desk: Desk) -> pl.DataFrame:
    """channel, treatment_id, flat (share of a deal's amount), relative_se: the leading objective's
    priors by treatment."""
    return pl.DataFrame(
        [
            (one.channel, one.treatment_id, one.flat, one.relative_se)
            for one in desk.priors
            if one.treatment_id is not None and one.speaks_for(desk.objective, desk.objective)
        ],
        schema={
            "channel": pl.String,
            "treatment_id": pl.String,
            "flat": pl.Float64,
            "relative_se": pl.Float64,
        },
        orient="row",
    ).unique(["channel", "treatment_id"], keep="first", maintain_order=True)


def propose(desk: Desk) -> None:
    """File calls and tasks at their best slots; how many fit a day is the arbitration's to say."""
    few = undominated(at_best_slots(valued(options(desk), desk), desk))
    desk.folder.write("candidates_sales", candidates(few, desk, "sales"))


def build(strategist: Strategist | None = None) -> AgentGraph:
    """The agent's graph; strategist: the documented rules where none is given."""
    return build_agent("sales", strategist or SalesStrategist(), propose)
