"""Pace and trouble of a provider: waited for, never hammered, and remembered over a restart."""

from collections.abc import Callable
from datetime import timedelta

from tests.relay.conftest import KEYED, Post
from tests.relay.twin import asks_to_wait, does_the_first, is_not_reached, refuses
from tools.ledger import providers
from tools.ledger.providers import FAILURES

Build = Callable[..., Post]
CONTACTS = tuple(f"c{n:02d}" for n in range(0, 10))


def test_F7_asked_to_wait_it_waits_as_long_and_no_attempt_is_counted(post: Build) -> None:
    at = post()
    at.twin.modes = [asks_to_wait(90.0)]
    (key,) = at.intend("c00")

    done = at.deliver()
    at.restart()
    at.deliver(timedelta(seconds=89))
    assert (done.waiting, len(at.twin.calls)) == (1, 1)
    assert (at.row(key)["state"], at.row(key)["attempts"]) == ("intent", 0)
    at.deliver(timedelta(seconds=2))

    assert at.states() == {key: "accepted"}
    assert at.row(key)["attempts"] == 1


def test_F7_a_provider_gets_no_more_a_second_than_it_asks_also_after_a_restart(
    post: Build,
) -> None:
    at = post(KEYED, per_second=1.0, burst=4, batch=10)
    at.intend(*CONTACTS)

    first = at.deliver()
    at.restart()
    again = at.deliver()
    at.restart()
    later = at.deliver(timedelta(seconds=2))

    assert (first.accepted, again.accepted, later.accepted) == (4, 0, 2)


def test_F8_not_reached_five_times_the_circuit_opens_and_holds_over_a_restart(
    post: Build,
) -> None:
    at = post()
    at.twin.modes = [is_not_reached] * (FAILURES + 1)
    (key,) = at.intend("c00")

    for _ in range(FAILURES):
        at.deliver(timedelta(minutes=10))
    assert len(at.twin.calls) == FAILURES
    shut = providers.closed(at.tower.ledger, at.clock.at)
    assert shut.get_column("name").to_list() == ["twin"]

    at.restart()
    at.deliver()
    assert len(at.twin.calls) == FAILURES
    at.deliver(timedelta(minutes=20))
    assert len(at.twin.calls) == FAILURES + 1
    for _ in range(3):
        at.deliver(timedelta(minutes=20))

    assert at.states() == {key: "accepted"}
    assert providers.closed(at.tower.ledger, at.clock.at).is_empty()


def test_F8_while_the_circuit_is_open_one_call_tries(post: Build) -> None:
    at = post(KEYED, batch=10)
    at.twin.modes = [is_not_reached] * (FAILURES + 1)
    at.intend(*CONTACTS)
    for _ in range(FAILURES):
        at.deliver(timedelta(minutes=12))

    at.deliver(timedelta(minutes=20))

    assert [len(call) for call in at.twin.calls] == [len(CONTACTS)] * FAILURES + [1]


def test_F8_after_its_deadline_what_could_not_be_sent_expires_with_its_reason(
    post: Build,
) -> None:
    at = post()
    at.twin.modes = [is_not_reached] * 9
    (key,) = at.intend("c00")

    at.deliver()
    done = at.deliver(timedelta(hours=25))

    assert done.expired == 1
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("expired", "deadline_passed")


def test_F11_of_a_batch_only_those_that_were_not_done_are_tried_again(post: Build) -> None:
    at = post(KEYED, batch=100)
    at.twin.modes = [does_the_first(4)]
    keys = at.intend(*CONTACTS)

    done = at.deliver()
    at.deliver(timedelta(minutes=10))

    assert (done.accepted, done.waiting) == (4, 6)
    assert at.twin.calls == [keys, keys[4:]]
    assert set(at.states().values()) == {"accepted"}
    assert set(at.twin.acts.values()) == {1}


def test_what_the_provider_refuses_has_failed_and_frees_what_it_held(post: Build) -> None:
    at = post()
    at.twin.modes = [refuses]
    (key,) = at.intend("c00")

    at.deliver()
    at.deliver(timedelta(minutes=10))

    assert (at.row(key)["state"], at.row(key)["reason"]) == ("failed", "provider_refused")
    assert len(at.twin.calls) == 1


def test_what_was_put_off_first_counts_as_sent_from_when_it_went(post: Build) -> None:
    """Orders, ignored touches and the number of a day's emails count from there."""
    at = post()
    at.twin.modes = [is_not_reached]
    (key,) = at.intend("c00")

    at.deliver()
    at.deliver(timedelta(hours=1))

    assert at.states() == {key: "accepted"}
    assert at.row(key)["first_sent_at"] == at.clock.at
