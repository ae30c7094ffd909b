"""A packet: choices grouped so that a person can judge them, and what people say of it."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from domain.canonical import digest
from domain.names import AgentName, Channel, PersonRole
from domain.record import Record

PacketKind = Literal["touches", "budget"]
Disposition = Literal["cleared", "escalated", "denied"]
ReviewState = Literal["pending", "approved", "rejected", "expired", "void"]
"""void: approved, and the approval did not hold any more when it was to be carried out."""
VerdictKind = Literal["approve", "reject"]


OWNER: Final = "owner:"
"""Beginning of a trigger's rule that asks a person, named behind it, first."""


ADDED: Final = ("damages", "approver_roles")
"""What packets have since they were first hashed; it is left out where there is nothing of it."""


class Trigger(Record):
    """Why a packet is laid before a person: the rule, the limit and what was found."""

    rule: str
    sentence: str


class BudgetChange(Record):
    """An absolute budget to set; never a delta."""

    campaign_id: str
    platform: str
    pool: str
    spend_now: int
    spend_new: int


class OtherSide(Record):
    """Who gave way to this packet's choices, with their case."""

    conflict: str
    agent: str
    count: int
    stake: float


class Packet(Record):
    """What would happen, to how many, at what cost, how sure. Its hash binds all of it."""

    packet_id: str
    version: int
    run_id: str
    kind: PacketKind
    disposition: Disposition
    title: str
    agent: AgentName
    channel: Channel
    campaign_id: str
    treatments: tuple[str, ...]
    contacts: int
    accounts: int
    decisions_hash: str
    """Digest of the decision ids it holds, sorted: a change of audience changes it."""
    value: float
    value_se: float
    cost: int
    currency: str
    first_at: datetime
    last_at: datetime
    evidence_prior_share: float
    """Share of its choices whose value rests on a declared prior."""
    triggers: tuple[Trigger, ...]
    other_sides: tuple[OtherSide, ...]
    budget: BudgetChange | None
    approvals_needed: int
    policy_hash: str
    proposed_by: str
    edited_by: tuple[str, ...] = ()
    damages: int = 0
    """Minor units that it costs by the policy's `wrong_sends`, were it sent wrongly. An edit that
    takes people out leaves it as it was."""

    approver_roles: tuple[tuple[PersonRole, ...], ...] = ()
    """Of each of these groups one of those who approve has a role."""

    @property
    def owners(self) -> tuple[str, ...]:
        """People who own what it touches, and whom its triggers ask first."""
        rules = (one.rule for one in self.triggers)
        return tuple(rule.removeprefix(OWNER) for rule in rules if rule.startswith(OWNER))

    @property
    def payload_hash(self) -> str:
        return digest(self.model_dump())

    @model_serializer(mode="wrap")
    def _said(self, everything: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is kept is what is hashed, so that anyone can check it; packets of before there were
        damages or roles of approvers keep their hash."""
        said: dict[str, Any] = everything(self)
        return {name: one for name, one in said.items() if name not in ADDED or one}


class PacketEdit(Record):
    """What a reviewer may change; the result is judged again and is a new version."""

    drop_contacts: tuple[str, ...] = ()
    drop_accounts: tuple[str, ...] = ()
    at_most: int | None = None
    """Keep only the most valuable so many."""
    spend_new: int | None = None
    """For a budget: the absolute amount instead, minor units."""
