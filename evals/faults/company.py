"""A tiny company as rows: a dozen people in two zones, their accounts, what was sent and spent."""

from datetime import datetime, timedelta
from typing import Any, Final

REVIEWERS: Final = ("rita", "ravi", "rosa", "remo")
ZONES: Final = (("DE", "Europe/Berlin"), ("US", "America/New_York"))
PLAIN: Final = ("acme", "blue", "cord")
"""Accounts without anything special; vip and deal are the two that make people look."""
CURVES: Final = (("search_ads", 3_600_000, 200_000), ("social_ads", 420_000, 160_000))
"""Campaign, the revenue it comes near, and the spend that brings half of it; minor units a week."""


def tables(at: datetime) -> dict[str, list[dict[str, Any]]]:
    """Rows by kind of the warehouse, as of an instant; money in minor units."""
    return {
        "contacts": people(at),
        "accounts": _accounts(),
        "people": _staff(),
        "campaigns": _campaigns(at),
        "treatments": _treatments(at),
        "sequences": _sequences(),
        "enrolments": _enrolments(at),
        "deals": _deals(at),
        "deal_stages": _stages(at),
        "touches": _touches(at),
        "spend": _spend(at),
    }


def people(at: datetime) -> list[dict[str, Any]]:
    """Fourteen people; whose address stands in a log or checkpoint has leaked."""
    accounts = [*PLAIN * 3, "vip", "vip", "vip", "deal", "deal"]
    return [
        {
            "contact_id": f"c{i:02d}",
            "account_id": account,
            "name": f"Person{i:02d} Secretname",
            "email": f"person{i:02d}@leak.example",
            "phone": f"+1555010{i:04d}",
            "country": ZONES[i % 2][0],
            "timezone": ZONES[i % 2][1],
            "created_at": at - timedelta(days=90),
        }
        for i, account in enumerate(accounts)
    ]


def _accounts() -> list[dict[str, Any]]:
    return [
        {
            "account_id": name,
            "name": name.title(),
            "tier": "vip" if name == "vip" else "standard",
            "sdr": "sven",
            "ae": "anna",
        }
        for name in (*PLAIN, "vip", "deal")
    ]


def _staff() -> list[dict[str, Any]]:
    roles = [(one, "reviewer") for one in REVIEWERS]
    roles += [("sven", "sdr"), ("anna", "ae"), ("olga", "operator")]
    return [
        {"person_id": one, "role": role, "name": one.title(), "minutes_per_day": 240.0}
        for one, role in roles
    ]


def _campaigns(at: datetime) -> list[dict[str, Any]]:
    channels = {
        "spring": "email",
        "launch": "email",
        "deal_desk": "call",
        "search_ads": "ads",
        "social_ads": "ads",
    }
    return [
        {
            "campaign_id": name,
            "name": name,
            "channel": channel,
            "objective": "pipeline",
            "priority": 1.0,
            "starts_at": at - timedelta(days=400),
            "ends_at": at + timedelta(days=400),
        }
        for name, channel in channels.items()
    ]


def _treatments(at: datetime) -> list[dict[str, Any]]:
    rows = (
        ("spring_mail", "email", "spring", "marketing"),
        ("launch_mail", "email", "launch", "marketing"),
        ("call_deal", "call", "deal_desk", "one_to_one"),
    )
    return [
        {
            "treatment_id": name,
            "channel": channel,
            "campaign_id": campaign,
            "class": kind,
            "approval": "approved",
            "approved_until": at + timedelta(days=180),
        }
        for name, channel, campaign, kind in rows
    ]


def _sequences() -> list[dict[str, Any]]:
    return [
        {
            "sequence_id": name,
            "step": 1,
            "channel": "email",
            "treatment_id": f"{name}_mail",
            "wait_hours": 0,
        }
        for name in ("spring", "launch")
    ]


def _enrolments(at: datetime) -> list[dict[str, Any]]:
    """Half of the plain accounts' people get the known mail, the others one never sent before."""
    return [
        {
            "contact_id": row["contact_id"],
            "sequence_id": "launch" if row["account_id"] == "cord" else "spring",
            "step": 1,
            "state": "active",
            "entered_at": at - timedelta(days=9),
            "next_at": at + timedelta(hours=3 * (i % 2)),
        }
        for i, row in enumerate(people(at))
    ]


def _deals(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "deal_id": "D1",
            "account_id": "deal",
            "contact_id": "c12",
            "amount": 5_000_000,
            "owner": "anna",
            "opened_at": at - timedelta(days=30),
        }
    ]


def _stages(at: datetime) -> list[dict[str, Any]]:
    return [{"deal_id": "D1", "stage": "negotiation", "at": at - timedelta(days=3)}]


def _touches(at: datetime) -> list[dict[str, Any]]:
    """Known treatments were sent before, long ago; `launch_mail` never was."""
    sent = (("spring_mail", "email"), ("call_deal", "call"))
    return [
        {
            "touch_id": f"t-{treatment}",
            "contact_id": "c00",
            "channel": channel,
            "treatment_id": treatment,
            "class": "marketing",
            "at": at - timedelta(days=40),
        }
        for treatment, channel in sent
    ]


def _spend(at: datetime) -> list[dict[str, Any]]:
    """Thirty weeks of two campaigns on concave curves, so that both budgets would move."""
    rows = []
    for campaign, scale, half in CURVES:
        for week in range(30):
            spend = 100_000 + (week * 37_000) % 160_000
            rows.append(
                {
                    "campaign_id": campaign,
                    "platform": campaign.split("_")[0],
                    "date": at - timedelta(days=7 * (30 - week), hours=14),
                    "spend": spend,
                    "revenue": round(scale * spend / (half + spend)),
                    "clicks": spend / 90.0,
                    "impressions": spend / 1.2,
                    "conversions": spend / 4000.0,
                }
            )
    return rows


def consents(at: datetime) -> list[dict[str, Any]]:
    """Everybody said yes to marketing on every channel, two months ago."""
    return [
        {
            "contact_id": row["contact_id"],
            "channel": channel,
            "purpose": "marketing",
            "state": "granted",
            "basis": "opt-in form",
            "text_version": "1",
            "source": "made up",
            "at": at - timedelta(days=60),
        }
        for row in people(at)
        for channel in ("email", "call", "ads")
    ]
