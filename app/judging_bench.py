"""The bench of the judge: candidates of many contacts against a policy of twenty limits."""

import resource
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import polars as pl

from domain.names import Channel
from domain.tables import FACTS
from policies.account_limits import Attribute, Hold, Segment, SegmentHold
from policies.judging import judge
from policies.limit import Limit
from policies.loading import load
from policies.schema import Policy
from policies.segments import column_of
from policies.touch_limits import Cap, QuietHours, Spacing

AT: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
PART: Final = 100_000
"""Contacts judged at once, so that no frame of the whole stands in memory."""
SAMPLE: Final = Path(__file__).with_name("samples") / "company.policy.toml"
ALONE: Final = 200
"""Rows that are judged a second time, each by itself."""
SAID: Final[dict[str, Any]] = {"owner": "bench", "reason": "bench", "since": date(2026, 1, 1)}
ZONES: Final = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("Europe/London", "Europe/Berlin", "Europe/Madrid", "Asia/Kolkata", "Asia/Tokyo"),
    *("Australia/Sydney", "America/Sao_Paulo", None),
)
COUNTRIES: Final = (*("US",) * 4, "GB", "DE", "ES", "IN", "JP", "AU", "BR", None)
CHANNELS: Final[tuple[Channel, ...]] = ("email", "call", "sms", "ads")
ASLEEP_FROM: Final[dict[Channel, int]] = {"email": 21, "call": 18, "sms": 20}
APART: Final[tuple[tuple[Channel, Channel, int], ...]] = (
    ("call", "email", 24),
    ("sms", "email", 12),
    ("sms", "call", 12),
    ("ads", "call", 6),
)
CLASSES: Final = (*("marketing",) * 7, "transactional", "one_to_one", "inbound_response")


def bench_judging(
    contacts: int, candidates: int, seed: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Seconds of judging every candidate of every contact, part after part; making them is not in
    it. Some rows are judged again, each alone: the door and the run must say the same."""
    strict = with_twenty_limits(load(SAMPLE).policy)
    took, closed, otherwise = 0.0, 0, 0
    for part, facts in enumerate(_parts(strict, contacts, candidates, seed)):
        began = perf_counter()
        bits = judge(facts, strict, AT)
        took += perf_counter() - began
        closed += int((bits != 0).sum())
        otherwise += _otherwise_alone(facts, bits, strict) if part == 0 else 0
        progress(f"judged {(part + 1) * PART:,} contacts in {took:.1f} s")
    return {
        "contacts": contacts,
        "candidates": contacts * candidates,
        "limits": len(limits_of(strict)),
        "seconds": round(took, 3),
        "closed": closed,
        "judged_otherwise_alone": otherwise,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def with_twenty_limits(policy: Policy) -> Policy:
    """The policy with as many caps, quiet hours, spacings and holds as make twenty limits with its
    consent and its three holds of facts."""
    hold = Hold(channels=("email", "call", "ads"), **SAID)
    return policy.model_copy(
        update={
            "complaint_hold": hold,
            "caps": tuple(_caps()),
            "quiet_hours": tuple(
                QuietHours(channels=(one,), start=time(hour), end=time(8), **SAID)
                for one, hour in ASLEEP_FROM.items()
            ),
            "spacing": tuple(
                Spacing(name=f"{one}_{other}", channel=one, other=other, hours=hours, **SAID)
                for one, other, hours in APART
            ),
            "attributes": (Attribute(name="age", kind="number"),),
            "segments": tuple(
                Segment(name=name, where="is_customer", **SAID) for name in ("minors", "churned")
            ),
            "segment_holds": tuple(
                SegmentHold(segment=name, channels=("email", "sms", "ads"), **SAID)
                for name in ("minors", "churned")
            ),
        }
    )


def _caps() -> Iterator[Cap]:
    every = (("email", 3, 168), ("call", 2, 168), ("sms", 2, 168), ("ads", 20, 168))
    for channel, at_most, hours in every:
        yield _cap(f"{channel}_week", "contact", (channel,), at_most, hours)
    yield _cap("all_day", "contact", ("email", "call", "sms"), 2, 24)
    yield _cap("all_month", "contact", ("email", "call", "sms"), 12, 720)
    yield _cap("account_week", "account", ("email", "call"), 14, 168)


def _cap(name: str, per: str, channels: tuple[str, ...], at_most: int, hours: int) -> Cap:
    return Cap.model_validate(
        {
            **SAID,
            "name": name,
            "per": per,
            "channels": channels,
            "at_most": at_most,
            "window_hours": hours,
            "exempt_classes": ("transactional", "one_to_one"),
        }
    )


def limits_of(policy: Policy) -> list[Limit]:
    """The limits that the judge holds every candidate against."""
    several = (policy.caps, policy.quiet_hours, policy.spacing, policy.segment_holds)
    holds = (policy.consent, policy.deal_hold, policy.complaint_hold, policy.customer_hold)
    return [*holds, *(one for limits in several for one in limits)]


def _parts(policy: Policy, contacts: int, candidates: int, seed: int) -> Iterator[pl.DataFrame]:
    """FACTS of the candidates, PART contacts at a time."""
    draw = np.random.default_rng(seed)
    for first in range(0, contacts, PART):
        count = min(PART, contacts - first)
        people = _people(first, count, draw)
        yield _cells(people, candidates, policy, draw)


def _people(first: int, count: int, draw: np.random.Generator) -> pl.DataFrame:
    """What is the same for all candidates of a contact."""
    zone = draw.integers(0, len(ZONES), count)
    granted = ("granted", "granted", "granted", "withdrawn", None)
    return pl.DataFrame(
        {
            "number": np.arange(first, first + count),
            "suppressed": draw.random(count) < 0.01,
            "objected": draw.random(count) < 0.03,
            "do_not_call": draw.random(count) < 0.1,
            "shared_refusal": draw.random(count) < 0.01,
            "consent_state": _drawn(granted, draw, count),
            "age": draw.integers(1, 20_000, count),
            "timezone": pl.Series(ZONES)[zone],
            "country": pl.Series(COUNTRIES)[zone],
            "is_customer": draw.random(count) < 0.3,
            "open_complaint": draw.random(count) < 0.01,
            "deal_stage": _drawn((None, None, None, "contract"), draw, count),
        }
    ).with_columns(
        contact_id=pl.format("contact-{}", "number"),
        account_id=pl.format("account-{}", pl.col("number") // 5),
        consent_at=pl.lit(AT) - pl.duration(hours="age"),
        consent_basis=pl.lit("express_written"),
        registry_at=pl.lit(AT),
    )


def _cells(
    people: pl.DataFrame, candidates: int, policy: Policy, draw: np.random.Generator
) -> pl.DataFrame:
    """FACTS of each contact's candidates, with what the policy counts behind."""
    rows = people.height * candidates
    spread = pl.Series(np.repeat(np.arange(people.height), candidates))
    hours = draw.integers(0, 48, rows)
    counts = {f"used_{cap.name}": draw.integers(0, cap.at_most + 1, rows) for cap in policy.caps}
    nears = {f"near_{rule.name}": draw.random(rows) < 0.05 for rule in policy.spacing}
    members = {column_of(one.name): draw.random(rows) < 0.1 for one in policy.segments}
    return FACTS.conform(
        people[spread]
        .with_columns(hours=pl.Series(hours))
        .with_columns(
            pl.lit("email").alias("agent"),
            pl.lit("marketing").alias("purpose"),
            pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("consent_expires_at"),
            pl.lit(False).alias("paused"),
            _drawn(CHANNELS, draw, rows).alias("channel"),
            _drawn(CLASSES, draw, rows).alias("class"),
            (pl.lit(AT) + pl.duration(hours="hours")).alias("at"),
            *(pl.Series(name, drawn).cast(pl.UInt32) for name, drawn in counts.items()),
            *(pl.Series(name, drawn) for name, drawn in {**nears, **members}.items()),
        )
        .drop("number", "age", "hours")
    )


def _drawn(names: Sequence[str | None], draw: np.random.Generator, count: int) -> pl.Series:
    return pl.Series(names, dtype=pl.String)[draw.integers(0, len(names), count)]


def _otherwise_alone(facts: pl.DataFrame, bits: pl.Series, policy: Policy) -> int:
    """Rows that are found otherwise when nobody else is judged with them."""
    rows = np.linspace(0, facts.height - 1, ALONE).astype(int).tolist()
    return sum(judge(facts[row : row + 1], policy, AT)[0] != bits[row] for row in rows)
