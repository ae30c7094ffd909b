"""Limits of acting alone: how far agents go by themselves, and who is asked."""

from typing import Annotated, Literal

from pydantic import Field

from domain.names import ActionClass, AgentName, Channel, PersonRole
from policies.limit import Count, Hours, Limit, Share


class Escalation(Limit):
    """Above any of these a packet is laid before a reviewer."""

    value_at_stake: Count
    """Minor units of a packet's cost plus expected value."""
    audience: Count
    relative_uncertainty: Annotated[float, Field(gt=0)]
    """Standard error of the packet's value over its value."""
    spend_step: Share
    vip_tiers: tuple[str, ...]
    late_stages: tuple[str, ...]
    first_use: bool
    """A treatment that was never sent before asks first."""
    prior_evidence: bool
    """Choices that rest on a prior ask first, one packet per programme."""
    deal_owners: bool = False
    """Marketing by automation to an account with an open deal asks the deal's owner first."""
    significant_classes: tuple[ActionClass, ...] = ()
    """Classes that decide something with a legal or similar effect for a person, such as a price or
    a credit: they always ask, as treatments marked `significant` do."""
    cumulative_value_per_day: Count
    """Minor units an agent may clear by itself in 24 hours."""


AutonomyLevel = Literal["act", "ask", "watch"]
"""Loosest first. act: as the other limits say. ask: a reviewer decides on every packet. watch: it
proposes, the run records what it would have chosen, and nothing goes out."""


class Autonomy(Limit):
    """How far an agent may go by itself on these channels; of several that fit, the strictest
    counts, and where none does the agent acts."""

    agent: AgentName
    channels: tuple[Channel, ...] = ()
    """None named: all."""
    level: AutonomyLevel


class QuorumStep(Limit):
    """From a value at stake on, so many different people must approve."""

    from_value: Count
    """Minor units at stake, this value included."""
    people: Annotated[int, Field(ge=1, le=20)]
    roles: tuple[PersonRole, ...] = ()
    """One of those who approve has one of these roles too; none named: whoever may approve."""


class Review(Limit):
    """Who approves and for how long the question stands; no answer is expiry, never consent."""

    expires_hours: Hours
    four_eyes_above: Count
    """Minor units of value at stake from which two people must approve."""
    quorum: tuple[QuorumStep, ...] = ()
    """Steps by value; each that a packet reaches must be met, beside `four_eyes_above`."""
    void_on_role_loss: bool = True
    """An approval is void where its approver lost the role before it was carried out."""
    on_timeout: Literal["expire", "reassign", "downgrade"] = "expire"
    """What becomes of a question whose period ended: it is closed, or passed on once to
    `reassign_to`, or closed because nothing of it would go without a person."""
    reassign_to: str | None = None
    """The role or person it is passed on to."""
    remind_after: Share = 0.5
    """Share of its period after which a question is overdue."""
    claim_minutes: Annotated[int, Field(ge=1)] = 30
    """How long a reviewer has a packet in hand."""
