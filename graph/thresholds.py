"""Thresholds: what makes a packet a question for a person, each with its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.money import format_minor
from domain.names import PersonRole
from domain.packet import OWNER, Disposition, Packet, Trigger
from domain.proposal import BudgetCandidate
from policies import quorum
from policies.autonomy import fitting
from policies.review_limits import Escalation
from policies.schema import Policy

AUTONOMY = "autonomy"
"""The trigger of an agent that asks before it acts."""
UNOWNED = "deal_owner_unknown"
"""The trigger of a deal's owner who should be asked first and whom nobody knows."""
NOBODY_KNOWN = ""
"""Stands for that owner."""


@dataclass(frozen=True)
class Setting:
    """What triage needs to know of the run it judges for."""

    run_id: str
    at: datetime
    currency: str
    policy: Policy
    policy_hash: str
    cleared_today: dict[str, float]
    """Value each agent cleared by itself in the 24 hours before, minor units."""


def disposed(draft: Packet, triggers: Sequence[Trigger], policy: Policy) -> Packet:
    """The packet with its triggers: escalated where there is one, else cleared."""
    disposition: Disposition = "escalated" if triggers else "cleared"
    told = draft.model_copy(update={"disposition": disposition, "triggers": tuple(triggers)})
    asked = approval_asked(told, policy) if triggers else {"approvals_needed": 0}
    return told.model_copy(update=asked)


def at_stake(packet: Packet) -> float:
    """Minor units: what it costs, the size of what it is expected to bring or lose, and what it
    would cost in damages, were it sent wrongly."""
    moved = abs(packet.budget.spend_new - packet.budget.spend_now) if packet.budget else 0
    return packet.cost + abs(packet.value) + moved + packet.damages


def approvals_for(packet: Packet, policy: Policy) -> int:
    """How many different people: those of the most demanding step that the packet reaches, two
    above the second threshold, else one. Owners, who are asked first, take no place of a role."""
    stake = at_stake(packet)
    two = 2 if stake > policy.review.four_eyes_above else 1
    asked = quorum.asked(policy.review.quorum, stake)
    places = len(packet.owners) + len(asked.roles) if asked.roles else 0
    return max(two, asked.people, places)


def roles_for(packet: Packet, policy: Policy) -> tuple[tuple[PersonRole, ...], ...]:
    """Of each of these groups one of those who approve must have a role."""
    return quorum.asked(policy.review.quorum, at_stake(packet)).roles


def approval_asked(packet: Packet, policy: Policy) -> dict[str, Any]:
    """What the packet says of who must approve it."""
    return {
        "approvals_needed": approvals_for(packet, policy),
        "approver_roles": roles_for(packet, policy),
    }


def touch_triggers(packet: Packet, setting: Setting) -> tuple[Trigger, ...]:
    """The thresholds a packet passes by its size and its uncertainty."""
    rule = setting.policy.escalation
    return (
        *_value_trigger(packet, setting, rule),
        *_audience_trigger(packet, rule),
        *_uncertainty_trigger(packet, rule),
    )


def _value_trigger(packet: Packet, setting: Setting, rule: Escalation) -> tuple[Trigger, ...]:
    stake = at_stake(packet)
    if stake <= rule.value_at_stake:
        return ()
    shown = format_minor(stake, setting.currency)
    limit = format_minor(rule.value_at_stake, setting.currency)
    feared = ""
    if packet.damages:
        feared = f", {format_minor(packet.damages, setting.currency)} of it damages if it is wrong"
    sentence = f"{shown} is at stake{feared}, above {limit}."
    return (Trigger(rule="value_at_stake", sentence=sentence),)


def _audience_trigger(packet: Packet, rule: Escalation) -> tuple[Trigger, ...]:
    if packet.contacts <= rule.audience:
        return ()
    sentence = f"It reaches {packet.contacts:,} contacts, above {rule.audience:,}."
    return (Trigger(rule="audience", sentence=sentence),)


def _uncertainty_trigger(packet: Packet, rule: Escalation) -> tuple[Trigger, ...]:
    if packet.value_se <= rule.relative_uncertainty * abs(packet.value):
        return ()
    sentence = f"Its value is uncertain by more than {rule.relative_uncertainty:.0%} of itself."
    return (Trigger(rule="relative_uncertainty", sentence=sentence),)


def flag_triggers(first: dict[str, object], stage_unknown: bool = False) -> tuple[Trigger, ...]:
    """What the packet's choices have in common that makes a person look. stage_unknown: of some
    of its deals nobody knows whether their stage is a late one."""
    known = ", or at one that nobody knows" if stage_unknown else ""
    sentences = {
        "vip": "It concerns VIP accounts.",
        "late_deal": f"It concerns accounts with a deal at a late stage{known}.",
        "prior": "Its value rests on a declared prior: nothing was measured yet.",
        "first_use": "A treatment in it was never sent before.",
    }
    return (
        *(Trigger(rule=name, sentence=said) for name, said in sentences.items() if first[name]),
        *_owner_trigger(first["asks"]),
    )


def _owner_trigger(owner: object) -> tuple[Trigger, ...]:
    if owner is None:
        return ()
    if owner == NOBODY_KNOWN:
        sentence = "It reaches accounts with an open deal whose owner nobody knows."
        return (Trigger(rule=UNOWNED, sentence=sentence),)
    sentence = f"It reaches accounts with an open deal of {owner}'s, who is asked first."
    return (Trigger(rule=f"{OWNER}{owner}", sentence=sentence),)


def significance_trigger(significant: bool) -> tuple[Trigger, ...]:
    """What decides over a person is decided by a person, whatever it is worth."""
    if not significant:
        return ()
    sentence = "It decides a price, a credit or the like for people: a person decides that."
    return (Trigger(rule="significant", sentence=sentence),)


def autonomy_trigger(packet: Packet, policy: Policy) -> tuple[Trigger, ...]:
    """Where the policy wants the agent to ask, whatever the packet's size; by whose word."""
    asking = [one for one in fitting(policy, packet.agent, packet.channel) if one.level != "act"]
    if not asking:
        return ()
    rule = asking[0]
    sentence = (
        f"The {packet.agent} agent asks before anything it does by {packet.channel}, says "
        f"{rule.owner}: {rule.reason}"
    )
    return (Trigger(rule=AUTONOMY, sentence=sentence),)


def cumulative_trigger(
    packet: Packet, setting: Setting, cleared: dict[str, float]
) -> tuple[Trigger, ...]:
    limit = setting.policy.escalation.cumulative_value_per_day
    total = cleared.get(packet.agent, 0.0) + at_stake(packet)
    if total <= limit:
        return ()
    sentence = (
        f"With it the {packet.agent} agent would have cleared "
        f"{format_minor(total, setting.currency)} by itself in a day, above "
        f"{format_minor(limit, setting.currency)}."
    )
    return (Trigger(rule="cumulative_value_per_day", sentence=sentence),)


def budget_triggers(
    packet: Packet, candidate: BudgetCandidate, setting: Setting
) -> tuple[Trigger, ...]:
    """Value, step and evidence thresholds of a budget change."""
    rule = setting.policy.escalation
    change = packet.budget
    if change is None:
        return ()
    found = [*autonomy_trigger(packet, setting.policy), *_value_trigger(packet, setting, rule)]
    found.extend(_uncertainty_trigger(packet, rule))
    step = abs(change.spend_new - change.spend_now) / max(change.spend_now, 1)
    if step > rule.spend_step:
        sentence = f"The budget moves by {step:.0%}, above {rule.spend_step:.0%}."
        found.append(Trigger(rule="spend_step", sentence=sentence))
    if candidate.evidence == "prior" and rule.prior_evidence:
        sentence = "Its response curve is not identified by the spend seen so far."
        found.append(Trigger(rule="prior_evidence", sentence=sentence))
    return tuple(found)
