"""The guard: all of a connector that the relay can reach. Nothing passes it without a permit.

What it refuses was surely not sent: it is answered `later`, with the reason, and judged anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.permit import Keys, Sheet, against
from tools.clock import Clock
from tools.connectors.protocols import Delivery, Doors, Provider, Receipt, Terms


@dataclass(frozen=True)
class GuardedDoors:
    """Doors whose every provider stands behind the guard. keys: the public keys it trusts."""

    doors: Doors
    keys: Keys
    clock: Clock

    def provider(self, channel: str) -> "Guarded":
        """Who delivers on a channel, behind the guard."""
        return Guarded(self.doors.provider(channel), self.keys, self.clock)


@dataclass(frozen=True)
class Guarded:
    """One provider behind the guard; looking up and reading need no permit."""

    _provider: Provider
    keys: Keys
    clock: Clock

    @property
    def terms(self) -> Terms:
        return self._provider.terms

    def deliver(self, batch: Sequence[Delivery], sheet: Sheet) -> list[Receipt]:
        """Hand over what the sheet permits at this instant; one receipt each, in order."""
        refused = self._refused(batch, sheet)
        allowed = [one for place, one in enumerate(batch) if place not in refused]
        said = iter(self._provider.deliver(allowed) if allowed else ())
        return [refused[place] if place in refused else next(said) for place in range(len(batch))]

    def _refused(self, batch: Sequence[Delivery], sheet: Sheet) -> Mapping[int, Receipt]:
        """Receipts of those that may not go, by their place in the batch."""
        now, permits = self.clock.now(), sheet.permits(self.keys)
        forged = bool(sheet.bodies) and not permits
        reasons = {
            place: "permit_forged" if forged else against(permits.get(one.key), one, now)
            for place, one in enumerate(batch)
        }
        return {place: _later(batch[place], reason) for place, reason in reasons.items() if reason}

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        return self._provider.lookup(keys)

    def budget(self, campaign_id: str) -> int | None:
        return self._provider.budget(campaign_id)


def _later(one: Delivery, reason: str) -> Receipt:
    return Receipt(key=one.key, state="later", reason=reason, provider_ref=None)
