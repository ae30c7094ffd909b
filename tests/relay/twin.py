"""A provider in memory: what it acted on, and how its next calls go."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from domain.errors import ProviderError
from tools.connectors.protocols import Delivery, Provider, Receipt, Terms
from tools.connectors.responses import EMPTY

Mode = Callable[["Twin", Sequence[Delivery]], list[Receipt]]


def said(key: str, state: str, **more: object) -> Receipt:
    plain = {"key": key, "state": state, "reason": None, "provider_ref": None}
    return Receipt.model_validate({**plain, **more})


def well(twin: "Twin", batch: Sequence[Delivery]) -> list[Receipt]:
    """It acts and says so."""
    for one in batch:
        twin.act(one)
    return [said(one.key, "accepted", provider_ref=f"ref-{one.key}") for one in batch]


def acts_and_is_not_heard(twin: "Twin", batch: Sequence[Delivery]) -> list[Receipt]:
    """It acts; the answer is lost."""
    well(twin, batch)
    return [said(one.key, "unknown") for one in batch]


def does_nothing_and_is_not_heard(_: "Twin", batch: Sequence[Delivery]) -> list[Receipt]:
    return [said(one.key, "unknown") for one in batch]


def is_not_reached(_: "Twin", batch: Sequence[Delivery]) -> list[Receipt]:
    return [said(one.key, "later", unreachable=True) for one in batch]


def refuses(_: "Twin", batch: Sequence[Delivery]) -> list[Receipt]:
    return [said(one.key, "failed", reason="no such mailbox") for one in batch]


def asks_to_wait(seconds: float) -> Mode:
    return lambda _, batch: [said(one.key, "later", retry_after=seconds) for one in batch]


def does_the_first(count: int) -> Mode:
    """The rest of the batch may be tried again."""

    def mode(twin: "Twin", batch: Sequence[Delivery]) -> list[Receipt]:
        rest = [said(one.key, "later") for one in batch[count:]]
        return [*well(twin, batch[:count]), *rest]

    return mode


@dataclass
class Twin:
    """Every channel's provider. `modes`: how the next calls go, in turn; then all goes well."""

    terms: Terms
    modes: list[Mode] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    """How often it acted on each key; once, where it knows keys."""
    letters: dict[str, Delivery] = field(default_factory=dict)
    """What it acted on last under each key, whole."""
    budgets: dict[str, int] = field(default_factory=dict)
    shows_late: list[int] = field(default_factory=list)
    """What it shows of budgets for the next readings, before what is true."""
    blind: bool = False
    """Look-ups and readings don't get through."""

    def provider(self, channel: str) -> Provider:
        return self

    def act(self, one: Delivery) -> None:
        self.letters[one.key] = one
        if self.terms.keys and self.acts[one.key]:
            return
        self.acts[one.key] += 1
        if one.amount is not None:
            self.budgets[one.campaign_id] = one.amount

    def deliver(self, batch: Sequence[Delivery]) -> list[Receipt]:
        self.calls.append([one.key for one in batch])
        mode = self.modes.pop(0) if self.modes else well
        return mode(self, batch)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        self._ask()
        return {key: said(key, "accepted") for key in keys if self.acts[key]}

    def budget(self, campaign_id: str) -> int | None:
        self._ask()
        return self.shows_late.pop(0) if self.shows_late else self.budgets.get(campaign_id)

    def _ask(self) -> None:
        if self.blind:
            raise ProviderError("It can't be asked.", "Try later.")

    def register_ghosts(self, withheld: pl.DataFrame) -> None:
        return None

    def outcomes_until(self, at: datetime) -> pl.DataFrame:
        return pl.DataFrame(schema=EMPTY)
