"""Who answered hears from a person first: a reply, told by webhook or imported, stops the door."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from graph.in_force import InForce
from graph.replies import replies_at
from policies.touch_limits import ReplyPause
from tests.feedback.conftest import Desk, event
from tools.warehouse.kinds import KINDS


@pytest.fixture
def pausing(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk under a policy that pauses e-mail for a week after a reply."""
    at = desk()
    pause = ReplyPause(
        name="answer_first",
        channels=("email",),
        days=7,
        owner="sales lead",
        reason="a person answers first",
        since=date(2026, 1, 1),
    )
    loaded = at.house.tower.loaded
    policy = loaded.policy.model_copy(update={"reply_pauses": (pause,)})
    monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))
    return at


def tell(at: Desk, **said: Any) -> None:
    assert at.tell(event("replied", None, "r1", contact_id="c00", channel="email", **said)) == 200


def sends(at: Desk) -> bool:
    (key,) = at.post.intend("c00")
    at.deliver()
    return bool(at.post.row(key)["state"] == "accepted")


def test_who_said_nothing_is_written_to(pausing: Desk) -> None:
    assert sends(pausing)


def test_a_reply_told_over_the_webhook_stops_the_very_next_message(pausing: Desk) -> None:
    tell(pausing, text="Yes please, what is the price?")

    assert not sends(pausing)


def test_a_reply_stops_a_message_that_was_judged_before_it_came(pausing: Desk) -> None:
    soon = timedelta(seconds=30)
    pausing.post.intend("c01")
    (key,) = pausing.post.intend("c00", slot_at=pausing.post.clock.at + soon)
    pausing.post.deliver()

    tell(pausing, text="Yes please, what is the price?")
    pausing.post.deliver(soon)

    assert pausing.post.row(key)["state"] != "accepted"


def test_an_out_of_office_is_not_a_reply(pausing: Desk) -> None:
    tell(pausing, text="I am out of the office.", automatic=True)

    assert sends(pausing)


def test_a_reply_that_was_imported_counts_until_it_is_a_week_old(pausing: Desk) -> None:
    now = pausing.post.clock.at
    columns = {name: one.dtype for name, one in KINDS["outcomes"].fields.items()}
    row = {"outcome_id": "o1", "contact_id": "c00", "kind": "reply", "at": now}
    tower = pausing.house.tower
    tower.warehouse.merge("outcomes", pl.DataFrame([row], schema=columns))

    assert replies_at(tower, now).get_column("contact_id").to_list() == ["c00"]
    assert replies_at(tower, now + timedelta(days=8)).is_empty()
    assert not sends(pausing)
