"""The judge: facts and a policy in, every finding against each cell out. A pure function.

Default deny: a fact that is missing closes the cell. Findings only add up, so the order of the
rules changes nothing, and no rule can open what another closed.
"""

from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import polars as pl

from domain.reasons import BIT
from policies.schema import ConsentRule, Policy, QuietHours
from policies.zones import candidate_zones

UNBOUND = ("mandatory", "transactional")
"""Classes that nothing but suppression and time stops."""
PROMOTIONAL = ("marketing",)
"""Classes that holds, caps, quiet hours and spacing are made for."""


def judge(facts: pl.DataFrame, policy: Policy, at: datetime) -> pl.Series:
    """Findings (UInt32 bits of domain.reasons.BIT) against each row of FACTS; 0 is open.

    at: the instant of judging; a cell whose own instant has passed is closed.
    """
    quiet = _quiet(facts, policy)
    rules = (
        *_standing(),
        *_consent(policy.consent),
        *_holds(policy),
        *_caps(policy),
        *_spacing(policy),
        mark(pl.col("paused").fill_null(True), "paused"),
        mark(pl.col("paused").is_null(), "fact_missing"),
        mark(pl.col("at") < at, "deadline_passed"),
    )
    found = facts.select(bits=reduce(or_, rules)).get_column("bits")
    return found | quiet


def mark(condition: pl.Expr, code: str) -> pl.Expr:
    """The finding's bit where the condition holds."""
    return pl.when(condition).then(BIT[code]).otherwise(0).cast(pl.UInt32)


def _bound() -> pl.Expr:
    return ~pl.col("class").is_in(UNBOUND)


def _promotional() -> pl.Expr:
    return pl.col("class").is_in(PROMOTIONAL)


def _standing() -> tuple[pl.Expr, ...]:
    """Suppression stops all but what must be sent; an objection stops what sells."""
    return (
        mark(pl.col("suppressed").fill_null(True) & _bound(), "erased_or_suppressed"),
        mark(pl.col("objected").fill_null(True) & _bound(), "objected"),
        mark(
            (pl.col("suppressed").is_null() | pl.col("objected").is_null()) & _bound(),
            "fact_missing",
        ),
    )


def _consent(rule: ConsentRule) -> tuple[pl.Expr, ...]:
    asked = pl.col("channel").is_in(list(rule.channels)) & ~pl.col("class").is_in(
        list(rule.exempt_classes)
    )
    state = pl.col("consent_state")
    expired = pl.col("consent_expires_at") <= pl.col("at")
    if rule.strict_after_days is not None:
        age = pl.col("at") - pl.col("consent_at")
        expired = expired | (age > timedelta(days=rule.strict_after_days))
    return (
        mark(asked & (state == "objected").fill_null(False), "objected"),
        mark(asked & (state == "withdrawn").fill_null(False), "consent_withdrawn"),
        mark(asked & (state == "granted") & expired.fill_null(False), "consent_expired"),
        mark(
            asked & ~state.is_in(["granted", "withdrawn", "objected"]).fill_null(False),
            "consent_missing",
        ),
    )


def _holds(policy: Policy) -> tuple[pl.Expr, ...]:
    complaint = _held(policy.complaint_hold.channels)
    deal = _held(policy.deal_hold.channels)
    customer = _held(policy.customer_hold.channels)
    stages = list(policy.deal_hold.stages)
    return (
        mark(complaint & pl.col("open_complaint").fill_null(True), "open_complaint"),
        mark(complaint & pl.col("open_complaint").is_null(), "fact_missing"),
        mark(deal & pl.col("deal_stage").is_in(stages).fill_null(False), "deal_hold"),
        mark(customer & pl.col("is_customer").fill_null(True), "existing_customer"),
        mark(customer & pl.col("is_customer").is_null(), "fact_missing"),
    )


def _held(channels: tuple[str, ...]) -> pl.Expr:
    return pl.col("channel").is_in(list(channels)) & _promotional()


def _caps(policy: Policy) -> tuple[pl.Expr, ...]:
    rules = []
    for cap in policy.caps:
        counted = (
            pl.col("channel").is_in(list(cap.channels))
            & ~pl.col("class").is_in(list(cap.exempt_classes))
            & _bound()
        )
        used = pl.col(f"used_{cap.name}")
        rules.append(mark(counted & (used >= cap.at_most).fill_null(True), "cap_reached"))
        rules.append(mark(counted & used.is_null(), "fact_missing"))
    return tuple(rules)


def _spacing(policy: Policy) -> tuple[pl.Expr, ...]:
    rules = []
    for rule in policy.spacing:
        near = pl.col(f"near_{rule.name}")
        ours = pl.col("channel").is_in([rule.channel, rule.other]) & _promotional()
        rules.append(mark(ours & near.fill_null(True), "spacing"))
        rules.append(mark(ours & near.is_null(), "fact_missing"))
    return tuple(rules)


def _quiet(facts: pl.DataFrame, policy: Policy) -> pl.Series:
    """Quiet hours in every zone the contact may live in, asked once per zone, country, instant."""
    places = facts.select("timezone", "country", "at").unique(maintain_order=True)
    windows = {channel: rule for rule in policy.quiet_hours for channel in rule.channels}
    bits = pl.zeros(facts.height, dtype=pl.UInt32, eager=True).alias("bits")
    for channel in sorted(windows):
        asleep = [
            quiet_somewhere(windows[channel], zone, country, at)
            for zone, country, at in places.iter_rows()
        ]
        told = places.with_columns(quiet=pl.Series(asleep, dtype=pl.Boolean))
        rows = facts.select("timezone", "country", "at", "channel", "class").join(
            told,
            on=["timezone", "country", "at"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        held = (pl.col("channel") == channel) & _promotional() & pl.col("quiet")
        bits = bits | rows.select(bits=mark(held, "quiet_hours")).get_column("bits")
    return bits


def quiet_somewhere(
    rule: QuietHours, timezone: str | None, country: str | None, at: datetime
) -> bool:
    """Whether the instant falls into quiet hours in any zone the contact may live in."""
    return any(
        _within(rule, at.astimezone(ZoneInfo(zone)).time())
        for zone in candidate_zones(timezone, country)
    )


def _within(rule: QuietHours, local: time) -> bool:
    if rule.start <= rule.end:
        return rule.start <= local < rule.end
    return local >= rule.start or local < rule.end
