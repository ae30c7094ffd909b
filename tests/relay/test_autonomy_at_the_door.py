"""An agent that may only watch from now on: what it queued before stops at the door."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import update

from graph.in_force import Fixed
from policies.review_limits import Autonomy
from tests.policies.worlds import SAID
from tests.relay.conftest import Post
from tests.relay.test_budgets import see
from tools.ledger.models import EffectRow

Build = Callable[..., Post]


def tighten(at: Post, agent: str, level: str, *channels: str, **changes: Any) -> None:
    """Another policy is in force from now on."""
    said = {**SAID, "agent": agent, "level": level, "channels": channels}
    entries = (Autonomy.model_validate(said),)
    policy = at.tower.loaded.policy.model_copy(update={"autonomy": entries, **changes})
    at.tower = replace(at.tower, policies=Fixed(replace(at.tower.loaded, policy=policy)))
    at.restart()


def test_what_is_queued_stops_once_its_agent_only_watches(post: Build) -> None:
    at = post()
    (key,) = at.intend("c00")
    tighten(at, "email", "watch")

    at.deliver()

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "only_watching")


@pytest.mark.parametrize(
    ("agent", "level", "channel"),
    [("email", "watch", "sms"), ("sales", "watch", "email"), ("email", "act", "email")],
)
def test_who_watches_elsewhere_or_acts_is_delivered(
    post: Build, agent: str, level: str, channel: str
) -> None:
    at = post()
    (key,) = at.intend("c00")
    tighten(at, agent, level, channel)

    at.deliver()

    assert at.twin.calls == [[key]]


def test_a_budget_that_is_queued_is_not_set_once_the_ads_agent_only_watches(post: Build) -> None:
    at = post()
    see(at, 100_000)
    key = at.intend_budget(120_000)
    tighten(at, "ads", "watch", "ads")

    at.deliver()

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "only_watching")


def test_a_budget_of_an_agent_that_may_not_act_any_more_is_not_set(post: Build) -> None:
    at = post()
    see(at, 100_000)
    key = at.intend_budget(120_000)
    tighten(at, "ads", "act", agents=("email", "sales"))

    at.deliver()

    assert at.twin.calls == []
    assert at.row(key)["reason"] == "agent_not_allowed"


def test_a_person_may_undo_what_the_agent_did_before_it_only_watched(post: Build) -> None:
    at = post()
    see(at, 100_000)
    key = at.intend_budget(120_000)
    with at.tower.ledger.write() as session:
        session.connection().execute(update(EffectRow).values(undoes="b-earlier"))
    tighten(at, "ads", "watch")

    at.deliver()

    assert at.twin.calls == [[key]]
