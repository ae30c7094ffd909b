"""Touches that nobody reacted to, of ours and of other tools, stop the door; a click opens it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from graph.ignoring import ignored_at
from graph.in_force import InForce
from policies.touch_limits import IgnorePause
from tests.feedback.conftest import Desk, event
from tools.warehouse.kinds import KINDS

DAY = timedelta(days=1)


@pytest.fixture
def resting(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk under a policy that leaves alone who ignored two e-mails within 20 days."""
    at = desk()
    pause = IgnorePause(
        name="silence",
        channels=("email",),
        after=2,
        within_days=20,
        pause_days=30,
        owner="lifecycle lead",
        reason="silence is an answer",
        since=date(2026, 1, 1),
    )
    loaded = at.house.tower.loaded
    policy = loaded.policy.model_copy(update={"ignore_pauses": (pause,)})
    monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))
    return at


def came(desk: Desk, table: str, **said: Any) -> None:
    columns = {name: one.dtype for name, one in KINDS[table].fields.items()}
    row = {"contact_id": "c00", **said}
    desk.house.tower.warehouse.merge(table, pl.DataFrame([row], schema=columns))


def ignores(at: Desk, *ages: int, **said: Any) -> None:
    """Another tool sent e-mails so many days ago."""
    for age in ages:
        when = at.post.clock.at - age * DAY
        plain = {"touch_id": f"t{age}", "channel": "email", "at": when, "source": "mailer"}
        came(at, "touches", **{**plain, **said})


def sends(at: Desk, **change: Any) -> bool:
    (key,) = at.post.intend("c00", **change)
    at.deliver()
    return bool(at.post.row(key)["state"] == "accepted")


def alone(at: Desk) -> list[str]:
    found = ignored_at(at.house.tower, at.post.clock.at)
    return found.get_column("contact_id").to_list()


def test_one_ignored_touch_is_not_enough(resting: Desk) -> None:
    ignores(resting, 15)

    assert sends(resting)


def test_two_ignored_touches_of_another_tool_stop_the_next_message(resting: Desk) -> None:
    ignores(resting, 25, 20)

    assert not sends(resting)
    assert resting.post.row("e-c00")["reason"] == "ignored"


def test_a_message_of_ours_that_went_counts_as_well(resting: Desk) -> None:
    ignores(resting, 15)
    assert sends(resting)

    found = ignored_at(resting.house.tower, resting.post.clock.at, ["c00"])

    assert found.get_column("until").to_list() == [resting.post.clock.at + 30 * DAY]
    assert ignored_at(resting.house.tower, resting.post.clock.at + 51 * DAY).is_empty()


@pytest.mark.parametrize("kind", ["visit", "click", "reply", "purchase"])
def test_a_reaction_that_was_imported_lifts_it(resting: Desk, kind: str) -> None:
    ignores(resting, 25, 20)
    came(resting, "outcomes", outcome_id="o1", kind=kind, at=resting.post.clock.at - DAY)

    assert sends(resting)


@pytest.mark.parametrize("kind", ["unsubscribe", "bounce", "open"])
def test_who_turns_away_or_whose_mailbox_opens_did_not_react(resting: Desk, kind: str) -> None:
    ignores(resting, 25, 20)
    came(resting, "outcomes", outcome_id="o1", kind=kind, at=resting.post.clock.at - DAY)

    assert not sends(resting)


def test_a_click_told_over_the_webhook_lifts_it_and_an_opening_does_not(resting: Desk) -> None:
    ignores(resting, 25, 20)
    when = (resting.post.clock.at - DAY).isoformat()
    said = {"contact_id": "c00", "channel": "email", "at": when}

    assert resting.tell(event("opened", None, "o1", **said)) == 200
    assert alone(resting) == ["c00"]
    assert resting.tell(event("clicked", None, "k1", **said)) == 200
    assert alone(resting) == []


def test_what_did_not_sell_was_not_ignored(resting: Desk) -> None:
    ignores(resting, 25, 20, **{"class": "transactional"})

    assert sends(resting)


def test_a_contact_left_alone_by_chance_ignored_nothing(resting: Desk) -> None:
    ignores(resting, 25, 20, treatment_id="nothing")

    assert sends(resting)
