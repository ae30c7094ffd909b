"""Feedback: what providers tell by themselves, kept once per event of theirs, and what it changes.

A word about a person (unsubscribed, complained) is honoured at once, whatever else is known. A
word about an effect settles it where its answer was lost, and never moves a final state; while the
effect is still in our hands, or nobody knows it, the event waits as an orphan.
docs/decisions/effects.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl
from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from domain.names import MARKETING_PURPOSE
from tools.ledger import consents, doormark, feedback_states, moves, reputation
from tools.ledger.bulk import chunks, insert_new, table_of
from tools.ledger.consents import OWN_ACT
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.frames import frame_in
from tools.ledger.models import FeedbackRow
from tools.ledger.moves import Told
from tools.ledger.reputation import Bounds

EVENTS: Final[dict[str, Any]] = {
    "event_id": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "contact_id": pl.String,
    "channel": pl.String,
    "at": INSTANT,
    "body": pl.String,
}
"""Columns of what a provider told; `key` is the effect's id, if it is about one."""

PERSONAL: Final = ("unsubscribed", "complained", "opted_out")
"""A person's own word: honoured whether or not the effect is known. opted_out: by a reply."""
GONE: Final = "bounced_for_good"
"""The mailbox is no more: nothing that sells goes there again."""
BOUNCES: Final = ("bounced", GONE)
ANSWER: Final = "replied"
PROOF: Final = ("sent", "delivered", *BOUNCES, "opened", "clicked", ANSWER, *PERSONAL)
"""What could not be told had the provider not acted."""
REFUSAL: Final = "failed"
BY_PHONE: Final = ("sms", "call")
"""What one stop by text or telephone ends together."""


@dataclass(frozen=True)
class Rules:
    """What the policy says of feedback."""

    channels: Sequence[str]
    """Those on which consent is asked; a word about none in particular is about all of them."""
    bounds: Bounds
    """When complaints pause a channel."""
    revoke_all: bool = True
    """Whether a stop by text or telephone ends all calls and texts."""
    sells_without_consent: bool = False
    """Whether the policy lets something that sells go without consent: then a no is an objection,
    or it would not hold."""


@dataclass(frozen=True)
class Received:
    """What became of one call's events."""

    new: int
    known: int
    """Told before: nothing changed."""
    orphans: int
    taken: tuple[str, ...]
    """Ids that the provider gave to something else before: nothing changed."""


def receive(
    session: Session, provider: str, events: pl.DataFrame, rules: Rules, at: datetime
) -> Received:
    """Keep what a provider told (EVENTS' columns) and do what it says, in this transaction."""
    rows = events.select(*EVENTS).with_columns(
        provider=pl.lit(provider), received_at=pl.lit(at, dtype=INSTANT), state=pl.lit("new")
    )
    new = insert_new(session, FeedbackRow, rows)
    taken = _taken(session, provider, events) if new < events.height else ()
    if new and (events.get_column("kind") == ANSWER).any():
        doormark.raise_mark(session)  # an account that answered is left to a person
    judged = _take_up(session, NEW, rules, at)
    orphans = judged.filter(pl.col("becomes") == "orphan").height
    return Received(new, events.height - new - len(taken), orphans, taken)


def _taken(session: Session, provider: str, events: pl.DataFrame) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for part in chunks(events.get_column("event_id").unique().to_list()):
        wanted = select(FeedbackRow.event_id, FeedbackRow.body).where(
            FeedbackRow.provider == provider, col(FeedbackRow.event_id).in_(part)
        )
        kept |= dict(session.exec(wanted).all())
    told = events.select("event_id", "body").iter_rows()
    return tuple(event for event, body in told if kept[event] != body)


def match_orphans(ledger: Ledger, rules: Rules, at: datetime) -> int:
    """Try orphans again now that more is known, and alert of those that are old; how many events
    changed their state. Takes the write lock only where there is something to do."""
    open_ones = ledger.frame(f"{TOLD_SQL} WHERE {MATCHABLE}", TOLD).with_columns(becomes=_becomes())
    if not _changed(open_ones).height and not feedback_states.overdue(ledger, at):
        return 0
    with ledger.write() as session:
        matched = _changed(_take_up(session, MATCHABLE, rules, at)).height
        return matched + feedback_states.alert_of_orphans(session, at)


def about(ledger: Ledger, effect_id: str) -> pl.DataFrame:
    """What providers told of an effect, in the order it came: provider, kind, at, state."""
    schema = {"provider": pl.String, "kind": pl.String, "at": INSTANT, "state": pl.String}
    sql = (
        f"SELECT {', '.join(schema)} FROM feedback WHERE key = :key ORDER BY received_at, event_id"
    )
    return ledger.frame(sql, schema, {"key": effect_id})


# --- events beside the effects they name

TOLD: Final[dict[str, Any]] = {
    "provider": pl.String,
    "event_id": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "contact_id": pl.String,
    "channel": pl.String,
    "state": pl.String,
    "effect": pl.String,
    "handed_to": pl.String,
    "effect_contact": pl.String,
    "effect_channel": pl.String,
    "effect_purpose": pl.String,
}
TOLD_SQL: Final = (
    "SELECT f.provider, f.event_id, f.kind, f.key, f.contact_id, f.channel, f.state, e.state, "
    "e.provider, e.contact_id, e.channel, e.purpose "
    "FROM feedback f LEFT JOIN effect e ON e.effect_id = f.key"
)
NEW: Final = "f.state = 'new'"
MATCHABLE: Final = "f.state IN ('orphan', 'alerted') AND e.effect_id IS NOT NULL"


def _take_up(session: Session, which: str, rules: Rules, at: datetime) -> pl.DataFrame:
    """Do what these events say (TOLD's columns and becomes). Complaints past the bound pause their
    channel."""
    told = frame_in(session, f"{TOLD_SQL} WHERE {which}", TOLD)
    judged = told.with_columns(becomes=_becomes())
    changed = _changed(judged)
    _honour(session, changed.filter(pl.col("kind").is_in([*PERSONAL, GONE])), rules, at)
    for (provider,), rows in changed.group_by("provider", maintain_order=True):
        _settle(session, str(provider), rows, at)
        _store(session, str(provider), rows, at)
    if not changed.filter(pl.col("kind") == "complained").is_empty():
        reputation.stop(session, rules.bounds, at)
    return judged


def _becomes() -> pl.Expr:
    """The event's state: applied, orphan or contradiction."""
    effect = pl.col("effect")
    personal, refusal = pl.col("kind").is_in(PERSONAL), pl.col("kind") == REFUSAL
    matters = pl.col("kind").is_in([*PROOF, REFUSAL])
    nobody = personal & pl.col("key").is_null() & pl.col("contact_id").is_null()
    elsewhere = pl.col("handed_to").is_not_null() & ~_ours()
    never_handed = (effect == "intent") & pl.col("handed_to").is_null() & ~personal
    unmatched = pl.col("key").is_not_null() & (
        effect.is_null() | (effect == "sending") | elsewhere | never_handed
    )
    denied = (effect == "accepted") & refusal
    proven = effect.is_in(["failed", "skipped", "expired"]) & ~refusal & ~personal
    return (
        pl.when(nobody | (matters & unmatched).fill_null(False))
        .then(pl.lit("orphan"))
        .when(matters & (denied | proven))
        .then(pl.lit("contradiction"))
        .otherwise(pl.lit("applied"))
    )


def _ours() -> pl.Expr:
    """The effect was handed to the provider that speaks."""
    return (pl.col("handed_to") == pl.col("provider")).fill_null(False)


def _changed(judged: pl.DataFrame) -> pl.DataFrame:
    """Events whose state is another now; what was alerted and is an orphan still, is not."""
    same = (pl.col("state") == pl.col("becomes")) | (
        (pl.col("state") == "alerted") & (pl.col("becomes") == "orphan")
    )
    return judged.filter(~same)


def _honour(session: Session, told: pl.DataFrame, rules: Rules, at: datetime) -> None:
    """Withdraw consent of whom the word is about: an unsubscribe on its channel, a complaint on
    all (and suppress who complained), a reply on its channel or on all of the telephone's. As of
    now, not of when the provider says it was: what we hold from before does not stand against it.
    An orphan was honoured when it came; what its effect adds is honoured now."""
    other = pl.col("effect_contact").ne_missing(pl.col("contact_id"))
    more = other | (pl.col("effect_purpose") != MARKETING_PURPOSE).fill_null(False)
    fresh = told.filter((pl.col("state") == "new") | more)
    for row in fresh.iter_rows(named=True):
        source = f"webhook of {row['provider']}"
        named = row["channel"] or row["effect_channel"]
        everything = rules.revoke_all and row["kind"] == "opted_out" and named in BY_PHONE
        for who in sorted({row["contact_id"], row["effect_contact"]} - {None}):
            purposes = {MARKETING_PURPOSE, row["effect_purpose"] or MARKETING_PURPOSE}
            if everything:
                purposes |= set(consents.purposes_of(session, who))
            for channel in _closed(row["kind"], named, everything, rules):
                state = _refusal_on(channel, rules)
                basis = DEAD if row["kind"] == GONE else OWN_ACT
                consents.opt_out(session, who, (channel,), list(purposes), state, at, source, basis)
            if row["kind"] == "complained" and not consents.is_suppressed(session, who):
                consents.suppress(session, who, at, "complained", source)


DEAD: Final = "the mailbox is no more"


def _closed(kind: str, named: str | None, everything: bool, rules: Rules) -> Sequence[str]:
    """Channels that a person's word ends; one on which no consent is asked ends all the others too,
    since nobody can say what it was meant for."""
    if everything:
        return BY_PHONE
    if kind == "complained" or named is None:
        return rules.channels
    return (named,) if named in rules.channels else (named, *rules.channels)


def _refusal_on(channel: str, rules: Rules) -> Literal["withdrawn", "objected"]:
    holds = channel in rules.channels and not rules.sells_without_consent
    return "withdrawn" if holds else "objected"


def _settle(session: Session, provider: str, rows: pl.DataFrame, at: datetime) -> None:
    """Effects whose answer was lost, or which the provider said it had done nothing of: what it
    tells now is true. Proof that it acted counts before its refusal."""
    bounced, refused = pl.col("kind").is_in(BOUNCES), pl.col("kind") == REFUSAL
    lost = (pl.col("effect") == "unknown") & pl.col("kind").is_in([*PROOF, REFUSAL])
    not_put_off = (pl.col("effect") == "intent") & pl.col("kind").is_in(PROOF)
    told = (
        rows.filter(_ours() & (lost | not_put_off))
        .with_columns(rank=pl.when(bounced).then(0).when(refused).then(2).otherwise(1))
        .sort("rank", maintain_order=True)
        .unique("key", keep="first", maintain_order=True)
    )
    for (since,), part in told.group_by("effect", maintain_order=True):
        results = [_told(key, kind) for key, kind in part.select("key", "kind").iter_rows()]
        moves.settle_told(session, results, str(since), at, provider)


def _told(key: str, kind: str) -> Told:
    state = "failed" if kind == REFUSAL else "accepted"
    return Told(key, state, "bounced" if kind in BOUNCES else "told_by_provider")


def _store(session: Session, provider: str, changed: pl.DataFrame, at: datetime) -> None:
    table = table_of(FeedbackRow)
    statement = (
        update(table)
        .where(table.c.provider == provider, table.c.event_id == bindparam("event"))
        .values(state=bindparam("becomes"), contact_id=bindparam("who"), channel=bindparam("on"))
    )
    session.connection().execute(statement, _stored(changed))
    states = dict(changed.select("event_id", "becomes").iter_rows())
    feedback_states.note(session, provider, provider, states, at)


def _stored(changed: pl.DataFrame) -> list[dict[str, Any]]:
    return changed.select(
        "becomes",
        event="event_id",
        who=pl.coalesce("contact_id", "effect_contact"),
        on=pl.coalesce("channel", "effect_channel"),
    ).to_dicts()
