"""The ads agent: who is in a paid audience, and what each campaign may spend."""

import polars as pl
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.ads_rules import AdsStrategist
from agents.desk import Desk, DeskState
from agents.pricing import placed, priced

EXCLUSION = ":exclude"


def include(desk: Desk) -> pl.DataFrame:
    """Keep each member in its audience: worth what seeing the ad causes, less what it costs.

    What a platform reports as conversions is not what it caused: the value comes from measured or
    declared effects only.
    """
    members = _members(desk)
    return priced(members.select("contact", "channel", "treatment_id"), desk).with_columns(
        owner=pl.lit(None, dtype=pl.String), minutes=pl.lit(0.0), **{"class": pl.lit("marketing")}
    )


def exclude(desk: Desk) -> pl.DataFrame:
    """Take customers out of the audience: worth the cost it saves.

    Excluding somebody sends nothing and asks no consent, so its class is transactional: caps,
    quiet hours and holdouts are not made for it.
    """
    customers = _members(desk).filter("is_customer")
    saved = priced(customers.select("contact", "channel", "treatment_id"), desk)
    return saved.with_columns(
        treatment_id=pl.concat_str("treatment_id", pl.lit(EXCLUSION)),
        gain=pl.col("cost").cast(pl.Float64),
        value_se=pl.lit(0.0),
        cost=pl.lit(0, dtype=pl.Int64),
        evidence=pl.lit("measured"),
        owner=pl.lit(None, dtype=pl.String),
        minutes=pl.lit(0.0),
        **{"class": pl.lit("transactional")},
    )


def _members(desk: Desk) -> pl.DataFrame:
    audiences = pl.DataFrame(
        [(one.campaign_id, one.treatment_id) for one in desk.audiences],
        schema={"campaign_id": pl.String, "treatment_id": pl.String},
        orient="row",
    ).with_columns(channel=pl.lit("ads"))
    people = desk.folder.read("observations").select("contact", "contact_id", "is_customer")
    members = desk.programme.members.unique(maintain_order=True)
    return members.join(audiences, on="campaign_id", how="inner").join(
        people, on="contact_id", how="inner"
    )


def propose(state: DeskState, runtime: Runtime[Desk]) -> None:
    """File who stays, who leaves, and the campaigns that ask for money."""
    desk = runtime.context
    staying, leaving = include(desk), exclude(desk)
    options = pl.concat([staying, leaving.select(staying.columns)])
    desk.folder.write_records("budgets_ads", desk.curves)
    desk.folder.write("candidates_ads", placed(options, desk, "ads"))


def strategise(state: DeskState, runtime: Runtime[Desk]) -> None:
    desk = runtime.context
    desk.folder.write_records("proposals_ads", AdsStrategist().file(desk))


def build() -> CompiledStateGraph[DeskState, Desk, DeskState, DeskState]:
    graph = StateGraph(DeskState, context_schema=Desk)
    graph.add_node("strategise", strategise)
    graph.add_node("propose", propose)
    graph.add_edge(START, "strategise")
    graph.add_edge("strategise", "propose")
    graph.add_edge("propose", END)
    return graph.compile()
