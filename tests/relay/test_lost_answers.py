"""Deaths and lost answers: each effect happens once, or a person is asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.relay.conftest import KEYED, LOOKED_UP, NEITHER, Post
from tests.relay.twin import (
    Mode,
    acts_and_is_not_heard,
    asks_to_wait,
    does_nothing_and_is_not_heard,
    is_not_reached,
    refuses,
)
from tools.connectors.protocols import Terms
from tools.ledger import consents
from tools.ledger.models import LeaseRow

Build = Callable[..., Post]
EVERY = pytest.mark.parametrize("terms", [KEYED, LOOKED_UP, NEITHER], ids=["keys", "looks", "none"])
HOUR = timedelta(hours=1)


@EVERY
@pytest.mark.parametrize("point", ["relay.leased", "relay.judged"])
def test_F2_killed_after_the_intent_and_before_the_call_it_is_sent_once(
    post: Build, terms: Terms, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(terms)
    (key,) = at.intend("c00")

    at.dies_at(point, monkeypatch)
    at.deliver()

    assert at.states() == {key: "accepted"}
    assert at.twin.acts == {key: 1}


@pytest.mark.parametrize("terms", [KEYED, LOOKED_UP], ids=["keys", "looks"])
def test_F2_killed_with_the_effect_in_hand_and_not_called_it_is_sent_once(
    post: Build, terms: Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(terms)
    (key,) = at.intend("c00")

    at.dies_at("relay.claimed", monkeypatch)
    at.deliver()

    assert at.states() == {key: "accepted"}
    assert at.twin.acts == {key: 1}


def test_F2_where_nobody_can_know_whether_it_was_called_a_person_is_asked(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(NEITHER)
    (key,) = at.intend("c00")

    at.dies_at("relay.claimed", monkeypatch)
    done = at.deliver()
    at.deliver(HOUR)

    assert (done.parked, at.twin.calls) == (1, [])
    assert (at.row(key)["state"], at.row(key)["parked"]) == ("unknown", True)


@EVERY
def test_F3_killed_after_the_provider_acted_it_acts_no_second_time(
    post: Build, terms: Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(terms)
    (key,) = at.intend("c00")

    at.dies_at("relay.sent", monkeypatch)
    at.deliver()
    at.deliver(HOUR)

    assert at.twin.acts == {key: 1}
    known = terms.keys or terms.lookup
    assert at.states() == {key: "accepted" if known else "unknown"}
    assert at.row(key)["parked"] is not known


@EVERY
def test_F4_a_lost_answer_of_an_act_is_found_out_or_parked(post: Build, terms: Terms) -> None:
    at = post(terms)
    at.twin.modes = [acts_and_is_not_heard]
    (key,) = at.intend("c00")

    first = at.deliver()
    told = at.row(key)
    at.deliver(HOUR)

    assert first.unknown == 1
    known = terms.keys or terms.lookup
    assert told["reason"] == ("reconciling" if known else "unknown_result")
    assert at.states() == {key: "accepted" if known else "unknown"}
    assert at.twin.acts == {key: 1}


def test_F5_where_nothing_was_done_it_is_sent_once_more_and_only_after_a_lookup_settled(
    post: Build,
) -> None:
    at = post(LOOKED_UP, settles_seconds=60.0)
    at.twin.modes = [does_nothing_and_is_not_heard]
    (key,) = at.intend("c00")

    at.deliver()
    at.deliver(timedelta(seconds=30))
    assert at.twin.calls == [[key]]
    at.deliver(timedelta(seconds=31))

    assert at.twin.calls == [[key], [key]]
    assert at.states() == {key: "accepted"}
    assert at.twin.acts == {key: 1}


def test_F5_the_second_answer_lost_too_a_person_is_asked(post: Build) -> None:
    at = post(LOOKED_UP)
    at.twin.modes = [does_nothing_and_is_not_heard] * 9
    (key,) = at.intend("c00")

    for _ in range(5):
        at.deliver(HOUR)

    assert len(at.twin.calls) == 2
    assert at.row(key)["parked"]


def test_F5_what_the_door_forbids_by_then_is_not_sent_again(post: Build) -> None:
    at = post(LOOKED_UP)
    at.twin.modes = [does_nothing_and_is_not_heard]
    (key,) = at.intend("c00")
    at.deliver()

    with at.tower.ledger.write() as session:
        consents.suppress(session, "c00", at.clock.at, "asked", "test")
    at.deliver(HOUR)

    assert at.twin.calls == [[key]]
    assert at.states() == {key: "skipped"}


def test_F6_a_call_that_may_still_be_running_is_not_repeated_where_there_is_no_key(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one in whose hands it is fell silent, and nothing proves it dead: a look-up that finds
    nothing proves nothing."""
    at = post(LOOKED_UP)
    (key,) = at.intend("c00")
    at.dies_at("relay.claimed", monkeypatch)
    with at.tower.ledger.write() as session:
        row = session.get(LeaseRow, "relay")
        assert row is not None
        row.holder = "another machine"
        session.add(row)
    at.relay = type(at.relay)(at.tower, at.twin, lease_seconds=0.0)

    at.deliver()
    at.deliver(HOUR)

    assert at.twin.calls == []
    assert at.row(key)["parked"]


def falls_silent(at: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the effects in hand is not heard of any more, and nothing proves it dead."""
    at.dies_at("relay.claimed", monkeypatch)
    with at.tower.ledger.write() as session:
        row = session.get(LeaseRow, "relay")
        assert row is not None
        row.holder = "another machine"
        session.add(row)
    at.relay = type(at.relay)(at.tower, at.twin, lease_seconds=0.0)


@pytest.mark.parametrize("late", [False, True], ids=["stopped", "late"])
def test_F6_a_call_that_may_still_be_running_is_not_called_off(
    post: Build, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """With a key it could be repeated; where the door forbids that, nothing says that it ended."""
    at = post(KEYED)
    (key,) = at.intend("c00")
    falls_silent(at, monkeypatch)
    with at.tower.ledger.write() as session:
        if not late:
            consents.suppress(session, "c00", at.clock.at, "asked", "test")

    at.deliver(timedelta(days=2) if late else HOUR)

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["parked"]) == ("unknown", True)


PUTS_OFF = pytest.mark.parametrize(
    "put_off", [is_not_reached, asks_to_wait(60.0)], ids=["not reached", "asked to wait"]
)
"""The answers by which a provider surely did nothing this time."""


def put_off_after_it_acted(post: Build, put_off: Mode) -> tuple[Post, str]:
    """The provider acted and was not heard; asked once more, it puts off."""
    at = post(KEYED, lookup=False)
    at.twin.modes = [acts_and_is_not_heard, put_off]
    (key,) = at.intend("c00")
    at.deliver()
    at.deliver(HOUR)
    return at, key


@PUTS_OFF
def test_F4_what_was_put_off_after_a_lost_answer_is_still_lost_and_not_given_up_at_its_deadline(
    post: Build, put_off: Mode
) -> None:
    at, key = put_off_after_it_acted(post, put_off)

    assert at.row(key)["state"] == "unknown"
    at.deliver(timedelta(days=30))
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("unknown", "deadline_passed")
    assert at.row(key)["parked"]
    assert at.twin.acts == {key: 1}


@PUTS_OFF
def test_F4_what_was_put_off_after_a_lost_answer_is_not_called_stopped_where_it_went_out(
    post: Build, put_off: Mode
) -> None:
    at, key = put_off_after_it_acted(post, put_off)

    with at.tower.ledger.write() as session:
        consents.suppress(session, "c00", at.clock.at, "asked", "test")
    at.deliver(HOUR)

    assert at.row(key)["state"] == "unknown"
    assert at.row(key)["parked"]


@PUTS_OFF
@pytest.mark.parametrize(
    ("terms", "change"),
    [(KEYED, {}), (KEYED, {"lookup": False}), (LOOKED_UP, {})],
    ids=["keys", "keys alone", "looks"],
)
def test_F5_what_was_put_off_after_a_lost_answer_is_sent_once_all_the_same(
    post: Build, terms: Terms, change: dict[str, object], put_off: Mode
) -> None:
    at = post(terms, **change)
    at.twin.modes = [does_nothing_and_is_not_heard, put_off]
    (key,) = at.intend("c00")

    for _ in range(3):
        at.deliver(HOUR)

    assert at.states() == {key: "accepted"}
    assert at.twin.acts == {key: 1}


def test_F4_a_refusal_after_a_lost_answer_is_left_to_a_person_where_nothing_can_be_looked_up(
    post: Build,
) -> None:
    """A provider that acted on a key may well refuse the second call: another body, a batch that
    is too large, a gateway before it. What went out holds its caps."""
    at = post(KEYED, lookup=False)
    at.twin.modes = [acts_and_is_not_heard, refuses]
    (key,) = at.intend("c00")
    at.deliver()
    done = at.deliver(HOUR)

    assert (at.row(key)["state"], at.row(key)["parked"]) == ("unknown", True)
    assert done.parked == 1
    at.deliver(HOUR)
    assert at.twin.calls == [[key], [key]]


def test_F4_a_refusal_before_a_look_up_settled_is_looked_up_again(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, settles_seconds=60.0)
    (key,) = at.intend("c00")
    at.dies_at("relay.sent", monkeypatch)
    look = at.twin.lookup
    monkeypatch.setattr(at.twin, "lookup", lambda _: {})
    at.twin.modes = [refuses]

    at.deliver()
    assert (at.row(key)["state"], at.row(key)["parked"]) == ("unknown", False)
    monkeypatch.setattr(at.twin, "lookup", look)
    at.deliver(HOUR)

    assert at.states() == {key: "accepted"}
    assert at.twin.acts == {key: 1}


@pytest.mark.parametrize("terms", [KEYED, LOOKED_UP], ids=["keys", "looks"])
def test_F5_a_refusal_after_a_look_up_found_nothing_is_final(post: Build, terms: Terms) -> None:
    at = post(terms)
    at.twin.modes = [does_nothing_and_is_not_heard, refuses]
    (key,) = at.intend("c00")

    at.deliver()
    at.deliver(HOUR)

    assert at.states() == {key: "failed"}


def test_F10_a_key_the_provider_may_have_forgotten_is_not_used_again(post: Build) -> None:
    at = post(KEYED, lookup=False, key_hours=24.0)
    at.twin.modes = [acts_and_is_not_heard]
    (key,) = at.intend("c00")
    at.deliver()

    at.deliver(timedelta(hours=25))

    assert at.twin.calls == [[key]]
    assert (at.row(key)["parked"], at.row(key)["reason"]) == (True, "key_forgotten")
