"""The ledger's tables. Rows of consent and audit are only ever added.

The same models run on SQLite and on Postgres. Instants are stored as UTC; money as whole minor
units. Unique keys and compare-and-set columns carry the protections; see docs/house.md.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, UniqueConstraint, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as UTC on engines that forget zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"Expected an aware instant, found {value!r}.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class MetaRow(SQLModel, table=True):
    """Facts about the ledger itself: schema_version, the sample clock's `now`, cursors."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class ConsentRow(SQLModel, table=True):
    """One statement about consent; the newest per contact, channel and purpose stands."""

    __tablename__ = "consent"
    __table_args__ = (
        UniqueConstraint("contact_id", "channel", "purpose", "state", "at", "source"),
        Index("consent_by_contact", "contact_id"),
    )
    consent_id: int | None = Field(default=None, primary_key=True)
    contact_id: str
    channel: str
    purpose: str
    state: str
    basis: str | None = None
    text_version: str | None = None
    source: str
    external_id: str | None = None
    at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)


class SuppressionRow(SQLModel, table=True):
    """A contact whom nothing of ours may reach."""

    __tablename__ = "suppression"
    contact_id: str = Field(primary_key=True)
    reason: str
    source: str
    at: datetime = Field(sa_type=Instant)


class RunRow(SQLModel, table=True):
    """One run per schedule and slot."""

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("schedule", "slot"),)
    run_id: str = Field(primary_key=True)
    schedule: str
    slot: str
    state: str
    at: datetime = Field(sa_type=Instant)
    pins: str
    """What it saw; empty for a slot that never ran."""
    summary: str | None = None
    reason: str | None = None
    """Why it never ran or was closed unfinished, in a sentence."""


class RunTableRow(SQLModel, table=True):
    """Hash of a run's table as committed, so that the files prove themselves."""

    __tablename__ = "run_table"
    run_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    sha256: str


class PacketRow(SQLModel, table=True):
    """Every version of every packet, as judged."""

    __tablename__ = "packet"
    packet_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    run_id: str = Field(index=True)
    disposition: str
    payload: str
    payload_hash: str
    judged_at: datetime = Field(sa_type=Instant)


class ReviewRow(SQLModel, table=True):
    """The question a packet puts to people; (state, version, payload_hash) is compared and set."""

    __tablename__ = "review"
    packet_id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    version: int
    payload_hash: str
    state: str
    approvals_needed: int
    opened_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    interrupt_id: str | None = None
    settled: bool = False
    """The decision's effects are written (approved) or its reservations freed (otherwise)."""
    reason: str | None = None
    """Code of why it is void, or of what its expiry came from."""
    remind_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on it is overdue."""
    reminded: bool = False
    reassigned_to: str | None = None
    """The role or person it was passed on to when its first period ended unanswered."""
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)


class VoteRow(SQLModel, table=True):
    """What one person said of one version; said twice, it is one vote."""

    __tablename__ = "vote"
    __table_args__ = (Index("vote_by_nonce", "nonce"),)
    packet_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    person_id: str = Field(primary_key=True)
    verdict: str
    at: datetime = Field(sa_type=Instant)
    nonce: str | None = None
    """The click's own name, where its caller gave one: the same click twice is one."""
    became: str = ""
    """State of the review right after it; the click's second delivery gets the same answer."""


class EffectRow(SQLModel, table=True):
    """Something that is to happen outside, once. `effect_id` is the decision's id and the key
    given to the provider."""

    __tablename__ = "effect"
    __table_args__ = (
        Index(
            "effect_once_a_day",
            "contact_id",
            "channel",
            "treatment",
            "local_day",
            unique=True,
            sqlite_where=text("state IN ('intent', 'sending', 'accepted', 'unknown')"),
            postgresql_where=text("state IN ('intent', 'sending', 'accepted', 'unknown')"),
        ),
        Index("effect_due", "state", "slot_at"),
    )
    effect_id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    packet_id: str = Field(index=True)
    candidate: int
    contact_id: str | None = None
    account_id: str | None = None
    agent: str
    channel: str
    campaign_id: str
    purpose: str
    treatment: str
    action_class: str
    slot_at: datetime = Field(sa_type=Instant)
    local_day: str
    """Calendar day of the slot where the contact lives (UTC where the zone is unknown)."""
    amount: int | None = Field(default=None, sa_type=BigInteger)
    """Absolute budget to set, minor units; None for a touch."""
    payload_hash: str
    state: str
    reason: str | None = None
    at: datetime = Field(sa_type=Instant)
    """When the state last changed."""
    attempts: int = 0
    provider_ref: str | None = None
    provider: str | None = None
    """Who it was first handed to: its terms decide what an unknown result may become."""
    fence: int | None = None
    """Fence of the relay's lease that handed it over first, of those whose call may have done it:
    once that one surely ended, all of them did."""
    first_sent_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was first handed over: providers forget keys after a while."""
    last_sent_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was handed over last: what was allowed then is what counts."""
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    """Not handed over (intent) or looked up (unknown) before; None: at once."""
    waits: int = 0
    """Times in a row that it was put off: the provider was not reached, asked us to wait, or knew
    nothing of it yet."""
    parked: bool = False
    """Unknown, and only a person may say what became of it."""
    seen_amount: int | None = Field(default=None, sa_type=BigInteger)
    """The platform's budget as last read when this one was planned; minor units."""
    undoes: str | None = None
    """The effect that this one takes back."""


class ReservationRow(SQLModel, table=True):
    """What a decision takes of a limit: held when scheduled or waiting, freed when dropped."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("decision_id", "resource"),
        Index("reservation_by_resource", "resource", "holder", "at"),
        Index("reservation_by_account", "account_id"),
    )
    reservation_id: int | None = Field(default=None, primary_key=True)
    decision_id: str
    run_id: str
    packet_id: str = Field(index=True)
    resource: str
    """`touch:CHANNEL` and, where a separation asks, `treatment:ID` (holder: contact), `pool:POOL`
    or `minutes:PERSON` (holder empty), or `budget:POOL` (holder: campaign): what it may spend a
    week, which replaces what it might."""
    holder: str
    account_id: str | None = None
    agent: str | None = None
    """Of a touch: whose it is; empty in rows from before schema 6."""
    theme: str | None = None
    """Of a touch: its treatment's theme."""
    amount: float
    at: datetime = Field(sa_type=Instant)
    state: str
    """held | spent | freed"""


class PauseRow(SQLModel, table=True):
    """An operator's stop, in force until lifted."""

    __tablename__ = "pause"
    pause_id: int | None = Field(default=None, primary_key=True)
    scope: str
    """agent | channel | campaign | all"""
    name: str
    by: str
    reason: str
    at: datetime = Field(sa_type=Instant)
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    lifted_by: str | None = None


class ProgrammeRow(SQLModel, table=True):
    """A programme proposal filed by an agent's strategist."""

    __tablename__ = "programme"
    proposal_id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    agent: str
    payload: str


class LeaseRow(SQLModel, table=True):
    """A right that one process holds at a time. `fence` grows with each taking: what an older
    holder still writes is refused. `beat` grows with each renewal; see tools/ledger/leases.py."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    fence: int
    beat: int
    released: bool = False
    unproven: int = 0
    """Highest fence whose holder fell silent without being proven dead: it may still be at work."""


class ProviderRow(SQLModel, table=True):
    """A provider's pace and health, so that a restart forgets neither."""

    __tablename__ = "provider"
    name: str = Field(primary_key=True)
    tokens: float
    filled_at: datetime = Field(sa_type=Instant)
    """When `tokens` was true."""
    failures: int = 0
    """Calls in a row that did not reach it."""
    closed_until: datetime | None = Field(default=None, sa_type=Instant)
    """The circuit is open: nothing is handed over before."""
    why: str | None = None


class BudgetSeenRow(SQLModel, table=True):
    """A campaign's budget as its platform showed it last, minor units."""

    __tablename__ = "budget_seen"
    campaign_id: str = Field(primary_key=True)
    amount: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=Instant)


class FeedbackRow(SQLModel, table=True):
    """What a provider told by itself, once per event of its own: sent, delivered, failed, bounced,
    complained, unsubscribed. An orphan names an effect we do not know (yet)."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("feedback_by_state", "state"),
        Index("feedback_by_key", "key"),
        Index("feedback_by_kind", "kind", "received_at"),
    )
    provider: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    kind: str
    key: str | None = None
    contact_id: str | None = None
    """Whom it is about; where the provider did not say, as the effect says."""
    channel: str | None = None
    at: datetime = Field(sa_type=Instant)
    """When it happened, by the provider's clock."""
    received_at: datetime = Field(sa_type=Instant)
    state: str
    """new (within its transaction) | applied | orphan | alerted (an orphan for an hour) |
    contradiction (it says otherwise than the ledger) | unreadable (a call some of which was not
    understood; `body` is the whole of it)"""
    body: str


class ErasureRow(SQLModel, table=True):
    """An erasure, begun or done. Who was erased stands nowhere: `token` is in their place."""

    __tablename__ = "erasure"
    token: str = Field(primary_key=True)
    state: str
    """begun | done"""
    by: str
    at: datetime = Field(sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)


class ErasedKeyRow(SQLModel, table=True):
    """A keyed hash by which an erased person is known again, and stays suppressed."""

    __tablename__ = "erased_key"
    hash: str = Field(primary_key=True)
    kind: str
    """contact_id | email | phone"""
    token: str = Field(index=True)


class MergeRow(SQLModel, table=True):
    """A decision that two contacts are one person, in force until it is taken back. `contact_id`
    stood for itself until then, with whoever had been merged into it before."""

    __tablename__ = "identity_merge"
    __table_args__ = (
        Index(
            "identity_merge_once",
            "contact_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("identity_merge_by_survivor", "survivor_id"),
    )
    merge_id: int | None = Field(default=None, primary_key=True)
    contact_id: str
    survivor_id: str
    why: str
    """Kinds of the keys that join them, or `by hand`."""
    by: str
    at: datetime = Field(sa_type=Instant)
    ended_by: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_why: str | None = None


class PermitSheetRow(SQLModel, table=True):
    """Permits minted together, and the one signature that covers them: `domain.permit.Seal`."""

    __tablename__ = "permit_sheet"
    sheet_id: str = Field(primary_key=True)
    """SHA-256 of what is signed."""
    key: str
    leaves: str
    """One a line, in their order."""
    signature: str
    at: datetime = Field(sa_type=Instant)


class PermitRow(SQLModel, table=True):
    """One permit, as its text was signed; `place` is its leaf's on the sheet, from 0. An effect
    that is handed over again has another one."""

    __tablename__ = "permit"
    __table_args__ = (Index("permit_by_effect", "effect_id"),)
    sheet_id: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    effect_id: str
    body: str


class PolicyRow(SQLModel, table=True):
    """A policy that was put in force. Rows are never changed; the newest is in force."""

    __tablename__ = "policy"
    version: int = Field(primary_key=True)
    hash: str
    text: str
    direction: str
    """first | tighter | looser | same, beside the version before it"""
    proposed_by: str
    activated_by: str
    at: datetime = Field(sa_type=Instant)


class PolicyProposalRow(SQLModel, table=True):
    """A policy that somebody wants in force, compared with the version that was."""

    __tablename__ = "policy_proposal"
    proposal_id: str = Field(primary_key=True)
    hash: str
    text: str
    against: int
    """The version in force when it was compared."""
    direction: str
    by: str
    at: datetime = Field(sa_type=Instant)
    became: int | None = None
    """The version it became; None: none yet."""


class AuditRow(SQLModel, table=True):
    """Append-only: each row's hash covers the row before it."""

    __tablename__ = "audit"
    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    actor: str
    kind: str
    subject: str
    payload: str
    previous: str
    hash: str
