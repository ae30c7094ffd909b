"""Time in a sample: the clock moves from event to event, and what falls due happens."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.relay import Delivered
from app.running import Progress, attend
from domain.errors import RefusedError, UsageError
from tools.ledger import effects, reviews
from tools.ledger.meta import SampleClock

if TYPE_CHECKING:
    from app.compose import House

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Moved:
    now: datetime
    delivered: Delivered
    outcomes: int
    expired: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "now": self.now.isoformat(),
            "delivered": self.delivered.as_dict(),
            "outcomes": self.outcomes,
            "reviews_expired": self.expired,
        }


def parse_duration(text: str) -> timedelta:
    """`90m`, `6h`, `2d`, `1w`. Raises UsageError for anything else."""
    found = re.fullmatch(r"(\d+)([mhdw])", text.strip())
    if not found or int(found[1]) == 0:
        raise UsageError(f"Expected a duration such as 90m, 6h or 2d, found {text!r}.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def advance(house: "House", by: timedelta, progress: Progress) -> Moved:
    """Move the sample's clock, stopping at each instant at which something falls due."""
    clock = house.tower.clock
    if not isinstance(clock, SampleClock):
        raise RefusedError(
            "Only a sample's clock can be moved; this workspace lives in real time.",
            "Run `clearance serve` to deliver what falls due.",
        )
    goal = clock.now() + by
    delivered, expired = Delivered(), 0
    for instant in [*_stops(house, clock.now(), goal), goal]:
        clock.move_to(instant)
        expired += attend(house)
        delivered += house.relay.deliver_due(progress)
    return Moved(goal, delivered, house.learner.learn(), expired)


def _stops(house: "House", since: datetime, until: datetime) -> list[datetime]:
    ledger = house.tower.ledger
    instants = {*effects.due_instants(ledger), *reviews.expiries(ledger)}
    return sorted(at for at in instants if since < at < until)
