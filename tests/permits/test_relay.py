"""The relay hands over under permits: kept with the claim, judged anew when they run out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import update

from domain.permit import Permit, is_signed, permit_in
from graph import minting
from tests.relay.conftest import KEYED, LOOKED_UP, Hands, Killed, Post
from tests.relay.twin import acts_and_is_not_heard, does_nothing_and_is_not_heard
from tools import faultpoints
from tools.ledger import consents, permits
from tools.ledger.models import ConsentRow
from tools.permit_keys import keys_in

Build = Callable[..., Post]


def of(at: Post, effect_id: str) -> list[Permit]:
    """The effect's permits, each proven by its signature."""
    keys = keys_in(at.tower.workspace.permit_keys_file)
    found = []
    for kept in permits.of_effect(at.tower.ledger, effect_id):
        read = permit_in(kept.body, kept.place, kept.seal)
        assert read is not None
        assert is_signed(kept.seal, keys)
        found.append(read)
    return found


def strike_at(point: str, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something, once, when the program comes to that point."""

    def strike(reached: str, _: str) -> None:
        if reached == point:
            monkeypatch.undo()
            act()

    monkeypatch.setattr(faultpoints, "strike", strike)


def test_every_message_has_a_permit_that_names_its_consent(post: Build) -> None:
    at = post(KEYED)
    first, second = at.intend("c00", "c01")

    at.deliver()

    assert at.twin.calls == [[first, second]]
    (one,) = of(at, first)
    assert one.effect_id == first
    assert one.policy_hash == at.tower.loaded.hash
    assert one.payload_hash == at.row(first)["payload_hash"]
    assert one.consent is not None
    with at.tower.ledger.read() as session:
        row = session.get(ConsentRow, one.consent.consent_id)
        assert row is not None
        assert (row.contact_id, row.channel, row.state) == ("c00", "email", "granted")


def test_a_budget_has_a_permit_that_says_why_it_needs_no_consent(post: Build) -> None:
    at = post(KEYED)
    key = at.intend_budget(120_000)

    at.deliver()

    (one,) = of(at, key)
    assert (one.consent, one.no_consent, one.channel) == (None, "no_contact", "ads")
    assert at.row(key)["state"] == "accepted"


def test_a_message_whose_permit_ran_out_on_the_way_is_not_sent_and_is_judged_anew(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    (key,) = at.intend("c00")
    strike_at("relay.claimed", monkeypatch, lambda: sleep(at, timedelta(minutes=10)))

    at.deliver()
    held = (list(at.twin.calls), at.row(key)["state"], at.row(key)["reason"])
    at.deliver(timedelta(hours=1))

    assert held == ([], "intent", "permit_expired")
    assert at.twin.calls == [[key]]
    old, new = of(at, key)
    assert old.expires_at < new.judged_at


def sleep(at: Post, span: timedelta) -> None:
    at.clock.at += span


def test_consent_that_went_while_the_permit_ran_out_stops_the_message(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    (key,) = at.intend("c00")

    def sleep_and_withdraw() -> None:
        sleep(at, timedelta(minutes=10))
        with at.tower.ledger.write() as session:
            consents.withdraw(session, "c00", "email", "marketing", at.clock.at, "link")

    strike_at("relay.claimed", monkeypatch, sleep_and_withdraw)
    at.deliver()
    at.deliver(timedelta(hours=1))

    assert (at.twin.calls, at.row(key)["reason"]) == ([], "consent_withdrawn")


def test_a_consent_that_goes_without_the_door_noticing_is_seen_by_the_gate(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    first, second = at.intend("c00", "c01")

    def rewrite() -> None:
        """As no code of ours does: no mark is raised."""
        with at.tower.ledger.write() as session:
            session.connection().execute(
                update(ConsentRow).where(ConsentRow.contact_id == "c00").values(state="withdrawn")
            )

    strike_at("relay.judged", monkeypatch, rewrite)
    done = at.deliver()

    assert at.twin.calls == [[second]]
    assert (done.waiting, at.row(first)["state"], of(at, first)) == (1, "intent", [])


def test_what_is_handed_over_again_has_a_permit_of_its_own(post: Build) -> None:
    at = post(KEYED)
    at.twin.modes = [acts_and_is_not_heard]
    (key,) = at.intend("c00")

    at.deliver()
    at.twin.blind = True
    at.deliver(timedelta(minutes=20))
    at.twin.blind = False
    at.deliver(timedelta(minutes=20))

    assert at.states() == {key: "accepted"}
    assert len(of(at, key)) == len(at.twin.calls)


def test_a_message_handed_over_again_after_a_look_up_found_nothing_has_two_permits(
    post: Build,
) -> None:
    at = post(LOOKED_UP)
    at.twin.modes = [does_nothing_and_is_not_heard]
    (key,) = at.intend("c00")

    at.deliver()
    at.deliver(timedelta(minutes=5))

    assert at.twin.calls == [[key], [key]]
    assert len(of(at, key)) == 2


def test_a_relay_that_dies_before_the_call_leaves_a_permit_with_the_claim(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    (key,) = at.intend("c00")

    at.dies_at("relay.claimed", monkeypatch)

    assert at.row(key)["state"] == "sending"
    assert len(of(at, key)) == 1


def test_where_the_permit_can_not_be_written_nothing_is_taken_in_hand(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    (key,) = at.intend("c00")

    def broken(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(permits, "record", broken)
        with pytest.raises(Killed):
            at.deliver()

    assert (at.twin.calls, at.row(key)["state"]) == ([], "intent")


def test_the_gate_alone_refuses_what_the_door_would_let_pass(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    (key,) = at.intend("c00")
    monkeypatch.setattr(minting, "mint", lambda *_: "consent_missing")

    done = at.deliver()

    assert (at.twin.calls, done.waiting, at.row(key)["state"]) == ([], 1, "intent")
    assert isinstance(at.clock, Hands)
