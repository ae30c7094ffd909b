"""The tiny workspace, its relay's post, and a provider that tells of deliveries by itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import polars as pl
import pytest

from app import running
from app.compose import House
from app.effect_desk import troubles
from app.signing import Senders, signature
from app.webhooks import receive
from tests.relay.conftest import KEYED, Post, house, planted, post, tower
from tools.connectors.protocols import Terms
from tools.ledger import consents, feedback
from tools.ledger.verify import verify

__all__ = ["house", "planted", "post", "tower"]
SECRET = "shared with the twin"
NOTHING = timedelta()


def event(
    kind: str, key: str | None = None, name: str | None = None, **more: Any
) -> dict[str, Any]:
    """An event about an effect, in the protocol's words; named after both unless it has a name."""
    plain = {"event_id": name or f"{key}-{kind}", "kind": kind, "at": "2026-03-02T14:00:00+00:00"}
    return {**plain, "key": key, **more}


@dataclass
class Desk:
    """A house, its post, and the provider's calls to it."""

    house: House
    post: Post
    answers: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, *events: Any, **how: Any) -> int:
        """One signed call with these events; its status."""
        return self.call(json.dumps({"events": events}).encode(), **how)

    def call(
        self,
        body: bytes,
        provider: str = "twin",
        secret: str = SECRET,
        age: timedelta = NOTHING,
    ) -> int:
        seconds = str(int((self.post.clock.at - age).timestamp()))
        header = f"t={seconds},v1={signature(secret, seconds, body)}"
        status, answer = receive(self.house, provider, header, body)
        self.answers.append(answer)
        return status

    @property
    def answer(self) -> dict[str, Any]:
        return self.answers[-1]

    def deliver(self, later: timedelta = NOTHING) -> None:
        """The house's tick, so much later."""
        self.post.clock.at += later
        running.deliver(replace(self.house, relay=self.post.relay), self.post.words.append)

    def told(self) -> dict[str, str]:
        """State of every event that was kept."""
        schema = {"event_id": pl.String, "state": pl.String}
        rows = self.house.tower.ledger.frame("SELECT event_id, state FROM feedback", schema)
        return dict(rows.iter_rows())

    def lines(self) -> int:
        """Lines of the audit."""
        counted = self.house.tower.ledger.frame("SELECT count(*) FROM audit", {"n": pl.Int64})
        return int(counted.item())

    def consent(self, contact: str, channel: str = "email") -> str:
        """The statement that stands."""
        rows = consents.standing(self.house.tower.ledger, contact_ids=[contact])
        return str(rows.filter(pl.col("channel") == channel).item(0, "state"))

    def troubles(self) -> str:
        return " ".join(troubles(self.house))

    def is_sound(self) -> bool:
        """The record agrees with itself."""
        tower = self.house.tower
        return all(one.ok for one in verify(tower.ledger, tower.workspace.runs_folder))

    def about(self, key: str) -> pl.DataFrame:
        return feedback.about(self.house.tower.ledger, key)


@pytest.fixture
def desk(house: House, post: Callable[..., Post]) -> Callable[..., Desk]:
    """A desk at a provider of these terms: `desk(NEITHER)`."""

    def build(house: House, terms: Terms = KEYED, **change: Any) -> Desk:
        return Desk(house, post(terms, **change))

    return partial(build, replace(house, senders=Senders({"twin": SECRET})))
