"""How every proposal of a run stands now: what the run decided, read with the ledger of today."""

import polars as pl

from domain.names import AGENTS, FATES, AgentName
from domain.run import ByAgent, Tally
from graph.tower import Tower
from tools.ledger import reviews
from tools.ledger.exporting import states_of_run

EXECUTED_STATES = ("accepted", "unknown")
"""An unknown result counts as executed: it may have reached the person."""
SCHEDULED_STATES = ("intent", "sending")


def standing(tower: Tower, run_id: str) -> pl.DataFrame:
    """One row per proposal: DECISIONS columns with `fate` and `reason` as of now.

    Budget candidates stand at the end with no contact.
    """
    folder = tower.folder(run_id)
    decisions = folder.read("decisions")
    budgets = folder.read("budget_decisions")
    rows = pl.concat([decisions, budgets], how="diagonal_relaxed")
    states = states_of_run(tower.ledger, run_id)
    asked = reviews.of_run(tower.ledger, run_id)
    return (
        rows.join(states, left_on="decision_id", right_on="effect_id", how="left")
        .join(asked, on="packet_id", how="left")
        .with_columns(fate=_fate(), reason=_reason())
        .select(rows.columns)
        .sort("agent", "candidate", nulls_last=True)
    )


def _fate() -> pl.Expr:
    return (
        pl.when(_taken_meanwhile())
        .then(pl.lit("refused"))
        .when(pl.col("fate").is_in(["refused", "lost", "withheld"]))
        .then("fate")
        .when(pl.col("effect_state").is_in(EXECUTED_STATES))
        .then(pl.lit("executed"))
        .when(pl.col("effect_state").is_in(SCHEDULED_STATES))
        .then(pl.lit("scheduled"))
        .when(pl.col("effect_state").is_not_null())
        .then(pl.lit("refused"))
        .when(_still_asked())
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("refused"))
    )


def _still_asked() -> pl.Expr:
    """Pending, or approved and about to be settled; edited-out items have no reservation left."""
    return (pl.col("fate") == "waiting") & (
        (pl.col("review_state") == "pending")
        | ((pl.col("review_state") == "approved") & ~pl.col("review_settled"))
    )


def _taken_meanwhile() -> pl.Expr:
    """Chosen, waiting or withheld by the run, and then it did not fit the limits any more."""
    return (pl.col("effect_reason") == "taken_meanwhile").fill_null(False)


def _reason() -> pl.Expr:
    return (
        pl.when(_taken_meanwhile())
        .then("effect_reason")
        .when(pl.col("fate").is_in(["refused", "lost", "withheld"]))
        .then("reason")
        .when(pl.col("effect_state").is_in(EXECUTED_STATES))
        .then(pl.lit("delivered"))
        .when(pl.col("effect_reason").is_not_null())
        .then("effect_reason")
        .when(pl.col("effect_state").is_not_null())
        .then(pl.lit("cleared"))
        .when(_still_asked())
        .then(pl.lit("escalated"))
        .when(pl.col("review_state") == "rejected")
        .then(pl.lit("rejected"))
        .when(pl.col("review_state") == "expired")
        .then(pl.lit("review_expired"))
        .when(pl.col("review_state") == "void")
        .then(pl.lit("approval_void"))
        .otherwise(pl.lit("edited_out"))
    )


def tally(rows: pl.DataFrame) -> ByAgent:
    """Counts by agent and fate; every agent is there, also with nothing."""
    counted = rows.group_by("agent", "fate").len()
    counts = {(agent, fate): count for agent, fate, count in counted.iter_rows()}
    by_agent: dict[AgentName, Tally] = {}
    for agent in AGENTS:
        by_agent[agent] = Tally(**{fate: counts.get((agent, fate), 0) for fate in FATES})
    return by_agent


def total(by_agent: ByAgent) -> Tally:
    """The three agents together."""
    return Tally(**{fate: sum(getattr(one, fate) for one in by_agent.values()) for fate in FATES})
