"""The sales agent: calls and tasks, within what each person has minutes for."""

import polars as pl
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.desk import Desk, DeskState
from agents.pricing import placed, priced
from agents.sales_rules import SalesStrategist

ABSENT_PRIOR_SE = 1.0
"""Relative standard error of a value nobody declared a prior for."""


def options(desk: Desk) -> pl.DataFrame:
    """contact, channel, treatment_id, class, owner, deal_amount.

    Prospecting goes to contacts whose account has no open deal, by its SDR; a conversation about
    an open deal goes to the deal's own contact, by the account's AE.
    """
    own = [one.channel for one in desk.channels_of("sales")]
    treatments = desk.programme.treatments.filter(pl.col("channel").is_in(own)).select(
        "channel", "treatment_id", "class"
    )
    pairs = _people(desk).join(treatments, how="cross")
    conversation = pl.col("class") == "one_to_one"
    meant = (conversation & pl.col("about_deal")) | (~conversation & pl.col("deal_id").is_null())
    return pairs.filter(meant).with_columns(
        owner=pl.when(conversation).then("ae").otherwise("sdr"),
        minutes=pl.when(pl.col("channel") == "task")
        .then(desk.task_minutes)
        .otherwise(desk.call_minutes),
    )


def _people(desk: Desk) -> pl.DataFrame:
    observations = desk.folder.read("observations").select(
        "contact", "contact_id", "deal_id", "deal_amount", "sdr", "ae"
    )
    spoken_with = desk.programme.deals.select("deal_id", "contact_id").with_columns(
        about_deal=pl.lit(True)
    )
    callers = (
        desk.programme.people.filter(pl.col("role") == "sdr")
        .get_column("person_id")
        .sort()
        .to_list()
    )
    found = observations.join(
        spoken_with, on=["deal_id", "contact_id"], how="left", maintain_order="left"
    ).with_columns(about_deal=pl.col("about_deal").fill_null(False))
    if not callers:
        return found
    # who has no SDR of their own is dealt out among all of them, in turn
    turn = (pl.col("contact") % len(callers)).replace_strict(dict(enumerate(callers)))
    return found.with_columns(sdr=pl.coalesce("sdr", turn))


def valued(asked: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Priced options; a conversation about a deal is worth a declared share of its amount."""
    known = priced(asked, desk)
    beliefs = pl.DataFrame(
        [(one.treatment_id, one.flat, one.relative_se) for one in desk.priors if one.treatment_id],
        schema={"treatment_id": pl.String, "flat": pl.Float64, "relative_se": pl.Float64},
        orient="row",
    )
    rows = known.join(beliefs, on="treatment_id", how="left", maintain_order="left")
    about_deal = pl.col("class") == "one_to_one"
    share = pl.col("flat").fill_null(0.0) * pl.col("deal_amount").fill_null(0)
    error = share * pl.col("relative_se").fill_null(ABSENT_PRIOR_SE)
    return rows.with_columns(
        gain=pl.when(about_deal).then(share).otherwise("gain"),
        value_se=pl.when(about_deal).then(error).otherwise("value_se"),
        evidence=pl.when(about_deal).then(pl.lit("prior")).otherwise("evidence"),
    )


def propose(state: DeskState, runtime: Runtime[Desk]) -> None:
    """File calls and tasks at their best slots; a contact nobody owns is nobody's to call."""
    desk = runtime.context
    owned = options(desk).filter(pl.col("owner").is_not_null())
    desk.folder.write("candidates_sales", placed(valued(owned, desk), desk, "sales"))


def strategise(state: DeskState, runtime: Runtime[Desk]) -> None:
    desk = runtime.context
    desk.folder.write_records("proposals_sales", SalesStrategist().file(desk))


def build() -> CompiledStateGraph[DeskState, Desk, DeskState, DeskState]:
    graph = StateGraph(DeskState, context_schema=Desk)
    graph.add_node("strategise", strategise)
    graph.add_node("propose", propose)
    graph.add_edge(START, "strategise")
    graph.add_edge("strategise", "propose")
    graph.add_edge("propose", END)
    return graph.compile()
