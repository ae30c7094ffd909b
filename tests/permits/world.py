"""A delivery, and the permit that lets it out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.payload import payload_hash
from domain.permit import ConsentNamed, Permit
from tools.connectors.protocols import Delivery

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def delivery(**change: object) -> Delivery:
    said = {
        "key": "e1",
        "channel": "email",
        "contact_id": "C1",
        "campaign_id": "spring",
        "treatment": "spring_mail",
        "amount": None,
        "payload_hash": "",
        "at": NOW,
    }
    return Delivery.model_validate(said | change)


def permit(**change: object) -> Permit:
    said = {
        "effect_id": "e1",
        "payload_hash": payload_hash("email", "C1", "spring", "spring_mail", None),
        "channel": "email",
        "action_class": "marketing",
        "purpose": "marketing",
        "consent": ConsentNamed(consent_id=7, version="v3"),
        "no_consent": None,
        "policy_hash": "cd" * 32,
        "approval": None,
        "judged_at": NOW,
        "expires_at": NOW + timedelta(minutes=2),
    }
    return Permit.model_validate(said | change)
