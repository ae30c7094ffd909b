"""Doors of a fault run: the product's own HTTP connector, on the judge, going wrong as planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import httpx
import polars as pl

from evals.faults.judge_ledger import KINDS
from evals.faults.plans import ProviderKind
from evals.faults.shared import MODE, Shared
from tools.connectors.http import HttpProvider, client_for
from tools.connectors.protocols import Delivery, Provider, Receipt, Terms
from tools.connectors.responses import EMPTY

NOWHERE: Final = "http://127.0.0.1:1"
"""A port that nobody listens on: what `refused` calls."""
TIMEOUT: Final = 0.2


@dataclass(frozen=True)
class JudgeDoors:
    """`kinds`: the kind of provider of each channel; a channel without one is keyed. `modes`: one
    for each of the run's first deliveries, whoever makes them, in turn; then all goes well. Made
    after the fork: it keeps connections."""

    url: str
    kinds: Mapping[str, ProviderKind]
    modes: tuple[str, ...]
    shared: Shared
    timeout: float = TIMEOUT
    _made: dict[str, Provider] = field(default_factory=dict)

    def provider(self, channel: str) -> Provider:
        if channel not in self._made:
            self._made[channel] = _Judged(self, channel, self.kinds.get(channel, "keyed"))
        return self._made[channel]

    def register_ghosts(self, withheld: pl.DataFrame) -> None:
        """Nobody's outcomes are told here."""

    def outcomes_until(self, _: datetime) -> pl.DataFrame:
        return pl.DataFrame(schema=EMPTY)


def terms_of(channel: str, kind: str) -> Terms:
    """What the judge's provider of a kind promises."""
    found = KINDS[kind]
    return Terms(
        provider=f"{channel}-{kind}", keys=found.keys, key_hours=found.hours, lookup=found.lookup
    )


class _Judged:
    """One channel's provider: every delivery says how it is to go wrong."""

    def __init__(self, doors: JudgeDoors, channel: str, kind: str) -> None:
        self.doors = doors
        self.terms_ = terms_of(channel, kind)
        client = client_for(doors.url, self.terms_)
        client.event_hooks = {"request": [self._say]}
        url = f"{doors.url}/{kind}"
        self.there = HttpProvider(url, self.terms_, timeout=doors.timeout, client=client)
        self.gone = HttpProvider(NOWHERE, self.terms_, timeout=doors.timeout)
        self.mode = "ok"

    @property
    def terms(self) -> Terms:
        return self.terms_

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        number = self.doors.shared.count(MODE) - 1
        modes = self.doors.modes
        self.mode = modes[number] if number < len(modes) else "ok"
        return (self.gone if self.mode == "refused" else self.there).deliver(batch)

    def _say(self, request: httpx.Request) -> None:
        if request.url.path.endswith("/deliveries"):
            request.headers["X-Judge-Mode"] = self.mode

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        return self.there.lookup(keys)

    def budget(self, campaign_id: str) -> int | None:
        return self.there.budget(campaign_id)
