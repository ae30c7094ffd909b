"""Gathering the scene: what of a run, its warehouse and policy conflicts are looked for in."""

import polars as pl

from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.run import Pins
from graph.asking import MEMBERSHIP
from graph.budget_packets import settled
from graph.bundles import bundles_in
from graph.choosing import PlanRecord
from graph.conflicts.scene import POOLS, TRIGGERS, Outcome, Scene, Spending
from graph.edits import edits_of, resting
from graph.exposures import with_segments
from graph.people import by_person
from graph.tower import Tower
from tools.warehouse.store import Warehouse


def scene_of(tower: Tower, pins: Pins, placed: pl.DataFrame, plan: PlanRecord) -> Scene:
    """The run's scene. placed: its candidates with their choices; plan: what was settled beside."""
    observations = tower.folder(pins.run_id).read("observations")
    facts = observations.select("contact", "deal_id", "deal_stage", "ae", "touches_28d")
    known = placed.join(facts, on="contact", how="left", maintain_order="left")
    return Scene(
        policy=tower.loaded.policy,
        currency=tower.config.currency,
        placed=with_segments(known, observations, tower.loaded.policy),
        triggers=triggers_of(tower, pins, observations),
        outcome=Outcome(plan.prices, plan.shortfalls, plan.violations),
        bundles=bundles_in(tower.folder(pins.run_id)),
        spending=spending_of(tower, pins, plan),
        pools=pools_of(tower, pins),
    )


def spending_of(tower: Tower, pins: Pins, plan: PlanRecord) -> Spending:
    """The campaigns that asked for money, what they get, and what was set before."""
    folder = tower.folder(pins.run_id)
    candidates = folder.read_records("budgets_ads", BudgetCandidate)
    filed = folder.read_records("proposals_ads", ProgrammeProposal)
    edits = edits_of(tower, pins.at)
    return Spending(
        candidates=candidates,
        settled=settled(candidates, plan.budgets),
        moves=tuple(one for one in filed if one.kind == "budget_move"),
        edits=edits,
        resting=resting(edits, tower.loaded.policy.budget_step, pins.at),
    )


def pools_of(tower: Tower, pins: Pins) -> pl.DataFrame:
    """What the plan says of each pool for the period that runs now."""
    planned = tower.warehouse.table("budgets").filter(
        pl.col("period_start") <= pins.at, pl.col("period_end") > pins.at
    )
    return planned.select(*POOLS).with_columns(pl.col("floor").fill_null(0))


def triggers_of(tower: Tower, pins: Pins, observations: pl.DataFrame) -> pl.DataFrame:
    """contact, treatment_id, at: when each contact entered the sequence or the paid audience that
    asks for the treatment; two that one event set off were entered within moments."""
    warehouse = by_person(tower, pins.at)
    both = pl.concat([_enrolled(warehouse), _joined(tower, warehouse)])
    started = both.filter(pl.col("at") <= pins.at)
    people = observations.select("contact", "contact_id")
    return started.join(people, on="contact_id", how="inner").select(*TRIGGERS)


def _enrolled(warehouse: Warehouse) -> pl.DataFrame:
    """contact_id, treatment_id, at, of each step of the sequences a contact is in."""
    steps = warehouse.table("sequences").select("sequence_id", "treatment_id").unique()
    entered = warehouse.table("enrolments").select("contact_id", "sequence_id", "entered_at")
    return entered.join(steps, on="sequence_id", how="inner").select(
        "contact_id", "treatment_id", at="entered_at"
    )


def _joined(tower: Tower, warehouse: Warehouse) -> pl.DataFrame:
    """contact_id, treatment_id, at, of each paid audience a contact is in."""
    shown = pl.DataFrame(
        [(one.campaign_id, one.treatment_id) for one in tower.config.audiences],
        schema={"subject": pl.String, "treatment_id": pl.String},
        orient="row",
    )
    memberships = warehouse.table("events").filter(pl.col("kind") == MEMBERSHIP)
    return memberships.join(shown, on="subject", how="inner").select(
        "contact_id", "treatment_id", "at"
    )
