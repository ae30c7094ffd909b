"""Small worlds for the judge: a whole policy, and facts of cells that nothing closes."""

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

from domain.names import ActionClass
from domain.tables import FACTS
from policies.account_limits import DealHold, Hold
from policies.consent_limits import ConsentRule
from policies.money_limits import Budget, BudgetStep, Capacity, Exploration, Exposure, Holdout
from policies.review_limits import Escalation, Review
from policies.schema import Policy
from policies.touch_limits import Cap, QuietHours, RunLimits, Spacing

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday noon in UTC, well away from quiet hours in London."""
SAID: dict[str, Any] = {"owner": "ann", "reason": "because", "since": date(2026, 1, 1)}
PLAIN: tuple[ActionClass, ...] = ("mandatory", "transactional", "inbound_response")


def cap(
    name: str,
    *channels: str,
    at_most: int = 2,
    hours: int | None = 24,
    per: str = "contact",
    **more: Any,
) -> Cap:
    return Cap.model_validate(
        {
            **SAID,
            **more,
            "name": name,
            "per": per,
            "channels": channels,
            "at_most": at_most,
            "window_hours": hours,
            "exempt_classes": (*PLAIN, "one_to_one"),
        }
    )


def spacing(name: str, channel: str, other: str, hours: int) -> Spacing:
    said = {**SAID, "name": name, "channel": channel, "other": other, "hours": hours}
    return Spacing.model_validate(said)


def quiet(start: time, end: time, *channels: str, then: str = "queue") -> QuietHours:
    said = {**SAID, "channels": channels, "start": start, "end": end, "then": then}
    return QuietHours.model_validate(said)


def sample_policy(**changes: Any) -> Policy:
    """A whole policy: e-mail, calls and ads need consent; two touches in any 24 hours; quiet from
    21 to 8; a call and an e-mail lie 24 hours apart. `changes` replace whole fields."""
    fields: dict[str, Any] = {
        "name": "sample",
        "version": 1,
        "consent": ConsentRule(channels=("email", "call", "ads"), exempt_classes=PLAIN, **SAID),
        "caps": (cap("day", "email", "call"),),
        "quiet_hours": (quiet(time(21), time(8), "email", "call"),),
        "spacing": (spacing("call_after_email", "call", "email", 24),),
        "deal_hold": DealHold(stages=("contract",), channels=("email", "ads"), **SAID),
        "complaint_hold": Hold(channels=("email", "call", "ads"), **SAID),
        "customer_hold": Hold(channels=("ads",), **SAID),
        "budgets": (Budget(pool="media", at_most=100_000, window_days=7, **SAID),),
        "budget_step": BudgetStep(max_step=0.2, **SAID),
        "capacity": Capacity(share_of_minutes=0.6, call_minutes=15.0, task_minutes=5.0, **SAID),
        "exposures": (Exposure(name="floor", theme="care", at_least=1, ceiling=100.0, **SAID),),
        "run": RunLimits(touches_per_contact=2, fatigue=(1.0, 0.7), **SAID),
        "exploration": Exploration(share=0.0, temperature=50.0, **SAID),
        "holdout": Holdout(study="always_on", share=0.05, **SAID),
        "escalation": Escalation(
            value_at_stake=1000,
            audience=100,
            relative_uncertainty=0.5,
            spend_step=0.1,
            vip_tiers=("vip",),
            late_stages=("contract",),
            first_use=True,
            prior_evidence=True,
            cumulative_value_per_day=10_000,
            **SAID,
        ),
        "review": Review(expires_hours=24, four_eyes_above=500, **SAID),
        "agents": ("email", "ads", "sales"),
    }
    return Policy(**{**fields, **changes})


OPEN_CELL: dict[str, Any] = {
    "contact_id": "ada",
    "account_id": "acme",
    "agent": "email",
    "channel": "email",
    "class": "marketing",
    "purpose": "marketing",
    "at": NOON,
    "suppressed": False,
    "objected": False,
    "shared_refusal": False,
    "consent_basis": None,
    "do_not_call": None,
    "registry_at": None,
    "consent_state": "granted",
    "consent_at": datetime(2026, 1, 5, tzinfo=UTC),
    "consent_expires_at": None,
    "country": "GB",
    "timezone": "Europe/London",
    "is_customer": False,
    "open_complaint": False,
    "deal_stage": None,
    "paused": False,
    "used_day": 0,
    "near_call_after_email": False,
}
"""A cell that sample_policy() leaves open."""
COUNTS = {"used_day": pl.UInt32(), "near_call_after_email": pl.Boolean()}


def facts_of(*changes: dict[str, Any]) -> pl.DataFrame:
    """FACTS: one row per change, each the open cell with that change."""
    schema = pl.Schema({**FACTS.schema, **COUNTS})
    return pl.DataFrame([{**OPEN_CELL, **change} for change in changes], schema=schema)
