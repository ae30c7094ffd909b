"""The closed vocabularies of the house: agents, channels, classes, fates and their order."""

from typing import Final, Literal, NewType, get_args

ContactId = NewType("ContactId", str)
AccountId = NewType("AccountId", str)
PersonId = NewType("PersonId", str)
RunId = NewType("RunId", str)
PacketId = NewType("PacketId", str)
EffectId = NewType("EffectId", str)

AgentName = Literal["email", "ads", "sales"]
AGENTS: Final[tuple[AgentName, ...]] = get_args(AgentName)

Channel = Literal["email", "sms", "push", "in_app", "chat", "call", "task", "ads"]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)

ActionClass = Literal["mandatory", "transactional", "inbound_response", "one_to_one", "marketing"]
ACTION_CLASSES: Final[tuple[ActionClass, ...]] = get_args(ActionClass)

COMMERCIAL_EXEMPT: Final[tuple[ActionClass, ...]] = (
    "mandatory",
    "transactional",
    "inbound_response",
)
"""Classes whose messages sell nothing by themselves; every other is commercial, a letter of one
salesperson to one contact too."""

Fate = Literal["executed", "scheduled", "waiting", "withheld", "refused", "lost"]
"""How a proposed candidate stands; `proposed` is always the sum of the six."""
FATES: Final[tuple[Fate, ...]] = get_args(Fate)

EffectState = Literal["intent", "sending", "accepted", "failed", "unknown", "skipped", "expired"]
EFFECT_STATES: Final[tuple[EffectState, ...]] = get_args(EffectState)

ConsentState = Literal["granted", "withdrawn", "objected"]
CONSENT_STATES: Final[tuple[ConsentState, ...]] = get_args(ConsentState)

PersonRole = Literal["sdr", "ae", "csm", "reviewer", "operator"]
PERSON_ROLES: Final[tuple[PersonRole, ...]] = get_args(PersonRole)

Evidence = Literal["measured", "prior"]
"""Whether a value rests on outcomes seen in this workspace or on a declared prior."""

OutcomeKind = Literal[
    "visit",
    "open",
    "click",
    "reply",
    "meeting",
    "mql",
    "sql",
    "opportunity",
    "conversion",
    "purchase",
    "won",
    "unsubscribe",
    "complaint",
    "bounce",
]
OUTCOME_KINDS: Final[tuple[OutcomeKind, ...]] = get_args(OutcomeKind)

MARKETING_PURPOSE: Final = "marketing"
OWN_SOURCE: Final = "clearance"
"""The `source` of touches and outcomes that our own effects caused."""

WRITTEN_BASIS: Final = "express_written"
"""Basis of a consent that was given in writing."""
SOFT_BASES: Final = ("soft_opt_in_sale", "soft_opt_in_negotiation")
"""Bases of who was never asked: got in a sale or its negotiation, where refusal was offered."""
INFERRED_BASES: Final = ("inferred", "implied")
"""Bases of who was never asked and did nothing but have to do with us."""
NO_BASES: Final = ("soft_opt_in", "bought_list", "badge_scan", "sign_up")
"""What some take for a consent and no law does; and a soft opt-in that does not say how."""
