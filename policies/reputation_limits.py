"""Limits that mailbox providers set: complaints and the spam rate."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from policies.limit import Days, Limit, Words


class Reputation(Limit):
    """When complaints told by providers pause a channel; only a person resumes it. The one limit
    that has defaults: no policy may do without it, and mailbox providers set it."""

    owner: Words = "mailbox providers"
    reason: Words = "They ask for less than 0.10% spam complaints."
    since: date = date(2024, 2, 1)
    stop_at: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Complaints over accepted deliveries of the channel from which it is paused."""
    warn_at: Annotated[float, Field(gt=0, le=1)] = 0.0008
    window_days: Days = 7
    least_complaints: Annotated[int, Field(ge=1)] = 3
    """Fewer are chance: with 0.03% as the true share, three or more in 1,000 deliveries come
    once in 280 times, one or more once in four."""


class SpamRate(Limit):
    """When the spam rate that mailbox providers tell of our domain stops commercial email, and what
    a domain that does not prove itself may send. It has defaults, since they set them."""

    owner: Words = "mailbox providers"
    reason: Words = (
        "Google: below 0.10%, never 0.30%; bulk mail only from a domain that proves itself."
    )
    since: date = date(2024, 2, 1)
    warn_at: Annotated[float, Field(gt=0, le=1)] = 0.0008
    stop_at: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Commercial email waits until a newer figure is below."""
    hard_stop_at: Annotated[float, Field(gt=0, le=1)] = 0.003
    """All email is paused until a person resumes it."""
    known_days: Days = 4
    """How old a figure may be; an older one says nothing."""
    unknown: Literal["go_on", "wait"] = "go_on"
    """What commercial email does while the rate is unknown; `clearance status` tells of it."""
    bulk_per_day: Annotated[int, Field(ge=1)] = 5000
    """Emails in 24 hours from which a sender is a bulk sender; who once was stays one."""
