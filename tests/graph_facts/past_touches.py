"""Past touches for tests: plain ones, and what a policy tells of them."""

from datetime import datetime
from typing import Any

import polars as pl

from domain.tables import INSTANT
from graph.past_collisions import collide
from graph.past_known import Past
from policies.schema import Policy
from tests.policies.worlds import sample_policy

COLUMNS = pl.Schema(
    {
        "touch_id": pl.String(),
        "contact_id": pl.String(),
        "account_id": pl.String(),
        "channel": pl.String(),
        "treatment_id": pl.String(),
        "class": pl.String(),
        "at": INSTANT,
        "source": pl.String(),
        "timezone": pl.String(),
        "country": pl.String(),
    }
)


def touch(name: str, at: datetime, **change: Any) -> dict[str, Any]:
    """A marketing e-mail of the mailer to ada of acme, changed."""
    plain = {
        "touch_id": name,
        "contact_id": "ada",
        "account_id": "acme",
        "channel": "email",
        "class": "marketing",
        "at": at,
        "source": "mailer",
        "timezone": "Europe/London",
        "country": "GB",
    }
    return {**plain, **change}


def found(
    policy: Policy, *touches: dict[str, Any], past: Past | None = None
) -> list[tuple[str, str, str | None]]:
    """touch, rule and whose touch it ran into, by touch and rule."""
    rows = collide(pl.DataFrame(list(touches), schema=COLUMNS), policy, past)
    return sorted(rows.iter_rows(), key=lambda row: (row[0], row[1]))


def only(**changes: Any) -> Policy:
    """A policy without caps, spacings and quiet hours but for these."""
    return sample_policy(**{"caps": (), "spacing": (), "quiet_hours": (), **changes})
