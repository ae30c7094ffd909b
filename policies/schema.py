"""The policy: every limit the business owns, each with owner, reason and date."""

from typing import Annotated

from pydantic import Field

from domain.names import AgentName
from domain.record import Record
from policies.account_limits import (
    AccountOwner,
    Attribute,
    DealHold,
    Hold,
    Parity,
    Segment,
    SegmentHold,
)
from policies.consent_limits import (
    ConsentRule,
    DoNotCall,
    InferredConsent,
    Revocation,
    SoftOptIn,
    WrittenConsent,
    WrongSend,
)
from policies.limit import Words
from policies.money_limits import (
    Budget,
    BudgetStep,
    Capacity,
    Exploration,
    Exposure,
    Holdout,
    Priority,
    QuarterBudget,
    ValueFloor,
)
from policies.reputation_limits import Reputation, SpamRate
from policies.review_limits import Autonomy, Escalation, Review
from policies.touch_limits import (
    Blackout,
    Cap,
    IgnorePause,
    Prerequisite,
    QuietHours,
    ReplyPause,
    RunLimits,
    Separation,
    Spacing,
)


class Policy(Record):
    """A whole policy. A missing limit or an unknown key stops the start."""

    name: Words
    version: Annotated[int, Field(ge=1)]
    consent: ConsentRule
    caps: tuple[Cap, ...]
    quiet_hours: tuple[QuietHours, ...]
    spacing: tuple[Spacing, ...]
    deal_hold: DealHold
    complaint_hold: Hold
    customer_hold: Hold
    """Paid channels that do not chase people who are customers already."""
    budgets: tuple[Budget, ...]
    budget_step: BudgetStep
    capacity: Capacity
    exposures: tuple[Exposure, ...]
    run: RunLimits
    exploration: Exploration
    holdout: Holdout
    escalation: Escalation
    review: Review
    agents: tuple[AgentName, ...]
    """Agents that may act at all."""
    reputation: Reputation = Reputation()
    revocation: Revocation = Revocation()
    spam_rate: SpamRate = SpamRate()
    parities: tuple[Parity, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    soft_opt_in: tuple[SoftOptIn, ...] = ()
    inferred_consent: tuple[InferredConsent, ...] = ()
    written_consent: WrittenConsent = WrittenConsent()
    do_not_call: tuple[DoNotCall, ...] = ()
    wrong_sends: tuple[WrongSend, ...] = ()
    segments: tuple[Segment, ...] = ()
    segment_holds: tuple[SegmentHold, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    reply_pauses: tuple[ReplyPause, ...] = ()
    ignore_pauses: tuple[IgnorePause, ...] = ()
    account_owners: tuple[AccountOwner, ...] = ()
    separations: tuple[Separation, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    quarter_budgets: tuple[QuarterBudget, ...] = ()
    priorities: tuple[Priority, ...] = ()
    value_floors: tuple[ValueFloor, ...] = ()
    autonomy: tuple[Autonomy, ...] = ()
