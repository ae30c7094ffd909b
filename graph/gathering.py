"""Gathering the scene: what of a run, its warehouse and its policy conflicts are looked for in."""

import polars as pl

from domain.names import AGENTS
from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.run import Pins
from graph.asking import MEMBERSHIP
from graph.choosing import PlanRecord
from graph.conflicts.scene import POOLS, TRIGGERS, Outcome, Scene
from graph.tower import Tower


def scene_of(
    tower: Tower, pins: Pins, placed: pl.DataFrame, plan: PlanRecord, spends: dict[str, int]
) -> Scene:
    """The run's scene. placed: its candidates with their choices; spends: budgets as settled."""
    folder = tower.folder(pins.run_id)
    observations = folder.read("observations")
    facts = observations.select("contact", "deal_id", "deal_stage", "touches_28d")
    return Scene(
        at=pins.at,
        currency=tower.config.currency,
        policy=tower.loaded.policy,
        placed=placed.join(facts, on="contact", how="left", maintain_order="left"),
        triggers=triggers_of(tower, pins, observations),
        outcome=Outcome(prices=plan.prices, spends=spends, shortfalls=plan.shortfalls),
        budgets=folder.read_records("budgets_ads", BudgetCandidate),
        proposals=tuple(
            one
            for agent in AGENTS
            for one in folder.read_records(f"proposals_{agent}", ProgrammeProposal)
        ),
        pools=tower.warehouse.table("budgets").select(*POOLS),
    )


def triggers_of(tower: Tower, pins: Pins, observations: pl.DataFrame) -> pl.DataFrame:
    """contact, treatment_id, at: when each contact entered the sequence or the paid audience that
    may ask for the treatment; two that one event set off entered at the same instant."""
    warehouse = tower.warehouse
    people = observations.select("contact", "contact_id")
    entered = (
        warehouse.table("enrolments")
        .select("contact_id", "sequence_id", at="entered_at")
        .join(
            warehouse.table("sequences").select("sequence_id", "treatment_id").unique(),
            on="sequence_id",
            how="inner",
        )
    )
    shown = pl.DataFrame(
        [(one.campaign_id, one.treatment_id) for one in tower.config.audiences],
        schema={"subject": pl.String, "treatment_id": pl.String},
        orient="row",
    )
    joined = (
        warehouse.table("events")
        .filter(pl.col("kind") == MEMBERSHIP)
        .join(shown, on="subject", how="inner")
    )
    columns = ("contact_id", "treatment_id", "at")
    started = pl.concat([entered.select(columns), joined.select(columns)])
    return (
        started.filter(pl.col("at") <= pins.at)
        .join(people, on="contact_id", how="inner")
        .select(*TRIGGERS)
    )
