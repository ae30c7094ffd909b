"""What an agent may see: its run's tables and the programme. No policy, no connector, no ledger."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypedDict

import polars as pl

from domain.names import AgentName
from domain.objective import Objective, Prior
from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.tables import INSTANT
from tools.runs import RunFolder
from tools.workspace_config import AudienceConfig, ChannelConfig, CycleConfig


class DeskState(TypedDict):
    """The run's id; everything an agent makes lies in the run's folder."""

    run_id: str


def _untouched() -> pl.DataFrame:
    return pl.DataFrame(schema={"contact_id": pl.String, "treatment_id": pl.String, "at": INSTANT})


@dataclass(frozen=True)
class Programme:
    """The programme's frames, as the warehouse keeps them (columns: docs/data.md)."""

    treatments: pl.DataFrame
    campaigns: pl.DataFrame
    sequences: pl.DataFrame
    enrolments: pl.DataFrame
    people: pl.DataFrame
    deals: pl.DataFrame
    members: pl.DataFrame
    """contact_id, campaign_id: who is in which paid audience."""
    sent: pl.DataFrame
    """treatment_id, sent, unsubscribed, complained: what past touches led to."""
    touched: pl.DataFrame = field(default_factory=_untouched)
    """contact_id, treatment_id, at: when each contact last got each treatment. Without it a
    sequence stands where its enrolment says."""


@dataclass(frozen=True)
class Desk:
    """One agent's desk in one run: LangGraph's runtime context of the agents."""

    folder: RunFolder
    run_id: str
    at: datetime
    objectives: tuple[Objective, ...]
    """What counts, the leading one first: the run's own, with the weights it was opened under."""
    cycle: CycleConfig
    channels: tuple[ChannelConfig, ...]
    audiences: tuple[AudienceConfig, ...]
    priors: tuple[Prior, ...]
    programme: Programme
    curves: tuple[BudgetCandidate, ...]
    call_minutes: float
    task_minutes: float
    budget_step: float
    held_back: pl.DataFrame | None = None
    """deal_stage, channel, class, slot, treatment_id: what waits at a deal's stage though its cell
    is open for something else; None: nothing."""
    account_owners: pl.DataFrame | None = None
    """contact, account_owner: whose account it is; None: nobody said."""

    @property
    def objective(self) -> Objective:
        """The leading one: rules speak of its outcome, and count the money of all."""
        return self.objectives[0]

    def channels_of(self, agent: AgentName) -> tuple[ChannelConfig, ...]:
        return tuple(one for one in self.channels if one.agent == agent)


class Strategist(Protocol):
    """Reasons about the programme, not about people. A language model may fill the same schema."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]: ...
