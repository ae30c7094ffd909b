"""What exists once per contact: the declared tables of a run, column by column.

A table travels as a Polars frame. `Table.conform` puts columns in order and casts them, or says
by name what is missing; nothing else in the house decides a dtype.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from domain.errors import IntegrityError

INSTANT: Final = pl.Datetime("us", "UTC")
FINDINGS: Final = pl.UInt64
"""A bit set of domain.reasons.BIT."""


@dataclass(frozen=True)
class Column:
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One declared table; `open_ended` tables keep further columns behind the declared ones."""

    name: str
    columns: Mapping[str, Column]
    open_ended: bool = False

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with the declared columns, in order, cast. Raises IntegrityError by name."""
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise IntegrityError(f"Table {self.name} lacks {', '.join(missing)}.")
        extra = [name for name in frame.columns if name not in self.columns]
        kept = frame.select(
            *(pl.col(name).cast(column.dtype) for name, column in self.columns.items()),
            *(extra if self.open_ended else ()),
        )
        null = [
            name
            for name, column in self.columns.items()
            if not column.nullable and kept.get_column(name).null_count()
        ]
        if null:
            raise IntegrityError(f"Table {self.name} has empty values in {', '.join(null)}.")
        return kept


_CONTACT = Column(pl.UInt32, "row number of the contact in this run's observations, from 0")

OBSERVATIONS = Table(
    "observations",
    {
        "contact": _CONTACT,
        "contact_id": Column(pl.String, "the contact"),
        "account_id": Column(pl.String, "its account", nullable=True),
        "country": Column(pl.String, "ISO 3166 alpha-2", nullable=True),
        "timezone": Column(pl.String, "IANA zone", nullable=True),
        "tier": Column(pl.String, "the account's tier, such as vip", nullable=True),
        "is_customer": Column(pl.Boolean, "the account has won a deal, or the contact purchased"),
        "open_complaint": Column(pl.Boolean, "a complaint of the contact is open"),
        "deal_id": Column(pl.String, "its open deal that holds, or the largest", nullable=True),
        "deal_stage": Column(pl.String, "that deal's newest stage", nullable=True),
        "deal_amount": Column(pl.Int64, "that deal's amount, minor units", nullable=True),
        "sdr": Column(pl.String, "person who calls this account first", nullable=True),
        "ae": Column(pl.String, "person who owns the account's deals", nullable=True),
        "csm": Column(pl.String, "person who looks after it as a customer", nullable=True),
        "touched_at_email": Column(INSTANT, "newest e-mail from any tool", nullable=True),
        "touched_at_call": Column(INSTANT, "newest call from any tool", nullable=True),
        "touches_28d": Column(pl.UInt32, "touches by any tool in the 28 days before"),
        "evaluation": Column(pl.Boolean, "kept from training by a stable hash, to judge models"),
        "holdout": Column(pl.Boolean, "in the study's holdout by a stable hash"),
    },
    open_ended=True,  # the contact's attributes follow, prefixed attr_
)

MEMBERS = Table(
    "members",
    {
        "survivor_id": Column(pl.String, "the contact that stands for its person"),
        **OBSERVATIONS.columns,
    },
    open_ended=True,  # attributes as in observations
)
"""Of people who are several contacts, each contact as it is known by itself; `contact` is empty of
meaning here."""

SLOTS = Table(
    "slots",
    {
        "slot": Column(pl.Int8, "number of the slot, from 0 = at the run's own instant"),
        "slot_at": Column(INSTANT, "when an effect of this slot is due"),
    },
)

GRID = Table(
    "grid",
    {
        "contact": _CONTACT,
        "channel": Column(pl.String, "channel of the cell"),
        "class": Column(pl.String, "action class of the cell"),
        "slot": Column(pl.Int8, "slot of the cell"),
        "findings": Column(FINDINGS, "bit set of the hard guardrails that close the cell; 0 open"),
    },
)

FACTS = Table(
    "facts",
    {
        "contact_id": Column(pl.String, "the contact"),
        "account_id": Column(pl.String, "its account", nullable=True),
        "agent": Column(pl.String, "who asks"),
        "channel": Column(pl.String, "by which channel"),
        "class": Column(pl.String, "action class"),
        "purpose": Column(pl.String, "purpose its consent must name"),
        "at": Column(INSTANT, "instant of delivery that is judged"),
        "suppressed": Column(pl.Boolean, "nothing of ours may reach the contact", nullable=True),
        "objected": Column(pl.Boolean, "objected to marketing on any channel", nullable=True),
        "shared_refusal": Column(
            pl.Boolean, "refused by somebody with the same address or number", nullable=True
        ),
        "consent_state": Column(pl.String, "newest statement for channel, purpose", nullable=True),
        "consent_at": Column(INSTANT, "when it was made", nullable=True),
        "consent_expires_at": Column(INSTANT, "its own expiry", nullable=True),
        "consent_basis": Column(pl.String, "how it was given; null: nobody said", nullable=True),
        "do_not_call": Column(pl.Boolean, "the registry's copy lists the number", nullable=True),
        "registry_at": Column(INSTANT, "when that copy was made", nullable=True),
        "country": Column(pl.String, "ISO 3166 alpha-2", nullable=True),
        "timezone": Column(pl.String, "IANA zone", nullable=True),
        "is_customer": Column(pl.Boolean, "a customer already", nullable=True),
        "open_complaint": Column(pl.Boolean, "a complaint is open", nullable=True),
        "deal_stage": Column(pl.String, "stage of the open deal; null: none", nullable=True),
        "paused": Column(pl.Boolean, "a pause covers agent, channel or campaign", nullable=True),
    },
    open_ended=True,  # used_CAP (UInt32), near_SPACING and in_SEGMENT (Boolean) follow, and
    # of_members (FINDINGS) where people are several contacts: what closes it for any of them
)

TOUCHES_SEEN = Table(
    "touches_seen",
    {
        "contact_id": Column(pl.String, "the contact"),
        "account_id": Column(pl.String, "its account", nullable=True),
        "channel": Column(pl.String, "by which channel"),
        "at": Column(INSTANT, "when it was, or is to be"),
        "decision_id": Column(pl.String, "ours; null for other tools", nullable=True),
        "agent": Column(pl.String, "whose; null: nobody knows", nullable=True),
        "theme": Column(pl.String, "of which theme; null: of none known", nullable=True),
    },
)

DAYS_TAKEN = Table(
    "days_taken",
    {
        "contact_id": Column(pl.String, "the contact"),
        "channel": Column(pl.String, "by which channel"),
        "treatment": Column(pl.String, "what it gets"),
        "local_day": Column(pl.String, "on which day where it lives"),
    },
)

GIVEN = Table(
    "given",
    {
        "decision_id": Column(pl.String, "ours; null for other tools", nullable=True),
        "contact_id": Column(pl.String, "the contact"),
        "treatment_id": Column(pl.String, "what it got, or is to get"),
        "at": Column(INSTANT, "when it went, or is to go"),
        "state": Column(pl.String, "accepted: it went; unknown, sending, intent or waiting"),
    },
)

PREDICTIONS = Table(
    "predictions",
    {
        "contact": _CONTACT,
        "treatment_id": Column(pl.String, "what would be done"),
        "channel": Column(pl.String, "by which channel"),
        "outcome": Column(pl.String, "outcome of the objective that the row is about"),
        "weight": Column(pl.Float64, "declared weight of that objective"),
        "base": Column(pl.Float64, "probability of that outcome without it"),
        "effect": Column(pl.Float64, "change of that probability that the treatment causes"),
        "effect_se": Column(pl.Float64, "standard error of the effect"),
        "low": Column(pl.Float64, "lower end of the effect's 90% interval for this contact"),
        "high": Column(pl.Float64, "its upper end"),
        "worth": Column(pl.Float64, "value of one such outcome, minor units, without the weight"),
        "evidence": Column(pl.String, "measured, or a declared prior"),
        "support": Column(pl.Float64, "past touches that speak for this figure"),
        "model": Column(pl.String, "version of the model, or name of the prior"),
        "as_of": Column(INSTANT, "instant up to which touches and answers taught the model"),
    },
)

CANDIDATES = Table(
    "candidates",
    {
        "candidate": Column(pl.UInt32, "row number of the candidate in this run, from 0"),
        "contact": _CONTACT,
        "contact_id": Column(pl.String, "the contact"),
        "account_id": Column(pl.String, "its account", nullable=True),
        "agent": Column(pl.String, "who asks"),
        "channel": Column(pl.String, "by which channel"),
        "campaign_id": Column(pl.String, "for which campaign"),
        "treatment_id": Column(pl.String, "what"),
        "offer": Column(pl.String, "exclusive offer it carries", nullable=True),
        "theme": Column(pl.String, "theme of the treatment", nullable=True),
        "class": Column(pl.String, "action class"),
        "purpose": Column(pl.String, "purpose its consent must name"),
        "slot": Column(pl.Int8, "slot it is for"),
        "slot_at": Column(INSTANT, "when it would be delivered"),
        "value": Column(pl.Float64, "expected incremental value net of cost, minor units"),
        "value_se": Column(pl.Float64, "standard error of the value, minor units"),
        "evidence": Column(pl.String, "measured, or a declared prior"),
        "cost": Column(pl.Int64, "direct cost, minor units"),
        "pool": Column(pl.String, "budget pool that pays the cost", nullable=True),
        "owner": Column(pl.String, "person whose minutes it takes", nullable=True),
        "minutes": Column(pl.Float64, "minutes it takes of its owner"),
        "findings": Column(FINDINGS, "bit set of guardrails against it; 0 where it may compete"),
    },
)

BUNDLES = Table(
    "bundles",
    {
        "treatment_id": Column(pl.String, "what is part of it"),
        "bundle": Column(pl.String, "treatments that go to a contact together or not at all"),
    },
)

DECISIONS = Table(
    "decisions",
    {
        **CANDIDATES.columns,
        "decision_id": Column(pl.String, "hash of schedule, run slot and candidate; effect's key"),
        "fate": Column(pl.String, "how the candidate stood when the run committed"),
        "reason": Column(pl.String, "reason code of that fate"),
        "winner": Column(pl.UInt32, "candidate that took its place", nullable=True),
        "packet_id": Column(pl.String, "packet a person or policy judged it in", nullable=True),
        "propensity": Column(pl.Float64, "probability that it was chosen", nullable=True),
        "price": Column(pl.Float64, "sum of the shared limits' prices it uses, minor units"),
        "worth": Column(
            pl.Float64, "what it counted as in the arbitration, minor units", nullable=True
        ),
        "declared": Column(
            pl.String, "priorities and floors by which that is not its value", nullable=True
        ),
    },
)

CONFLICTS = Table(
    "conflicts",
    {
        "type": Column(pl.Int8, "number of the conflict type in docs/conflicts.md"),
        "contact": Column(pl.UInt32, "contact it happens to", nullable=True),
        "account_id": Column(pl.String, "account it happens to", nullable=True),
        "people": Column(pl.UInt32, "contacts it happens to: one, unless it is about a limit"),
        "candidate": Column(pl.UInt32, "side that gave way", nullable=True),
        "subject": Column(pl.String, "or what gave way, where it is no candidate", nullable=True),
        "against": Column(pl.UInt32, "candidate of the other side", nullable=True),
        "fact": Column(pl.String, "fact of the other side, in words", nullable=True),
        "stake": Column(pl.Float64, "value at stake: what giving way costs, minor units"),
    },
)
