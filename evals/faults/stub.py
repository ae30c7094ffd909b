"""A provider in a file, until the judge serves: each call goes well or wrong as the plan says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from evals.faults.plans import ProviderKind
from evals.faults.shared import MODE, Shared
from tools.connectors.protocols import Delivery, Provider, Receipt, Terms
from tools.connectors.responses import EMPTY
from tools.connectors.sandbox import Sandbox

ACTS_FIRST = ("drop", "error_500", "hang")


@dataclass(frozen=True)
class StubDoors:
    folder: Path
    kinds: dict[str, ProviderKind]
    modes: tuple[str, ...]
    shared: Shared

    def provider(self, channel: str) -> Provider:
        return _Stub(self, channel, self.kinds.get(channel, "keyed"))

    def register_ghosts(self, withheld: pl.DataFrame) -> None:
        Sandbox(self.folder).register_ghosts(withheld)

    def outcomes_until(self, _: datetime) -> pl.DataFrame:
        return pl.DataFrame(schema=EMPTY)


@dataclass(frozen=True)
class _Stub:
    doors: StubDoors
    channel: str
    kind: ProviderKind

    @property
    def terms(self) -> Terms:
        return Terms(
            provider=f"{self.channel}-{self.kind}",
            keys=self.kind == "keyed",
            lookup=self.kind != "blind",
        )

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        box = Sandbox(self.doors.folder)
        mode = self._mode()
        if mode in ("too_many", "refused"):
            return [
                Receipt(
                    key=one.key,
                    state="later",
                    reason=None,
                    provider_ref=None,
                    unreachable=mode == "refused",
                )
                for one in batch
            ]
        if mode in ACTS_FIRST:
            box.deliver(batch)
            return [
                Receipt(key=one.key, state="unknown", reason=None, provider_ref=None)
                for one in batch
            ]
        if mode == "partial":
            half = len(batch) // 2
            return box.deliver(batch[:half]) + [
                Receipt(key=one.key, state="unknown", reason=None, provider_ref=None)
                for one in batch[half:]
            ]
        return box.deliver(batch)

    def _mode(self) -> str:
        number = self.doors.shared.count(MODE) - 1
        return self.doors.modes[number] if number < len(self.doors.modes) else "ok"

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        return Sandbox(self.doors.folder).lookup(keys)

    def budget(self, campaign_id: str) -> int | None:
        return Sandbox(self.doors.folder).budget(campaign_id)
