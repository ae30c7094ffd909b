"""At the door: what changed since the decision stops the effect, however late it changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import update

from tests.relay.conftest import Post
from tests.reviews.worlds import with_policy
from tools import faultpoints
from tools.ledger import consents, controls
from tools.ledger.models import EffectRow

Build = Callable[..., Post]


def alter(at: Post, effect_id: str, **change: object) -> None:
    with at.tower.ledger.write() as session:
        session.connection().execute(
            update(EffectRow).where(EffectRow.effect_id == effect_id).values(**change)
        )


@pytest.mark.parametrize("change", [{"treatment": "launch_mail"}, {"channel": "call"}])
def test_F9_a_key_with_another_body_is_refused_before_any_call(
    post: Build, change: dict[str, object]
) -> None:
    at = post()
    (key,) = at.intend("c00")
    alter(at, key, **change)

    at.deliver()

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "payload_altered")


def test_F9_a_budget_with_another_amount_is_refused_before_any_call(post: Build) -> None:
    at = post()
    key = at.intend_budget(120_000)
    alter(at, key, amount=1_200_000)

    at.deliver()

    assert at.twin.calls == []
    assert at.row(key)["reason"] == "payload_altered"


def test_F22_consent_withdrawn_before_the_sending_stops_it(post: Build) -> None:
    at = post()
    first, second = at.intend("c00", "c01")
    with at.tower.ledger.write() as session:
        consents.withdraw(session, "c00", "email", "marketing", at.clock.at, "unsubscribe link")

    at.deliver()

    assert at.twin.calls == [[second]]
    assert (at.row(first)["state"], at.row(first)["reason"]) == ("skipped", "consent_withdrawn")


def test_F22_consent_withdrawn_between_judging_and_handing_over_stops_it_too(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    first, second = at.intend("c00", "c01")

    def withdraw(point: str, _: str) -> None:
        if point == "relay.judged":
            monkeypatch.undo()
            with at.tower.ledger.write() as session:
                consents.withdraw(session, "c00", "email", "marketing", at.clock.at, "link")

    monkeypatch.setattr(faultpoints, "strike", withdraw)
    at.deliver()

    assert at.twin.calls == [[second]]
    assert at.states()[first] == "skipped"


def test_a_pause_between_judging_and_handing_over_holds_what_was_judged(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    (key,) = at.intend("c00")

    def pause(point: str, _: str) -> None:
        if point == "relay.judged":
            monkeypatch.undo()
            with at.tower.ledger.write() as session:
                controls.pause(session, "channel", "email", "olga", "wait", at.clock.at)

    monkeypatch.setattr(faultpoints, "strike", pause)
    done = at.deliver()

    assert (done.waiting, at.twin.calls) == (1, [])
    assert at.states() == {key: "intent"}


@pytest.mark.parametrize(
    ("then", "became"), [("queue", ("intent", None)), ("drop", ("skipped", "quiet_dropped"))]
)
def test_quiet_hours_let_wait_or_drop_what_comes_to_the_door_in_them(
    post: Build, then: str, became: tuple[str, str | None]
) -> None:
    at = post()
    (key,) = at.intend("c00")
    hours = at.tower.loaded.policy.quiet_hours
    ruled = with_policy(
        at.tower, quiet_hours=tuple(one.model_copy(update={"then": then}) for one in hours)
    )
    relay = Post(ruled, at.clock, at.twin)

    relay.deliver(timedelta(hours=9))

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["reason"]) == became

    relay.deliver(timedelta(hours=12))

    assert at.twin.calls == ([[key]] if then == "queue" else [])


def test_a_second_process_rests_while_one_delivers(post: Build) -> None:
    at = post()
    at.intend("c00")
    other = type(at.relay)(at.tower, at.twin)

    seen: list[int] = []

    def deliver_meanwhile(point: str, _: str) -> None:
        if point == "relay.claimed":
            faultpoints.strike = before
            seen.append(other.deliver_due(at.words.append).accepted)

    before = faultpoints.strike
    faultpoints.strike = deliver_meanwhile
    try:
        done = at.deliver()
    finally:
        faultpoints.strike = before

    assert (done.accepted, seen) == (1, [0])
    assert "another process delivers; this one rests" in at.words


def test_F34_a_relay_that_lost_its_lease_meanwhile_writes_nothing_more(post: Build) -> None:
    at = post()
    (key,) = at.intend("c00")
    other = type(at.relay)(at.tower, at.twin, lease_seconds=0.0)

    def take_over(point: str, _: str) -> None:
        if point == "relay.judged":
            faultpoints.strike = before
            other.deliver_due(at.words.append)

    before = faultpoints.strike
    faultpoints.strike = take_over
    try:
        done = at.deliver()
    finally:
        faultpoints.strike = before

    assert done.accepted == 0
    assert at.states() == {key: "accepted"}
    assert at.twin.acts == {key: 1}
    assert any("took over" in one for one in at.words)


def test_nothing_is_open_in_the_ledger_while_the_provider_is_called(post: Build) -> None:
    at = post()
    (key,) = at.intend("c00")

    def writes_meanwhile(twin: object, batch: object) -> list[object]:
        with at.tower.ledger.write() as session:
            controls.pause(session, "campaign", "other", "olga", "meanwhile", at.clock.at)
        return at.twin.deliver(batch)  # type: ignore[arg-type, return-value]

    at.twin.modes = [writes_meanwhile]  # type: ignore[list-item]
    at.deliver(timedelta())

    assert at.states() == {key: "accepted"}


def test_F36_a_machine_that_slept_between_judging_and_handing_over_judges_again(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    (key,) = at.intend("c00")

    def sleep(point: str, _: str) -> None:
        if point == "relay.judged":
            monkeypatch.undo()
            at.clock.at += timedelta(hours=9)

    monkeypatch.setattr(faultpoints, "strike", sleep)
    done = at.deliver()

    assert (done.waiting, at.twin.calls) == (1, [])
    assert at.states() == {key: "intent"}
