"""Complaints past the policy's bound stop a channel, and only a person lets it go on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import ConfigurationError
from graph.in_force import Fixed
from policies.loading import load
from policies.reputation_limits import Reputation
from tests.feedback.conftest import Desk, event
from tests.relay.conftest import KEYED
from tools.ledger import controls

Build = Callable[..., Desk]
SECOND = timedelta(seconds=1)
PEOPLE = [f"c{number:02d}" for number in range(12)]


def bounded(at: Desk, **bounds: float) -> Desk:
    """The same desk under other bounds."""
    tower = at.house.tower
    policy = tower.loaded.policy.model_copy(update={"reputation": Reputation(**bounds)})
    loaded = replace(tower.loaded, policy=policy)
    at.house = replace(at.house, tower=replace(tower, policies=Fixed(loaded)))
    return at


def half_sent(at: Desk) -> tuple[list[str], list[str]]:
    """A campaign of which half was sent: what was, and what is due and was not yet."""
    sent = at.post.intend(*PEOPLE[:6])
    at.deliver()
    rest = at.post.intend(*PEOPLE[6:])
    at.post.clock.at += SECOND
    return sent, rest


def complain(at: Desk, keys: list[str]) -> None:
    at.tell(*(event("complained", key) for key in keys))


def paused(at: Desk) -> list[tuple[str, str]]:
    return controls.active(at.house.tower.ledger).rows()


def test_F23_a_rate_of_complaints_at_the_bound_pauses_the_rest_until_a_person_resumes(
    desk: Build,
) -> None:
    at = bounded(desk(KEYED), stop_at=0.5, warn_at=0.4)
    sent, rest = half_sent(at)

    complain(at, sent[:3])
    at.deliver()

    assert paused(at) == [("channel", "email")]
    assert {at.post.states()[key] for key in rest} == {"intent"}
    assert "3 complaints in 6 deliveries" in at.troubles()
    at.deliver(timedelta(hours=1))
    assert {at.post.states()[key] for key in rest} == {"intent"}, "time alone lets nothing go"

    with at.house.tower.ledger.write() as session:
        controls.resume(session, "channel", "email", "rita", at.post.clock.at)
    at.deliver(SECOND)

    assert {at.post.states()[key] for key in rest} == {"accepted"}
    assert at.is_sound()


def test_F23_after_a_person_resumed_complaints_are_counted_afresh(desk: Build) -> None:
    at = bounded(desk(KEYED), stop_at=0.25, warn_at=0.25)
    sent, _ = half_sent(at)
    complain(at, sent[:3])
    with at.house.tower.ledger.write() as session:
        controls.resume(session, "channel", "email", "rita", at.post.clock.at)
    at.deliver(SECOND)

    complain(at, sent[3:5])
    assert paused(at) == []

    complain(at, sent[5:6])
    assert paused(at) == [("channel", "email")]


def test_F23_below_the_bound_or_with_fewer_complaints_than_count_it_goes_on(desk: Build) -> None:
    at = bounded(desk(KEYED), stop_at=0.6, warn_at=0.5)
    sent, rest = half_sent(at)

    complain(at, sent[:2])
    assert at.troubles() == ""
    complain(at, sent[2:3])
    assert "at 60.00% it is paused" in at.troubles()
    at.deliver()

    assert paused(at) == []
    assert {at.post.states()[key] for key in rest} == {"accepted"}


def test_F23_one_complaint_told_often_is_one(desk: Build) -> None:
    at = bounded(desk(KEYED), stop_at=0.1, warn_at=0.1)
    sent, _ = half_sent(at)

    for number in range(9):
        at.tell(event("complained", sent[0], name=f"again-{number}"))

    assert paused(at) == []


def test_F23_complaints_older_than_the_window_do_not_count(desk: Build) -> None:
    at = bounded(desk(KEYED), stop_at=0.1, warn_at=0.1, window_days=7)
    sent, _ = half_sent(at)
    complain(at, sent[:2])
    at.post.clock.at += timedelta(days=8)

    complain(at, sent[2:4])

    assert paused(at) == []


def test_F23_without_a_section_of_its_own_the_policy_stops_at_a_tenth_of_a_percent(
    desk: Build,
) -> None:
    bounds = desk(KEYED).house.tower.loaded.policy.reputation

    assert (bounds.stop_at, bounds.warn_at, bounds.least_complaints) == (0.001, 0.0008, 3)


def test_a_policy_that_would_warn_after_the_stop_is_refused(desk: Build) -> None:
    file = desk(KEYED).house.tower.workspace.policy_file
    said = 'stop_at = 0.001\nwarn_at = 0.002\nowner = "a"\nreason = "b"\nsince = 2026-01-05\n'
    file.write_text(file.read_text() + "\n[reputation]\n" + said)

    with pytest.raises(ConfigurationError, match="nobody would be warned"):
        load(file)
