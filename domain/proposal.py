"""What an agent asks for beyond single touches: budget moves and programme proposals."""

from datetime import datetime
from typing import Literal

from domain.curve import HillCurve
from domain.names import AgentName, Evidence
from domain.record import Record


class BudgetCandidate(Record):
    """A campaign that asks to be funded along its response curve, within one step of today."""

    campaign_id: str
    platform: str
    pool: str
    spend_now: int
    """Minor units per period that it spends today."""
    curve: HillCurve
    """Expected incremental value over spend, minor units per period."""
    value_se: float
    """Standard error of the value at today's spend, minor units."""
    evidence: Evidence
    model: str


class EvidenceLine(Record):
    """One figure a proposal rests on, with where it comes from."""

    claim: str
    figure: float
    unit: str
    source: str


ProgrammeKind = Literal[
    "new_treatment", "new_audience", "budget_move", "experiment", "pause", "reorder", "gather_data"
]


class ProgrammeProposal(Record):
    """A change of programme that an agent's strategist files for a person to decide.

    The schema is closed: a language model may fill it, and nothing else than it.
    """

    proposal_id: str
    agent: AgentName
    kind: ProgrammeKind
    subject: str
    """Campaign, treatment or audience it is about."""
    change: str
    """What would change, in one sentence."""
    rationale: str
    evidence: tuple[EvidenceLine, ...]
    expected_value: float
    """Minor units over the objective's horizon."""
    expected_se: float
    rule: str
    """Name of the documented rule (or model) that filed it."""
    at: datetime
