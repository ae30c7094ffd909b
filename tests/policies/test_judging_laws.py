"""Laws of the judge: an independent checker agrees, and no guardrail makes anything milder."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reasons import findings_of
from policies.consent_limits import ConsentRule
from policies.judging import judge
from policies.schema import Policy
from policies.zones import every_zone, zones_by_country
from tests.policies.worlds import (
    NOON,
    PLAIN,
    SAID,
    cap,
    facts_of,
    quiet,
    sample_policy,
    spacing,
)

CLOCK_CHANGE = datetime(2026, 3, 27, tzinfo=UTC)
"""Three days on, Europe's clocks go forward; America's did three weeks before."""
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Nowhere/X")
PERHAPS = st.sampled_from([True, False, None])
INSTANTS = st.integers(0, 6 * 96).map(lambda n: CLOCK_CHANGE + timedelta(minutes=15 * n))

cells = st.fixed_dictionaries(
    {
        "agent": st.sampled_from(["email", "ads", "sales"]),
        "channel": st.sampled_from(["email", "call", "ads", "task"]),
        "class": st.sampled_from(
            ["mandatory", "transactional", "inbound_response", "one_to_one", "marketing"]
        ),
        "at": INSTANTS,
        "suppressed": PERHAPS,
        "objected": PERHAPS,
        "shared_refusal": PERHAPS,
        "consent_state": st.sampled_from(["granted", "granted", "withdrawn", "objected", None]),
        "consent_at": st.none() | INSTANTS.map(lambda at: at - timedelta(days=30)),
        "consent_expires_at": st.none() | INSTANTS,
        "country": st.sampled_from(["DE", "US", "AU", "XX", None]),
        "timezone": st.sampled_from([*ZONES, None]),
        "is_customer": PERHAPS,
        "open_complaint": PERHAPS,
        "deal_stage": st.sampled_from(["discovery", "contract", None]),
        "paused": PERHAPS,
        "used_day": st.sampled_from([0, 1, 2, 3, None]),
        "near_call_after_email": PERHAPS,
    }
)


def checked(cell: dict[str, Any], at: datetime, strict_days: int | None) -> set[str]:
    """What a careful person finds against one cell under sample_policy(), rule by rule."""
    found: set[str] = set()
    bound = cell["class"] not in ("mandatory", "transactional")
    selling = cell["class"] == "marketing"
    channel = cell["channel"]
    leaving = channel == "ads" and cell["class"] == "transactional"
    if cell["class"] != "mandatory" and not leaving and cell["suppressed"] is not False:
        found |= {"erased_or_suppressed"} | lacks(cell, "suppressed")
    if bound and cell["objected"] is not False:
        found |= {"objected"} | lacks(cell, "objected")
    if bound and cell["shared_refusal"] is not False:
        found |= {"shared_refusal"} | lacks(cell, "shared_refusal")
    if channel in ("email", "call", "ads") and cell["class"] not in PLAIN:
        found |= of_consent(cell, at, strict_days)
    if selling and channel in ("email", "call", "ads") and cell["open_complaint"] is not False:
        found |= {"open_complaint"} | lacks(cell, "open_complaint")
    if selling and channel in ("email", "ads") and cell["deal_stage"] == "contract":
        found.add("deal_hold")
    if selling and channel == "ads" and cell["is_customer"] is not False:
        found |= {"existing_customer"} | lacks(cell, "is_customer")
    if channel in ("email", "call"):
        if selling and (cell["used_day"] is None or cell["used_day"] >= 2):
            found |= {"cap_reached"} | lacks(cell, "used_day")
        if selling and cell["near_call_after_email"] is not False:
            found |= {"spacing"} | lacks(cell, "near_call_after_email")
        if bound and any(night(cell["at"], zone) for zone in places(cell)):
            found.add("quiet_hours")
    if cell["paused"] is not False:
        found |= {"paused"} | lacks(cell, "paused")
    if cell["at"] < at:
        found.add("deadline_passed")
    return found


def lacks(cell: dict[str, Any], name: str) -> set[str]:
    return {"fact_missing"} if cell[name] is None else set()


def of_consent(cell: dict[str, Any], at: datetime, strict_days: int | None) -> set[str]:
    match cell["consent_state"]:
        case "withdrawn":
            return {"consent_withdrawn"}
        case "objected":
            return {"objected"}
        case None:
            return {"consent_missing"}
    found = lacks(cell, "consent_at")
    ends, made = cell["consent_expires_at"], cell["consent_at"]
    if ends is not None and ends <= cell["at"]:
        found.add("consent_expired")
    if made is not None and made > at:
        found.add("consent_missing")
    if strict_days is not None and (
        made is None or cell["at"] - made > timedelta(days=strict_days)
    ):
        found.add("consent_expired")
    return found


def places(cell: dict[str, Any]) -> tuple[str, ...]:
    if cell["timezone"] in ZONES[:-1]:
        return (cell["timezone"],)
    return zones_by_country().get(cell["country"], every_zone())


def night(at: datetime, zone: str) -> bool:
    return not 8 <= at.astimezone(ZoneInfo(zone)).hour < 21


def policy_with(strict_days: int | None) -> Policy:
    return sample_policy(
        consent=ConsentRule(
            channels=("email", "call", "ads"),
            exempt_classes=PLAIN,
            strict_after_days=strict_days,
            **SAID,
        )
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(cells, min_size=1, max_size=30), INSTANTS, st.sampled_from([None, 30]))
def test_a_slow_checker_finds_the_same_in_every_cell(
    timeline: list[dict[str, Any]], at: datetime, strict_days: int | None
) -> None:
    bits = judge(facts_of(*timeline), policy_with(strict_days), at)

    found = [set(findings_of(bit)) for bit in bits]
    assert found == [checked(cell, at, strict_days) for cell in timeline]


HARDER = (
    {"caps": (cap("day", "email", "call"), cap("hour", "email", at_most=0))},
    {"caps": (cap("day", "email", "call", at_most=1),)},
    {"quiet_hours": (quiet(NOON.time(), NOON.replace(hour=8).time(), "email", "call", "ads"),)},
    {
        "spacing": (
            spacing("call_after_email", "call", "email", 24),
            spacing("ad_after_email", "ads", "email", 1),
        )
    },
    {"agents": ("email",)},
    {"consent": ConsentRule(channels=("email", "call", "ads", "task"), exempt_classes=(), **SAID)},
    {
        "consent": ConsentRule(
            channels=("email", "call", "ads"), exempt_classes=PLAIN, strict_after_days=1, **SAID
        )
    },
)


@settings(deadline=None, max_examples=60)
@given(st.lists(cells, min_size=1, max_size=20), st.sampled_from(HARDER), INSTANTS)
def test_adding_a_guardrail_never_makes_anything_milder(
    timeline: list[dict[str, Any]], harder: dict[str, Any], at: datetime
) -> None:
    facts = facts_of(*timeline)

    before = judge(facts, sample_policy(), at)
    after = judge(facts, sample_policy(**harder), at)

    assert (before & after).to_list() == before.to_list()


@settings(deadline=None, max_examples=60)
@given(st.lists(cells, min_size=1, max_size=20), st.sampled_from(["suppressed", "objected"]))
def test_knowing_less_never_makes_anything_milder(
    timeline: list[dict[str, Any]], fact: str
) -> None:
    facts = facts_of(*timeline)

    known = judge(facts, sample_policy(), CLOCK_CHANGE)
    blind = judge(facts.with_columns(pl.lit(None).alias(fact)), sample_policy(), CLOCK_CHANGE)
    homeless = judge(
        facts.with_columns(timezone=pl.lit(None), country=pl.lit(None)),
        sample_policy(),
        CLOCK_CHANGE,
    )

    assert (known & blind).to_list() == known.to_list()
    assert (known & homeless).to_list() == known.to_list()


@settings(deadline=None, max_examples=60)
@given(st.lists(cells, min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_cells_and_of_limits_changes_nothing(
    timeline: list[dict[str, Any]], draws: Any
) -> None:
    facts = facts_of(*timeline).with_columns(used_week=pl.lit(1, dtype=pl.UInt32))
    caps = (cap("day", "email", "call"), cap("week", "email", at_most=1))
    order = list(range(facts.height))
    draws.shuffle(order)

    straight = judge(facts, sample_policy(caps=caps), CLOCK_CHANGE)
    shuffled = judge(facts[order], sample_policy(caps=caps[::-1]), CLOCK_CHANGE)

    assert shuffled.to_list() == straight.gather(order).to_list()
