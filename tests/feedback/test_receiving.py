"""What providers tell by themselves: each event counts once, in any order, and nothing is lost."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import permutations

import polars as pl
import pytest

from app.effect_desk import page
from app.webhooks import receive
from domain.errors import StorageError
from tests.feedback.conftest import SECRET, Desk, event
from tests.relay.conftest import KEYED, LOOKED_UP, NEITHER
from tests.relay.twin import (
    Mode,
    Twin,
    acts_and_is_not_heard,
    asks_to_wait,
    does_nothing_and_is_not_heard,
    refuses,
    well,
)
from tools import faultpoints
from tools.connectors.protocols import Delivery, Receipt, Terms
from tools.ledger import consents, reservations
from tools.ledger.database import Ledger
from tools.ledger.models import FeedbackRow

Build = Callable[..., Desk]
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
EVERY = pytest.mark.parametrize("terms", [KEYED, LOOKED_UP, NEITHER], ids=["keys", "looks", "none"])


def lost(at: Desk, mode: Mode = acts_and_is_not_heard, ends: str = "unknown") -> str:
    """An effect of c00 whose answer was lost, and how it stands after the tick; its key."""
    at.post.twin.modes = [mode]
    (key,) = at.post.intend("c00")
    at.deliver()
    assert at.post.states()[key] == ends
    return key


def grant(at: Desk, purpose: str) -> None:
    """c00 consents to e-mail of this purpose, now."""
    said = {"contact_id": ["c00"], "channel": "email", "purpose": purpose, "state": "granted"}
    rows = pl.DataFrame({**said, "source": "form", "text_version": "2", "at": at.post.clock.at})
    with at.house.tower.ledger.write() as session:
        consents.record(session, rows)


# --- an unknown effect ends by the provider's own word


@EVERY
@pytest.mark.parametrize("kind", ["sent", "delivered"])
def test_an_unknown_effect_is_accepted_by_the_providers_word_and_never_sent_again(
    desk: Build, terms: Terms, kind: str
) -> None:
    at = desk(terms)
    key = lost(at)

    status = at.tell(event(kind, key))
    at.deliver(HOUR)

    assert status == 200
    row = at.post.row(key)
    assert (row["state"], row["reason"], row["parked"]) == ("accepted", "told_by_provider", False)
    assert at.post.twin.calls == [[key]]
    assert at.is_sound()


def test_an_unknown_effect_fails_by_the_providers_word_and_what_it_held_is_free(
    desk: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(NEITHER)
    key = lost(at, mode=does_nothing_and_is_not_heard)
    freed: list[str] = []
    monkeypatch.setattr(reservations, "free", lambda _, ids: freed.extend(ids))

    at.tell(event("failed", key))

    assert at.post.states() == {key: "failed"}
    assert freed == [key]
    assert at.is_sound()


def test_what_was_told_of_an_effect_is_shown_with_it(desk: Build) -> None:
    at = desk(NEITHER)
    key = lost(at)

    at.tell(event("delivered", key))

    (one,) = page(at.house, key)["told"]
    assert (one["provider"], one["kind"], one["state"]) == ("twin", "delivered", "applied")


def test_a_provider_speaks_for_what_it_was_handed_and_for_nothing_else(desk: Build) -> None:
    at = desk(NEITHER)
    key = lost(at)
    at.house.senders.secrets = {"twin": "s", "other": "s"}

    at.tell(event("failed", key), provider="other", secret="s")
    assert at.post.states() == {key: "unknown"}

    at.tell(event("delivered", key), secret="s")
    assert at.post.states() == {key: "accepted"}


def test_what_a_provider_acted_on_though_it_asked_us_to_wait_is_not_sent_again(desk: Build) -> None:
    at = desk(KEYED)
    at.post.twin.modes = [asks_to_wait(60)]
    (key,) = at.post.intend("c00")
    at.deliver()
    assert at.post.states() == {key: "intent"}

    at.tell(event("delivered", key))
    at.deliver(HOUR)

    assert at.post.states() == {key: "accepted"}
    assert len(at.post.twin.calls) == 1
    assert at.is_sound()


# --- F17


def test_F17_an_event_that_comes_five_times_changes_the_state_once(desk: Build) -> None:
    at = desk(NEITHER)
    key = lost(at)
    before = at.lines()

    statuses = [at.tell(event("delivered", key)) for _ in range(5)]

    assert statuses == [200] * 5
    assert [one["new"] for one in at.answers] == [1, 0, 0, 0, 0]
    assert at.lines() == before + 2, "one line of the effect, one of the event"
    assert at.about(key).height == 1
    assert at.is_sound()


def test_F17_an_unsubscribe_that_comes_again_does_not_take_back_a_later_consent(
    desk: Build,
) -> None:
    at = desk(KEYED)
    said = event("unsubscribed", contact_id="c00", channel="email", name="u1")
    at.tell(said)
    at.post.clock.at += HOUR
    grant(at, "marketing")

    at.post.clock.at += SECOND
    at.tell(said)

    assert at.consent("c00") == "granted"


def test_F17_one_event_twice_in_one_call_is_one(desk: Build) -> None:
    at = desk(NEITHER)
    key = lost(at)

    at.tell(event("delivered", key), event("delivered", key))

    assert (at.answer["new"], at.answer["known"], at.answer["refused"]) == (1, 1, [])
    assert at.post.states() == {key: "accepted"}


def test_F17_an_id_given_to_something_else_is_not_taken_for_the_same_and_a_person_is_told(
    desk: Build,
) -> None:
    at = desk(NEITHER)
    at.tell(event("delivered", "e-nobody", name="7"))

    at.tell(event("unsubscribed", contact_id="c00", name="7"))

    assert "was told before" in at.answer["refused"][0]["why"]
    assert "can't be read" in at.troubles()
    assert at.is_sound()


# --- F18


@pytest.mark.parametrize("order", list(permutations(("sent", "delivered", "bounced"))))
def test_F18_in_whatever_order_events_come_the_effect_ends_alike(
    desk: Build, order: Sequence[str]
) -> None:
    at = desk(NEITHER)
    key = lost(at)

    for kind in order:
        at.tell(event(kind, key))

    assert at.post.states() == {key: "accepted"}
    assert at.told() == {f"{key}-{kind}": "applied" for kind in order}
    assert at.is_sound()


def test_F18_a_final_state_is_never_left_and_who_says_otherwise_is_told_of(desk: Build) -> None:
    at = desk(KEYED)
    at.post.twin.modes = [well, refuses]
    done, refused = at.post.intend("c00", "c01")
    at.post.twin.terms = at.post.twin.terms.model_copy(update={"batch": 1})
    at.deliver()
    ends = {done: "accepted", refused: "failed"}
    assert at.post.states() == ends

    at.tell(event("failed", done), event("delivered", refused))

    assert at.post.states() == ends
    assert set(at.told().values()) == {"contradiction"}
    assert "2 events of providers contradict" in at.troubles()


def test_F18_told_in_one_call_that_it_failed_and_was_delivered_it_was_delivered(
    desk: Build,
) -> None:
    at = desk(NEITHER)
    key = lost(at)

    at.tell(event("failed", key), event("delivered", key))

    assert at.post.states() == {key: "accepted"}


def test_F18_an_unsubscribe_before_the_send_stops_it_at_the_door(desk: Build) -> None:
    at = desk(KEYED)
    stopped, other = at.post.intend("c00", "c01")

    at.tell(event("unsubscribed", stopped))
    at.deliver()

    assert at.post.states() == {stopped: "skipped", other: "accepted"}
    assert list(at.post.twin.acts) == [other]


def test_F18_an_unsubscribe_that_comes_between_the_judging_and_the_call_is_seen(
    desk: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(KEYED)
    (key,) = at.post.intend("c00")

    def strike(point: str, _: str) -> None:
        if point == "relay.judged":
            at.tell(event("unsubscribed", contact_id="c00", channel="email", name="u"))

    monkeypatch.setattr(faultpoints, "strike", strike)
    at.deliver()

    assert at.post.states() == {key: "skipped"}
    assert at.post.twin.calls == []


@pytest.mark.parametrize("order", [("delivered", "unsubscribed"), ("unsubscribed", "delivered")])
def test_F18_an_unsubscribe_wins_in_whatever_order_it_comes(
    desk: Build, order: Sequence[str]
) -> None:
    at = desk(NEITHER)
    key = lost(at)

    for kind in order:
        at.tell(event(kind, key, at="2026-01-01T00:00:00Z"))

    assert at.consent("c00") == "withdrawn"
    assert at.post.states() == {key: "accepted"}


def test_F18_a_touch_was_allowed_when_it_was_handed_over_whenever_that_is_heard(
    desk: Build,
) -> None:
    at = desk(NEITHER)
    key = lost(at)

    at.post.clock.at += SECOND
    at.tell(event("unsubscribed", contact_id="c00", channel="email", name="u"))
    at.post.clock.at += SECOND
    at.tell(event("delivered", key))

    assert at.consent("c00") == "withdrawn"
    assert at.is_sound()


def test_F18_a_complaint_ends_consent_on_every_channel_and_an_unsubscribe_on_its_own(
    desk: Build,
) -> None:
    at = desk(KEYED)

    at.tell(
        event("complained", contact_id="c00", channel="email", name="c"),
        event("unsubscribed", contact_id="c01", channel="email", name="u"),
        event("unsubscribed", contact_id="c02", name="v"),
    )

    assert [at.consent("c00", channel) for channel in ("email", "call")] == ["withdrawn"] * 2
    assert [at.consent("c01", channel) for channel in ("email", "call")] == ["withdrawn", "granted"]
    assert [at.consent("c02", channel) for channel in ("email", "call")] == ["withdrawn"] * 2


# --- F19


def test_F19_an_event_of_an_effect_nobody_knows_is_kept_and_told_of_after_an_hour(
    desk: Build,
) -> None:
    at = desk(KEYED)

    status = at.tell(event("delivered", "e-nobody"))
    at.deliver()
    assert (status, at.answer["orphans"]) == (200, 1)
    assert at.told() == {"e-nobody-delivered": "orphan"}
    assert at.troubles() == ""

    at.deliver(HOUR)
    assert at.told() == {"e-nobody-delivered": "alerted"}
    assert "1 events of providers match no effect" in at.troubles()
    assert at.is_sound()

    lines = at.lines()
    at.deliver(HOUR)
    assert at.lines() == lines, "told of once"


def test_F19_an_orphan_is_matched_when_its_effect_turns_up_however_late(desk: Build) -> None:
    at = desk(NEITHER)
    at.tell(event("delivered", "e-c00"))
    at.deliver(HOUR)
    assert at.told() == {"e-c00-delivered": "alerted"}

    key = lost(at, ends="accepted")

    assert at.post.states() == {key: "accepted"}
    assert at.told() == {"e-c00-delivered": "applied"}
    assert at.troubles() == ""
    assert at.is_sound()


@pytest.mark.parametrize("kind", ["unsubscribed", "complained"])
def test_F19_a_persons_word_is_honoured_though_nobody_knows_the_effect(
    desk: Build, kind: str
) -> None:
    at = desk(KEYED)

    at.tell(event(kind, "e-nobody", contact_id="c00", channel="email"))

    assert at.consent("c00") == "withdrawn"
    assert at.told() == {f"e-nobody-{kind}": "orphan"}


def test_F19_an_orphan_that_never_matches_is_not_honoured_again_when_another_does(
    desk: Build,
) -> None:
    at = desk(NEITHER)
    grant(at, "service")
    (key,) = at.post.intend("c00", purpose="service")
    at.deliver()
    at.house.senders.secrets = {"twin": SECRET, "other": "s"}
    at.tell(event("unsubscribed", key), provider="other", secret="s")
    at.tell(event("delivered", "e-c01"))
    at.post.intend("c01")

    at.deliver(SECOND)

    assert at.told() == {f"{key}-unsubscribed": "orphan", "e-c01-delivered": "applied"}
    said = "SELECT purpose FROM consent WHERE state = 'withdrawn' ORDER BY purpose"
    rows = at.house.tower.ledger.frame(said, {"purpose": pl.String})
    assert rows.to_series().to_list() == ["marketing", "service"]


# --- F20


@EVERY
@pytest.mark.parametrize("heard", [well, acts_and_is_not_heard], ids=["heard", "lost"])
def test_F20_an_event_that_comes_before_our_own_record_is_matched_by_its_key(
    desk: Build, terms: Terms, heard: Mode
) -> None:
    at = desk(terms)

    def tells_first(twin: Twin, batch: Sequence[Delivery]) -> list[Receipt]:
        said = heard(twin, batch)
        assert at.tell(*(event("delivered", one.key) for one in batch)) == 200
        assert at.post.states() == {one.key: "sending" for one in batch}
        assert set(at.told().values()) == {"orphan"}
        return said

    at.post.twin.modes = [tells_first]
    (key,) = at.post.intend("c00")
    at.deliver()

    assert at.post.states() == {key: "accepted"}
    assert set(at.told().values()) == {"applied"}
    assert (at.post.twin.calls, at.troubles()) == ([[key]], "")
    assert at.is_sound()


def test_F20_what_a_killed_relay_left_in_hand_is_accepted_by_the_word_that_came_meanwhile(
    desk: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(NEITHER)
    (key,) = at.post.intend("c00")
    at.post.dies_at("relay.sent", monkeypatch)

    at.tell(event("delivered", key))
    assert at.post.states() == {key: "sending"}
    at.deliver()

    row = at.post.row(key)
    assert (row["state"], row["parked"]) == ("accepted", False)
    assert at.post.twin.acts == {key: 1}


@pytest.mark.parametrize("hours", [None, 1.0], ids=["found", "forgotten"])
def test_F20_a_word_that_comes_while_the_relay_looks_up_is_not_undone_by_what_it_finds(
    desk: Build, monkeypatch: pytest.MonkeyPatch, hours: float | None
) -> None:
    at = desk(LOOKED_UP if hours is None else KEYED, key_hours=hours)
    key = lost(at)
    looks_up = at.post.twin.lookup

    def tells_first(keys: Sequence[str]) -> dict[str, Receipt]:
        at.tell(event("delivered", key))
        return looks_up(keys) if hours is None else {}

    monkeypatch.setattr(at.post.twin, "lookup", tells_first)
    at.deliver(2 * HOUR)

    row = at.post.row(key)
    assert (row["state"], row["reason"], row["parked"]) == ("accepted", "told_by_provider", False)
    assert at.is_sound()


def test_F20_a_word_that_comes_while_the_door_closes_is_not_undone(
    desk: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(KEYED)
    at.post.twin.modes = [asks_to_wait(60)]
    (key,) = at.post.intend("c00")
    at.deliver()
    at.post.clock.at += HOUR
    at.tell(event("unsubscribed", contact_id="c00", channel="email", name="u"))

    def strike(point: str, _: str) -> None:
        if point == "relay.judged":
            at.tell(event("delivered", key))

    monkeypatch.setattr(faultpoints, "strike", strike)
    at.deliver()

    assert at.post.states() == {key: "accepted"}
    assert at.is_sound()


# --- F21


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "somebody else's"},
        {"provider": "stranger"},
        {"provider": "stranger", "secret": ""},
        {"age": timedelta(seconds=301)},
        {"age": -timedelta(seconds=301)},
    ],
    ids=["forged", "unknown", "empty", "old", "ahead"],
)
def test_F21_what_the_provider_did_not_sign_lately_leaves_a_count_and_nothing_else(
    desk: Build, how: dict[str, object]
) -> None:
    at = desk(NEITHER)
    key = lost(at)
    lines = at.lines()

    status = at.tell(event("unsubscribed", key), **how)

    assert (status, at.house.senders.refused) == (401, 1)
    assert (at.lines(), at.told(), at.consent("c00")) == (lines, {}, "granted")

    assert at.tell(event("unsubscribed", key), age=timedelta(seconds=299)) == 200
    assert at.consent("c00") == "withdrawn"


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=aa", "t=,v1=", "t=1,t=2,v1=aa", "t=9" * 9, "t=-5,v1=é", "t=١,v1=aa", ",,=,"],
)
def test_F21_a_header_that_is_none_is_refused(desk: Build, header: str) -> None:
    at = desk(KEYED)

    status, _ = receive(at.house, "twin", header, b'{"events": []}')

    assert (status, at.house.senders.refused) == (401, 1)


# --- calls that are odd, or can't be kept


def test_a_bad_event_takes_none_of_the_good_ones_with_it_and_a_person_can_look_at_it(
    desk: Build,
) -> None:
    at = desk(NEITHER)
    key = lost(at)
    good = event("delivered", key)
    bad: list[object] = [
        7,
        None,
        {**good, "event_id": None},
        {**good, "event_id": "x" * 201},
        {**good, "event_id": "a\x00b"},
        {**good, "at": "2026-03-02T14:00:00"},
        {**good, "at": "9999-12-31T23:59:59-23:00"},
        {**good, "at": True},
        {**good, "kind": ["sent"]},
    ]

    status = at.tell(*bad[:4], good, *bad[4:])

    assert (status, at.answer["new"]) == (200, 1)
    assert [one["event"] for one in at.answer["refused"]] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert at.post.states() == {key: "accepted"}
    assert "1 signed calls of providers hold what can't be read" in at.troubles()
    assert at.is_sound()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b'{"events": {}}',
        b"[" * 100_000,
        b'{"events": [' + b"[" * 9000 + b"]" * 9000 + b"]}",
        b'{"events": [' + b"9" * 9000 + b"]}",
        b'{"events": [NaN, "\\ud800"]}',
    ],
)
def test_a_signed_call_of_which_nothing_can_be_read_is_set_aside_once(
    desk: Build, body: bytes
) -> None:
    at = desk(KEYED)

    assert [at.call(body), at.call(body)] == [422, 422]

    assert list(at.told().values()) == ["unreadable"]
    assert at.is_sound()


def test_a_call_with_no_events_is_none(desk: Build) -> None:
    at = desk(KEYED)

    assert at.tell() == 200
    assert at.told() == {}


def test_a_call_that_is_too_long_is_refused_unread(desk: Build) -> None:
    at = desk(KEYED)

    assert at.call(b" " * (256 * 1024 + 1)) == 413
    assert at.told() == {}


def test_a_kind_we_do_not_know_is_kept_and_changes_nothing(desk: Build) -> None:
    at = desk(NEITHER)
    key = lost(at)

    assert at.tell(event("teleported", key, more="of it")) == 200

    assert at.told() == {f"{key}-teleported": "applied"}
    assert at.post.states() == {key: "unknown"}


def test_where_the_ledger_can_not_be_written_nothing_is_kept_and_it_is_told_again(
    desk: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(NEITHER)
    key = lost(at)

    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk is full.", "Make room.", "full")

    with monkeypatch.context() as patch:
        patch.setattr("tools.ledger.audit.append", full)
        status = at.tell(event("delivered", key))

    assert status == 503
    assert at.told() == {}
    assert at.post.states() == {key: "unknown"}
    assert at.tell(event("delivered", key)) == 200
    assert at.post.states() == {key: "accepted"}


def test_an_event_that_was_altered_in_the_ledger_is_found(desk: Build) -> None:
    at = desk(NEITHER)
    key = lost(at)
    at.tell(event("failed", "e-nobody"), event("delivered", key))
    ledger: Ledger = at.house.tower.ledger
    assert at.is_sound()

    with ledger.write() as session:
        row = session.get(FeedbackRow, ("twin", f"{key}-delivered"))
        assert row is not None
        row.state = "orphan"
        session.add(row)

    assert not at.is_sound()
