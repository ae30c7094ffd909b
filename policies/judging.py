"""The judge: facts and a policy in, every finding against each cell out. A pure function.

Default deny: a fact that is missing closes the cell. Findings only add up, so the order of the
rules changes nothing, and no rule can open what another closed.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Literal

import polars as pl

from domain.names import ACTION_CLASSES, CHANNELS, COMMERCIAL_EXEMPT
from domain.reasons import BIT
from domain.tables import FACTS, FINDINGS
from policies.autonomy import only_watching
from policies.blackouts import blacked_out
from policies.consent_limits import ConsentRule
from policies.contact_law import (
    asks_writing,
    basis_insufficient,
    registry_asked,
    registry_unknown,
)
from policies.deals import NAMED, held_at_deal
from policies.named import named_by, with_names
from policies.quiet import asleep, dropped
from policies.schema import Policy
from policies.segments import column_of
from policies.touch_limits import Cap

MUST_BE_SENT = "mandatory"
"""The class that suppression does not stop."""
UNBOUND = ("mandatory", "transactional")
"""Classes that caps, quiet hours, holds, spacing and objections are not made for."""
PERSONAL = ("inbound_response", "one_to_one")
"""Classes that answer or converse: bound as all are, but not promotional. Every other class,
known or not, is."""
STATES = ("granted", "withdrawn", "objected")


def judge(facts: pl.DataFrame, policy: Policy, at: datetime, undecided: bool = False) -> pl.Series:
    """Findings (UInt64 bits of domain.reasons.BIT) against each row of FACTS; 0 is open.

    at: the instant of judging; a cell whose own instant has passed is closed. A count of a cap
    or spacing that the facts lack is a missing fact. undecided: nothing says yet what would go
    out; cells that an exception to a hold could open stay open, for `policies.choices` to close
    once it is said. Raises IntegrityError where a declared
    column is missing or empty.
    """
    now = at.astimezone(UTC)
    known = _in_codes(_counted(FACTS.conform(facts), policy))
    quiet = asleep(known, policy.quiet_hours)
    rules = (
        *_standing(),
        *_consent(policy, now),
        *_bases(policy),
        *_registries(policy),
        *_holds(policy, undecided),
        *_caps(policy.caps),
        *_spacing(policy),
        *_segments(policy),
        *_pauses(policy),
        mark(bound() & quiet, "quiet_hours"),
        mark(bound() & quiet & dropped(policy.quiet_hours), "quiet_dropped"),
        mark(promotional() & blacked_out(known, policy.blackouts), "blackout_date"),
        mark(pl.col("paused").fill_null(True), "paused"),
        mark(pl.col("paused").is_null(), "fact_missing"),
        mark(~pl.col("agent").is_in(list(policy.agents)), "agent_not_allowed"),
        _watching(policy),
        mark(pl.col("at") < now, "deadline_passed"),
        _of_members(known),
    )
    return known.select(bits=reduce(or_, rules)).get_column("bits")


def _of_members(facts: pl.DataFrame) -> pl.Expr:
    """Of a person who is several contacts, what was found against any of them."""
    if "of_members" not in facts.columns:
        return pl.lit(0, dtype=FINDINGS)
    return pl.col("of_members").fill_null(BIT["fact_missing"])


def mark(condition: pl.Expr, code: str) -> pl.Expr:
    """The finding's bit where the condition holds, or where nobody can say whether it does."""
    return pl.when(condition.fill_null(True)).then(BIT[code]).otherwise(0).cast(FINDINGS)


def counted_by(cap: Cap) -> pl.Expr:
    """Rows that the cap limits: its channels, agents and themes, without the classes that are
    exempt from it. Rows: with `policies.named.with_names`."""
    return (
        pl.col("channel").is_in(list(cap.channels))
        & ~pl.col("class").is_in(list(cap.exempt_classes))
        & bound()
        & named_by(cap.agents, cap.themes)
    )


def judge_caps(rows: pl.DataFrame, caps: Sequence[Cap]) -> pl.Series:
    """Findings of these caps (at least one) alone, FINDINGS bits. rows: channel, class, agent,
    optional theme, and used_CAP; a count that is missing is a missing fact."""
    counts = [f"used_{cap.name}" for cap in caps if f"used_{cap.name}" not in rows.columns]
    known = with_names(rows).with_columns(pl.lit(None, pl.UInt32).alias(one) for one in counts)
    return known.select(bits=reduce(or_, _caps(caps))).get_column("bits")


def judge_autonomy(rows: pl.DataFrame, policy: Policy) -> pl.Series:
    """Findings (FINDINGS bits) of the agents' autonomy alone. rows: agent, channel, class."""
    return rows.select(bits=_watching(policy)).get_column("bits")


def _counted(facts: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The facts with every count and membership the policy asks for; one nobody took is empty, not
    zero."""
    counts = {f"used_{cap.name}": pl.UInt32() for cap in policy.caps}
    nears = {f"near_{rule.name}": pl.Boolean() for rule in policy.spacing}
    pauses = {column: pl.Boolean() for _, column, _ in _paused_by(policy)}
    members = {column_of(one.segment): pl.Boolean() for one in policy.segment_holds}
    named = dict.fromkeys(NAMED if policy.deal_hold.exceptions else (), pl.String())
    return with_names(facts).with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in {**counts, **nears, **members, **pauses, **named}.items()
        if name not in facts.columns
    )


def _in_codes(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with what every rule asks for as small numbers instead of words: comparing words
    was nine tenths of judging."""
    return facts.with_columns(
        pl.col(name).cast(pl.Enum(sorted({*known, *_words(facts, name)})))
        for name, known in (
            ("channel", CHANNELS),
            ("class", ACTION_CLASSES),
            ("consent_state", STATES),
        )
    )


def _words(facts: pl.DataFrame, name: str) -> list[str]:
    """Words that stand in a column, known or not."""
    return facts.get_column(name).drop_nulls().unique().to_list()


def bound() -> pl.Expr:
    """Rows that limits are made for at all."""
    return ~pl.col("class").is_in(UNBOUND)


def promotional() -> pl.Expr:
    """Rows that sell: those that holds and spacing are made for."""
    return ~pl.col("class").is_in([*UNBOUND, *PERSONAL])


def leaves_audience() -> pl.Expr:
    """Taking a person out of a paid audience reaches nobody: it is how their no is honoured."""
    return (pl.col("channel") == "ads") & (pl.col("class") == "transactional")


def _watching(policy: Policy) -> pl.Expr:
    """Nothing of an agent that only watches goes out, but for the honouring of a no."""
    return mark(only_watching(policy) & ~leaves_audience(), "only_watching")


def _standing() -> tuple[pl.Expr, ...]:
    """Suppression stops all but what must be sent; an objection stops what sells, everywhere; so
    does, on their channels, a no of anybody who has the same address or number."""
    reaches = (pl.col("class") != MUST_BE_SENT) & ~leaves_audience()
    return (
        mark(reaches & pl.col("suppressed").fill_null(True), "erased_or_suppressed"),
        mark(reaches & pl.col("suppressed").is_null(), "fact_missing"),
        mark(bound() & pl.col("objected").fill_null(True), "objected"),
        mark(bound() & pl.col("objected").is_null(), "fact_missing"),
        mark(bound() & pl.col("shared_refusal").fill_null(True), "shared_refusal"),
        mark(bound() & pl.col("shared_refusal").is_null(), "fact_missing"),
    )


def asks_consent(rule: ConsentRule) -> pl.Expr:
    """Rows that need a consent: on the rule's channels, but for the classes it exempts."""
    return pl.col("channel").is_in(list(rule.channels)) & ~pl.col("class").is_in(
        list(rule.exempt_classes)
    )


def refusal_on(channel: str, rule: ConsentRule) -> Literal["withdrawn", "objected"]:
    """What a contact's no on a channel has to be written as, so that it holds: an objection where
    the policy lets something that sells go there without consent."""
    holds = channel in rule.channels and not sells_without_consent(rule)
    return "withdrawn" if holds else "objected"


def sells_without_consent(rule: ConsentRule) -> bool:
    """Whether a class that may sell needs no consent."""
    return bool(set(rule.exempt_classes) - set(COMMERCIAL_EXEMPT))


def _consent(policy: Policy, at: datetime) -> tuple[pl.Expr, ...]:
    """A grant counts from the instant it was made until it ends; anything else is no consent."""
    rule = policy.consent
    asked = asks_consent(rule) | (promotional() & asks_writing(policy.written_consent))
    state, said_at = pl.col("consent_state"), pl.col("consent_at")
    granted = asked & (state == "granted").fill_null(False)
    ended = (pl.col("consent_expires_at") <= pl.col("at")).fill_null(False)
    if rule.strict_after_days is not None:
        age = pl.col("at") - said_at
        ended = ended | (age > timedelta(days=rule.strict_after_days)).fill_null(True)
    return (
        mark(asked & (state == "objected").fill_null(False), "objected"),
        mark(asked & (state == "withdrawn").fill_null(False), "consent_withdrawn"),
        mark(granted & ended, "consent_expired"),
        mark(granted & said_at.is_null(), "fact_missing"),
        mark(granted & (said_at > at).fill_null(False), "consent_missing"),
        mark(asked & ~state.is_in(STATES).fill_null(False), "consent_missing"),
    )


def _bases(policy: Policy) -> tuple[pl.Expr, ...]:
    """How a consent was given counts where a country's law asks for it."""
    insufficient = basis_insufficient(policy, asks_consent(policy.consent), promotional())
    return (mark(insufficient, "basis_insufficient"),)


def _registries(policy: Policy) -> tuple[pl.Expr, ...]:
    """A registry whose copy is too old says nothing, and then nobody is called."""
    rules = []
    for rule in policy.do_not_call:
        asked, unknown = registry_asked(rule, promotional()), registry_unknown(rule)
        rules.append(mark(asked & (unknown | pl.col("do_not_call")), "do_not_call"))
        rules.append(mark(asked & unknown, "fact_missing"))
    return tuple(rules)


def _holds(policy: Policy, undecided: bool) -> tuple[pl.Expr, ...]:
    complaint = _held(policy.complaint_hold.channels)
    customer = _held(policy.customer_hold.channels)
    return (
        mark(complaint & pl.col("open_complaint").fill_null(True), "open_complaint"),
        mark(complaint & pl.col("open_complaint").is_null(), "fact_missing"),
        mark(held_at_deal(policy.deal_hold, promotional(), undecided), "deal_hold"),
        mark(customer & pl.col("is_customer").fill_null(True), "existing_customer"),
        mark(customer & pl.col("is_customer").is_null(), "fact_missing"),
    )


def _segments(policy: Policy) -> tuple[pl.Expr, ...]:
    """Who can't be told counts as in: what keeps a segment from a channel is there to protect."""
    rules = []
    for hold in policy.segment_holds:
        held, member = _held(hold.channels), pl.col(column_of(hold.segment))
        rules.append(mark(held & member.fill_null(True), "segment_hold"))
        rules.append(mark(held & member.is_null(), "fact_missing"))
    return tuple(rules)


def _pauses(policy: Policy) -> tuple[pl.Expr, ...]:
    rules = []
    for channels, column, code in _paused_by(policy):
        held, stands = _held(channels), pl.col(column)
        rules.append(mark(held & stands.fill_null(True), code))
        rules.append(mark(held & stands.is_null(), "fact_missing"))
    return tuple(rules)


def _paused_by(policy: Policy) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Channels, the fact that pauses them, and the reason."""
    for reply in policy.reply_pauses:
        yield reply.channels, f"replied_{reply.name}", "reply_pause"
    for silence in policy.ignore_pauses:
        yield silence.channels, f"ignored_{silence.name}", "ignored"


def _held(channels: tuple[str, ...]) -> pl.Expr:
    return pl.col("channel").is_in(list(channels)) & promotional()


def _caps(caps: Sequence[Cap]) -> tuple[pl.Expr, ...]:
    rules = []
    for cap in caps:
        used = pl.col(f"used_{cap.name}")
        rules.append(mark(counted_by(cap) & (used >= cap.at_most).fill_null(True), "cap_reached"))
        rules.append(mark(counted_by(cap) & used.is_null(), "fact_missing"))
    return tuple(rules)


def _spacing(policy: Policy) -> tuple[pl.Expr, ...]:
    rules = []
    for rule in policy.spacing:
        near = pl.col(f"near_{rule.name}")
        ours = pl.col("channel").is_in([rule.channel, rule.other]) & promotional()
        rules.append(mark(ours & near.fill_null(True), "spacing"))
        rules.append(mark(ours & near.is_null(), "fact_missing"))
    return tuple(rules)
