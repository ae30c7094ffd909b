"""The policy: every limit the business owns, each with owner, reason and date."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

from domain.names import ActionClass, AgentName, Channel, PersonRole
from domain.periods import Calendar, reach_hours
from domain.record import Record
from domain.special import Personal

Count = Annotated[int, Field(ge=0, le=10**15)]
"""Far above any count or sum of money of ours, and far below where arithmetic on it wraps."""
Hours = Annotated[int, Field(ge=1, le=24 * 366 * 10)]
Days = Annotated[int, Field(ge=1, le=366 * 10)]
"""Ten years: a longer window is a slip of the pen, and dates end somewhere."""
Words = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
]
"""Text without control characters, which would change what a terminal shows."""
Name = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_]+$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Limit(Record):
    """What every limit carries: who owns it, why it is there, since when, when last reviewed."""

    owner: Words
    reason: Words
    since: date
    reviewed: date | None = None
    """When the owner last asked whether it is still right; None: not since it was set."""

    @property
    def last_review(self) -> date:
        """The day it was last thought about: reviewed, or set."""
        return self.reviewed or self.since


class ConsentRule(Limit):
    """Consent by channel and purpose; classes listed as exempt need none."""

    channels: tuple[Channel, ...]
    """Channels on which marketing needs a granted, unexpired consent record."""
    exempt_classes: tuple[ActionClass, ...]
    strict_after_days: Days | None = None
    """A grant older than this counts as expired; None: only its own expiry counts."""


Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166 alpha-2."""


class SoftOptIn(Limit):
    """Where an address that was got in a sale or its negotiation may be written to without having
    been asked; elsewhere it may not, and where a country is not known neither."""

    countries: tuple[Country, ...]
    channels: tuple[Channel, ...]
    """Those on which each message offers refusal."""
    purposes: tuple[Words, ...]
    """Those that are about own products similar to what was sold."""


class InferredConsent(Limit):
    """Where and how long a consent may be inferred from what somebody has to do with us; elsewhere
    it may not, and where a country is not known neither."""

    countries: tuple[Country, ...]
    channels: tuple[Channel, ...]
    purposes: tuple[Words, ...]
    for_days: Days
    """How long after the statement it counts."""


class WrittenConsent(Limit):
    """Where marketing needs a consent that was given in writing; an unknown country counts as one
    of these."""

    owner: Words = "law"
    reason: Words = "47 CFR 64.1200(a): marketing texts need prior express written consent."
    since: date = date(2013, 10, 16)
    countries: tuple[Country, ...] = ("US",)
    channels: tuple[Channel, ...] = ("sms",)
    """And `call`, where calls are automated or play a recording."""


class DoNotCall(Limit):
    """Where numbers are looked up in a registry before marketing reaches them; an unknown country
    counts as one of these."""

    countries: tuple[Country, ...]
    channels: tuple[Channel, ...] = ("call", "sms")
    copy_days: Days = 31
    """How old the registry's copy may be; in an older one, nothing is known."""


class WrongSend(Limit):
    """What one message that should not have gone out costs in damages; it counts as at stake."""

    channels: tuple[Channel, ...]
    countries: tuple[Country, ...]
    """An unknown country counts as one of these."""
    damages: Count
    """Minor units for each message."""
    share: Share = 1.0
    """How many of a packet's messages are taken to be wrong; 1.0: all of them, the worst case."""


class Cap(Limit):
    """At most so many touches per contact (or account): in any window of so many hours, or in one
    day, week or month of the calendar where the contact lives."""

    name: Name
    per: Literal["contact", "account"]
    channels: tuple[Channel, ...]
    at_most: Count
    window_hours: Hours | None = None
    """A window rolls; this or `calendar` is said."""
    calendar: Calendar | None = None
    """A week begins on Monday; an account's contacts each count by their own calendar."""
    exempt_classes: tuple[ActionClass, ...]
    agents: tuple[AgentName, ...] = ()
    """Whose touches it limits and counts; none named: everybody's. A touch of which nobody knows
    whose it is counts."""
    themes: tuple[Words, ...] = ()
    """Of which themes; none named: of all. A touch without a known theme counts, and is limited."""

    @property
    def reach_hours(self) -> int:
        """Less than so many hours lie between two touches that it counts together."""
        if self.calendar is not None:
            return reach_hours(self.calendar, self.per)
        return self.window_hours or 0


class QuietHours(Limit):
    """No delivery between `start` and `end` where the contact lives; may wrap midnight."""

    channels: tuple[Channel, ...]
    start: time
    end: time
    then: Literal["queue", "drop"] = "queue"
    """What becomes of what is scheduled already and comes to the door in them: it waits for their
    end, within its deadline, or it never goes out."""


class Blackout(Limit):
    """Dates, where the contact lives, on which nothing that sells goes out; both ends count."""

    name: Name
    channels: tuple[Channel, ...]
    first: date
    last: date


class ReplyPause(Limit):
    """A reply of anybody of an account stops what sells to all of it for so many days: a person
    answers first. A machine's note of absence is no reply."""

    name: Name
    channels: tuple[Channel, ...]
    days: Days


class IgnorePause(Limit):
    """Who was touched `after` times on these channels within so many days and did nothing since the
    first of them is sold to on none of them until so many days after the last of them."""

    name: Name
    channels: tuple[Channel, ...]
    after: Annotated[int, Field(ge=1, le=1000)]
    within_days: Days
    pause_days: Days


class Spacing(Limit):
    """Channel and other channel lie at least so many hours apart for one contact."""

    name: Name
    channel: Channel
    other: Channel
    hours: Hours


class DealException(Limit):
    """What goes out though a deal's stage holds marketing, by name."""

    name: Name
    stages: tuple[str, ...]
    channels: tuple[Channel, ...]
    themes: tuple[Words, ...] = ()
    treatments: tuple[Words, ...] = ()
    """What carries one of the themes or is one of the treatments goes out."""
    expires: date | None = None
    """The first day (UTC) on which it lets nothing through any more; None: it stands until it is
    changed."""


class Separation(Limit):
    """One contact does not get both sides within so many days, or (without days) ever."""

    name: Name
    first_treatments: tuple[Words, ...] = ()
    first_themes: tuple[Words, ...] = ()
    other_treatments: tuple[Words, ...] = ()
    other_themes: tuple[Words, ...] = ()
    days: Annotated[int, Field(ge=0, le=366 * 10)] | None = None
    """0: at the same instant; None: however far apart they are."""
    either_order: bool = True
    """False: the other may go before the first, and not after it."""


class Prerequisite(Limit):
    """What may go only to whom something else went before."""

    name: Name
    then_treatments: tuple[Words, ...] = ()
    then_themes: tuple[Words, ...] = ()
    first_treatments: tuple[Words, ...] = ()
    first_themes: tuple[Words, ...] = ()
    after_days: Annotated[int, Field(ge=0, le=366 * 10)] = 0
    within_days: Days | None = None
    """None: however long ago it went."""


class DealHold(Limit):
    """Stages of an open deal at which marketing to the account's contacts waits."""

    stages: tuple[str, ...]
    channels: tuple[Channel, ...]
    expires: date | None = None
    """The first day (UTC) on which it holds nothing any more; None: it stands until it is
    changed."""
    exceptions: tuple[DealException, ...] = ()


class AccountOwner(Limit):
    """Whose an account is: nobody else calls its people or writes to them in their own name. The
    first rule that is for an account says who; where it names nobody, nobody does."""

    name: Name
    role: Literal["sdr", "ae", "csm"]
    accounts: Literal["open_deals", "customers", "all"]
    stages: tuple[str, ...] = ()
    """Of the open deal; none named: every stage."""


class Hold(Limit):
    """A plain hold: the fact alone closes these channels for marketing."""

    channels: tuple[Channel, ...]


class Attribute(Record):
    """A column of the contacts that an import brought, as conditions may name it: `attr_` and its
    name. A value that is not of its kind counts as empty."""

    name: Name
    kind: Literal["number", "text"]
    personal: Personal | None = None
    """`special`: of health, religion, politics, orientation, ethnicity, a union, genes or the body;
    nobody is chosen by it. `ordinary`: it is none, though it is called like one. None: its name
    decides."""


class Segment(Limit):
    """People named by a condition, so that business people can use the name."""

    name: Name
    where: str
    """A condition of `policies.conditions`, over `policies.segments.FIELDS` and the attributes."""


class SegmentHold(Limit):
    """A segment that marketing on these channels does not reach."""

    segment: str
    channels: tuple[Channel, ...]


class Budget(Limit):
    """Money a pool may spend in a rolling window."""

    pool: Words
    at_most: Count
    """Minor units."""
    window_days: Days
    overshoot: Annotated[float, Field(ge=1, le=10)] = 1.0
    """How many times what it was told a platform may really spend: 2.0 where one may spend twice
    a day's budget. The worst case is what counts."""

    @property
    def to_plan(self) -> float:
        """Minor units that may be planned in the window, so that the worst case stays within."""
        return self.at_most / self.overshoot


class QuarterBudget(Limit):
    """Money a pool may spend in a quarter of the calendar (UTC), at what pace, and what it should
    at least; beside the pool's rolling window."""

    pool: Words
    quarter: Annotated[str, Field(pattern=r"^20[0-9]{2}Q[1-4]$")]
    at_most: Count
    """Minor units in the quarter."""
    floor: Count | None = None
    """Minor units that should be spent by its end: lagging behind is told, and forces nothing."""
    deviation: Share
    """How far the spend to date may run ahead of the even pace, as a share of it, and lag behind
    the floor's before that is told."""

    @property
    def key(self) -> str:
        """What tells quarter budgets apart: `media 2026Q4`."""
        return f"{self.pool} {self.quarter}"


class BudgetStep(Limit):
    """How far one run may move a campaign's budget, as a share of what it spends today."""

    max_step: Share
    rest_days: Days | None = None
    """A budget moved less than so many days ago rests; None: it may move in every run."""


class Capacity(Limit):
    """Share of a person's declared minutes per day that runs may plan."""

    share_of_minutes: Share
    call_minutes: Annotated[float, Field(gt=0)]
    task_minutes: Annotated[float, Field(gt=0)]


class Parity(Limit):
    """A campaign that reaches a category of people much more seldom than everybody else is held."""

    name: Name
    attribute: str
    """What tells categories apart: a column that conditions may name, or a declared attribute as
    `attr_NAME`. Who has none is a category too."""
    at_least: Share
    """Share of everybody else's rate of being reached that no category may lie below, where that
    is beyond chance."""
    people: Annotated[int, Field(ge=1)] = 30
    """Categories with fewer people open to the campaign are not told apart from chance."""


class Exposure(Limit):
    """How many chosen touches of a theme, to a segment or by a channel a run has, least and most;
    what is named must all match."""

    name: Name
    theme: Words | None = None
    segment: Words | None = None
    channel: Channel | None = None
    at_least: Count | None = None
    at_most: Count | None = None
    """Hard: a run never chooses more."""
    ceiling: Annotated[float, Field(gt=0)] | None = None
    """Highest price per touch of the minimum, minor units; above it the shortfall is reported
    instead."""


class Priority(Limit):
    """How many times its value what is for a campaign, or carries a theme, counts in the
    arbitration, and nowhere else; where both are named, what is both."""

    name: Name
    campaign_id: Words | None = None
    theme: Words | None = None
    weight: Annotated[float, Field(ge=0.1, le=10)]
    expires: date | None = None
    """The first day (UTC) from which runs weigh it no more; None: it stands until it is changed."""


class ValueFloor(Limit):
    """What the best that may be done for a contact counts as at least in the arbitration, while the
    account's deal is at one of these stages, so that young pipeline does not starve."""

    name: Name
    stages: tuple[str, ...]
    at_least: Annotated[Count, Field(gt=0)]
    """Minor units."""
    expires: date | None = None
    """The first day (UTC) from which runs lift nobody any more; None: it stands until it is
    changed."""


class RunLimits(Limit):
    """Most touches one contact may get in one run, and how further touches fade."""

    touches_per_contact: Annotated[int, Field(ge=1, le=3)]
    fatigue: tuple[Annotated[float, Field(gt=0, le=1)], ...]


class Exploration(Limit):
    share: Share
    temperature: Annotated[float, Field(gt=0)]
    """Minor units of value: the softness of the draw."""


class Holdout(Limit):
    study: Words
    share: Share


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


class Reputation(Limit):
    """When complaints told by providers pause a channel; only a person resumes it. The one limit
    that has defaults: no policy may do without it, and mailbox providers set it."""

    owner: Words = "mailbox providers"
    reason: Words = "They ask for less than 0.10% spam complaints."
    since: date = date(2024, 2, 1)
    stop_at: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Complaints over accepted deliveries of the channel from which it is paused."""
    warn_at: Annotated[float, Field(gt=0, le=1)] = 0.0008
    window_days: Days = 7
    least_complaints: Annotated[int, Field(ge=1)] = 3
    """Fewer are chance: with 0.03% as the true share, three or more in 1,000 deliveries come
    once in 280 times, one or more once in four."""


class Revocation(Limit):
    """How far a stop by text or telephone reaches. It has defaults, since a law sets them."""

    owner: Annotated[str, Field(min_length=1)] = "law"
    reason: Annotated[str, Field(min_length=1)] = "One stop ends all calls and texts."
    since: date = date(2025, 4, 11)
    all_calls_and_texts_from: date = date(2025, 4, 11)
    """From this day (UTC) on a stop on one of them ends calls and texts for every purpose. The law
    asks for it from 2027-01-31; we do not wait."""


class SpamRate(Limit):
    """When the spam rate that mailbox providers tell of our domain stops commercial email, and what
    a domain that does not prove itself may send. It has defaults, since they set them."""

    owner: Words = "mailbox providers"
    reason: Words = (
        "Google: below 0.10%, never 0.30%; bulk mail only from a domain that proves itself."
    )
    since: date = date(2024, 2, 1)
    warn_at: Annotated[float, Field(gt=0, le=1)] = 0.0008
    stop_at: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Commercial email waits until a newer figure is below."""
    hard_stop_at: Annotated[float, Field(gt=0, le=1)] = 0.003
    """All email is paused until a person resumes it."""
    known_days: Days = 4
    """How old a figure may be; an older one says nothing."""
    unknown: Literal["go_on", "wait"] = "go_on"
    """What commercial email does while the rate is unknown; `clearance status` tells of it."""
    bulk_per_day: Annotated[int, Field(ge=1)] = 5000
    """Emails in 24 hours from which a sender is a bulk sender; who once was stays one."""


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
