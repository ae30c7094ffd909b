"""At the door: what one contact of a person refused or got counts for every other of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from app.relay import relay as passing
from app.relay.door import Judged, judge
from evals.faults.world import START
from graph.in_force import InForce
from graph.tower import Tower
from tests.identity.merging import DAY, about, merge, say, split, told, touched
from tests.ledger_storage import worlds
from tests.policies.worlds import cap
from tests.relay.conftest import KEYED, Post
from tests.relay.test_late_touches import intended
from tests.reviews.worlds import with_policy
from tools.ledger import reservations


def became(at: Post, key: str) -> str:
    row = at.row(key)
    return row["state"] if row["state"] == "accepted" else str(row["reason"])


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("withdrawn", "consent_withdrawn"),
        ("objected", "objected"),
        ("suppressed", "erased_or_suppressed"),
    ],
)
@pytest.mark.parametrize("refuses", ["c00", "c03"])
def test_a_no_of_any_member_stops_what_goes_to_any_other(
    post: Callable[..., Post], state: str, reason: str, refuses: str
) -> None:
    at = post()
    merge(at.tower, "c00", "c03", "c06")
    theirs, queued, other = at.intend("c00", "c06", "c01")
    say(at.tower, refuses, state)

    at.deliver()

    assert (became(at, theirs), became(at, queued)) == (reason, reason)
    assert became(at, other) == "accepted"


def test_without_a_merge_a_no_stops_nobody_else(post: Callable[..., Post]) -> None:
    at = post()
    (key,) = at.intend("c00")
    say(at.tower, "c03", "withdrawn")

    at.deliver()

    assert became(at, key) == "accepted"


def test_a_member_who_never_consented_closes_the_person(post: Callable[..., Post]) -> None:
    at = post()
    about(at.tower, "c00", contact_id="new")
    merge(at.tower, "c00", "new")
    (key,) = at.intend("c00")

    at.deliver()

    assert became(at, key) == "consent_missing"


@pytest.mark.parametrize(("written", "key"), [("c03", "c00"), ("c00", "c03")])
def test_what_any_member_got_uses_the_persons_cap(
    post: Callable[..., Post], written: str, key: str
) -> None:
    at = post()
    touched(at.tower, written)
    merge(at.tower, "c00", "c03")
    queued, other = at.intend(key, "c01")

    at.deliver()

    assert (became(at, queued), became(at, other)) == ("cap_reached", "accepted")


def test_what_we_sent_to_one_contact_uses_the_cap_of_the_other(post: Callable[..., Post]) -> None:
    at = post()
    (first,) = at.intend("c03")
    with at.tower.write() as session:
        rows = worlds.holds(first).with_columns(holder=pl.lit("c03"))
        reservations.hold(session, rows, "r1")
    at.deliver()
    merge(at.tower, "c00", "c03")
    (second,) = at.intend("c00")

    at.deliver(later=DAY)

    assert (became(at, first), became(at, second)) == ("accepted", "cap_reached")


@pytest.mark.parametrize("whose", ["theirs", "ours"])
@pytest.mark.parametrize("merged", [True, False])
def test_one_touch_each_is_two_of_the_persons(
    post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch, whose: str, merged: bool
) -> None:
    """Two a week are allowed: neither contact alone has used them up."""
    at = post()
    loaded = at.tower.loaded
    caps = tuple(one.model_copy(update={"at_most": 2}) for one in loaded.policy.caps[:1])
    policy = loaded.policy.model_copy(update={"caps": caps})
    monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))
    for contact in ("c03", "c06"):
        if whose == "theirs":
            touched(at.tower, contact)
        else:
            with at.tower.write() as session:
                rows = worlds.holds(contact).with_columns(holder=pl.lit(contact))
                reservations.hold(session, rows, "r1")
    if merged:
        merge(at.tower, "c00", "c03", "c06")
    (key,) = at.intend("c00")

    at.deliver()

    assert became(at, key) == ("cap_reached" if merged else "accepted")


def test_an_open_complaint_of_one_stops_the_other(post: Callable[..., Post]) -> None:
    at = post()
    told(at.tower, "c03", "complaint")
    merge(at.tower, "c00", "c03")
    (key,) = at.intend("c00")

    at.deliver()

    assert became(at, key) == "open_complaint"


def test_a_deal_of_one_contacts_account_holds_the_other(post: Callable[..., Post]) -> None:
    """c12 is of the account that has a deal open."""
    at = post()
    stage = {"deal_id": "D1", "stage": "contract", "at": START - timedelta(hours=1)}
    at.tower.warehouse.merge("deal_stages", pl.DataFrame([stage]))
    merge(at.tower, "c00", "c12")
    (key,) = at.intend("c00")

    at.deliver()

    assert became(at, key) == "deal_hold"


def test_it_is_night_for_the_person_where_it_is_night_for_any_of_them(
    post: Callable[..., Post],
) -> None:
    """c00 lives in Berlin, c03 in New York: there it is early in the morning."""
    at = post()
    early = at.clock.at = START.replace(hour=10)
    merge(at.tower, "c00", "c03")
    (key,) = at.intend("c00", slot_at=early)

    at.deliver()
    assert at.row(key)["state"] == "intent"
    split(at.tower, "c03")
    at.deliver(later=timedelta(minutes=1))

    assert became(at, key) == "accepted"


NIGHT = {"effect-1": ("c00", 1), "effect-2": ("c03", 12)}


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("merged", [True, False])
def test_who_comes_back_after_a_night_does_not_get_two_in_one_breath_under_two_names(
    post: Callable[..., Post], at_once: int, merged: bool
) -> None:
    """Due 23 and 12 hours ago: far enough apart by their slots, but not by when they go."""
    plain = post(batch=at_once)
    eight = (cap("eight", "email", at_most=1, hours=8),)
    tower = with_policy(plain.tower, caps=eight, quiet_hours=(), spacing=())
    at = Post(tower, plain.clock, plain.twin)
    for key, (contact, hours) in NIGHT.items():
        intended(at, key, START + timedelta(hours=hours), contact)
    if merged:
        merge(at.tower, "c00", "c03")

    at.deliver(later=DAY)
    at.deliver(later=timedelta(minutes=1))

    second = "cap_reached" if merged else "accepted"
    assert [became(at, key) for key in NIGHT] == ["accepted", second]


@pytest.mark.parametrize("merged", [True, False])
def test_what_was_judged_ahead_is_judged_anew_once_another_of_the_person_got_something(
    post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch, merged: bool
) -> None:
    asked: list[list[str]] = []

    def note(tower: Tower, batch: pl.DataFrame, known: Callable[[], pl.DataFrame]) -> Judged:
        asked.append(batch.get_column("effect_id").to_list())
        return judge(tower, batch, known)

    monkeypatch.setattr(passing, "judge", note)
    at = post(KEYED, batch=1)
    if merged:
        merge(at.tower, "c00", "c03")
    first, second = at.intend("c00", "c03")

    at.deliver()

    assert asked == ([[first, second], [second]] if merged else [[first, second]])


def test_a_split_gives_each_contact_its_own_back(post: Callable[..., Post]) -> None:
    at = post()
    say(at.tower, "c03", "withdrawn")
    touched(at.tower, "c03")
    merge(at.tower, "c00", "c03")
    split(at.tower, "c00")
    (key,) = at.intend("c00")

    at.deliver()

    assert became(at, key) == "accepted"
