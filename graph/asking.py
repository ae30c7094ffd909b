"""Asking the agents: each gets its desk, and nothing of the others."""

import polars as pl
from langgraph.graph.state import CompiledStateGraph

from agents.desk import Desk, DeskState, Programme
from domain.names import AgentName
from domain.proposal import BudgetCandidate
from domain.run import Pins
from graph.edits import edits_of
from graph.opening import objectives_of, pins_of
from graph.people import by_person
from graph.tower import Tower
from policies.choices import held_back
from policies.owners import owners_of
from tools.prediction.platforms import whole_campaigns
from tools.prediction.response import fit_curves
from tools.warehouse.observing import NOTHING
from tools.warehouse.store import Warehouse

AgentGraph = CompiledStateGraph[DeskState, Desk, DeskState, DeskState]
MEMBERSHIP = "audience_joined"
"""Event that puts a contact into the paid audience of the campaign it names as subject."""


def ask(
    tower: Tower,
    run_id: str,
    agent: AgentName,
    graph: AgentGraph,
    curves: tuple[BudgetCandidate, ...] | None = None,
) -> None:
    """Let one agent file its candidates and proposals into the run's folder, once. curves: the
    campaigns that ask for money, where they are known; None: fitted now."""
    if tower.folder(run_id).has(f"candidates_{agent}"):
        return
    desk = desk_of(tower, pins_of(tower, run_id), agent, curves)
    graph.invoke({"run_id": run_id}, context=desk)


def desk_of(
    tower: Tower, pins: Pins, agent: AgentName, curves: tuple[BudgetCandidate, ...] | None = None
) -> Desk:
    """What one agent may see. Limits reach it as numbers; the policy itself does not."""
    policy = tower.loaded.policy
    if agent != "ads":
        curves = ()
    elif curves is None:
        curves = curves_of(tower, pins)
    folder = tower.folder(pins.run_id)
    return Desk(
        folder=folder,
        run_id=pins.run_id,
        at=pins.at,
        objectives=objectives_of(tower, pins),
        cycle=tower.config.cycle,
        channels=tower.config.channels,
        audiences=tower.config.audiences,
        priors=tower.config.priors,
        programme=programme_of(by_person(tower, pins.at), pins),
        curves=curves,
        call_minutes=policy.capacity.call_minutes,
        task_minutes=policy.capacity.task_minutes,
        budget_step=policy.budget_step.max_step,
        held_back=held_back(tower.warehouse.table("treatments"), folder.read("slots"), policy),
        account_owners=owners_of(folder.read("observations"), policy),
    )


def programme_of(warehouse: Warehouse, pins: Pins) -> Programme:
    """The programme's frames as of the run's instant."""
    joined = warehouse.table("events").filter(
        (pl.col("kind") == MEMBERSHIP) & (pl.col("at") <= pins.at)
    )
    deals = warehouse.table("deals").filter(pl.col("contact_id").is_not_null())
    return Programme(
        treatments=warehouse.table("treatments"),
        campaigns=warehouse.table("campaigns"),
        sequences=warehouse.table("sequences"),
        enrolments=warehouse.table("enrolments"),
        people=warehouse.table("people"),
        deals=deals.select("deal_id", "contact_id"),
        members=joined.select("contact_id", campaign_id="subject"),
        sent=_sent(warehouse, pins),
    )


def _sent(warehouse: Warehouse, pins: Pins) -> pl.DataFrame:
    """treatment_id, sent, unsubscribed, complained of every treatment that was used."""
    touches = warehouse.table("touches").filter(
        (pl.col("at") <= pins.at) & pl.col("treatment_id").ne_missing(NOTHING)
    )
    outcomes = warehouse.table("outcomes").filter(pl.col("at") <= pins.at)
    kinds = outcomes.filter(pl.col("touch_id").is_not_null()).select("touch_id", "kind")
    answered = touches.select("touch_id", "treatment_id").join(kinds, on="touch_id", how="inner")
    answers = answered.group_by("treatment_id").agg(
        unsubscribed=(pl.col("kind") == "unsubscribe").sum(),
        complained=(pl.col("kind") == "complaint").sum(),
    )
    sent = touches.group_by("treatment_id").agg(sent=pl.len())
    return (
        sent.join(answers, on="treatment_id", how="left")
        .with_columns(pl.col("unsubscribed", "complained").fill_null(0))
        .sort("treatment_id")
    )


def curves_of(tower: Tower, pins: Pins) -> tuple[BudgetCandidate, ...]:
    """Campaigns that asked for money, each with its response curve and what it spends today.

    A budget we set ourselves is what it spends today, until the platform's own figures follow.
    """
    ads = tower.config.ads
    fitted = fit_curves(
        tower.warehouse.table("spend"),
        tower.warehouse.table("events"),
        objectives_of(tower, pins)[0],
        pins.at,
        lift_tests=tower.warehouse.table("lift_tests"),
        incremental_share=ads.incremental_share,
        margin=ads.margin,
        seed=pins.seed,
    )
    edits = edits_of(tower, pins.at)
    set_by_us: dict[str, int] = dict(edits.select("campaign_id", "amount").iter_rows())
    return tuple(
        BudgetCandidate(
            campaign_id=one.campaign_id,
            platform=one.platform,
            pool=ads.pool,
            spend_now=set_by_us.get(one.campaign_id, one.spend_now),
            curve=one.curve,
            value_se=one.value_se,
            evidence=one.evidence,
            model=one.model,
        )
        for one in whole_campaigns(fitted)
    )
