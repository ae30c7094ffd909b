"""Replies, silence, what went before and what is held: of one contact, for all of the person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

import polars as pl
import pytest

from evals.faults.world import START
from graph.ignoring import ignored_at
from graph.in_force import InForce
from graph.limits_at_commit import other_touches
from graph.opening import open_run, pins_of
from graph.orders import given_at
from graph.replies import replies_at
from policies.touch_limits import IgnorePause, ReplyPause
from tests.identity.merging import DAY, merge, told, touched
from tests.ledger_storage import worlds
from tests.policies.test_orders import separation
from tests.relay.conftest import Post
from tools.ledger import reservations
from tools.ledger.models import FeedbackRow

SAID: Final[dict[str, Any]] = {
    "owner": "sales lead",
    "reason": "made up",
    "since": date(2026, 1, 1),
}
REPLY = ReplyPause(name="answer_first", channels=("email",), days=7, **SAID)
IGNORE = IgnorePause(
    name="silence", channels=("email",), after=3, within_days=10, pause_days=30, **SAID
)
Ruled = Callable[..., Post]


@pytest.fixture
def ruled(post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch) -> Ruled:
    """A post under a policy without caps, with these rules."""

    def build(**rules: Any) -> Post:
        at = post()
        loaded = at.tower.loaded
        policy = loaded.policy.model_copy(update={"caps": (), "spacing": (), **rules})
        monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))
        return at

    return build


def whose(rows: pl.DataFrame) -> set[str]:
    return set(rows.get_column("contact_id").unique())


def became(at: Post, contact: str) -> str:
    """What became of a message to the contact."""
    (key,) = at.intend(contact)
    at.deliver()
    row = at.row(key)
    return row["state"] if row["state"] == "accepted" else str(row["reason"])


@pytest.mark.parametrize("merged", [True, False])
def test_a_reply_of_one_contact_pauses_the_person(ruled: Ruled, merged: bool) -> None:
    at = ruled(reply_pauses=(REPLY,))
    told(at.tower, "c03", "reply")
    if merged:
        merge(at.tower, "c00", "c03")

    assert became(at, "c00") == ("reply_pause" if merged else "accepted")


@pytest.mark.parametrize("merged", [True, False])
def test_what_two_contacts_ignored_between_them_the_person_ignored(
    ruled: Ruled, merged: bool
) -> None:
    """Two of the three were written to the one, one to the other."""
    at = ruled(ignore_pauses=(IGNORE,))
    for contact, number, days in (("c00", 1, 5), ("c03", 1, 4), ("c03", 2, 3)):
        touched(at.tower, contact, number, at=START - days * DAY)
    if merged:
        merge(at.tower, "c00", "c03")

    assert became(at, "c00") == ("ignored" if merged else "accepted")


def test_what_one_contact_answered_does_not_lift_the_pause_of_another(ruled: Ruled) -> None:
    """Cautious both ways: c03 alone ignored three, c00 clicked since."""
    at = ruled(ignore_pauses=(IGNORE,))
    for number in (1, 2, 3):
        touched(at.tower, "c03", number, at=START - (6 - number) * DAY)
    told(at.tower, "c00", "click", at=START - DAY)
    merge(at.tower, "c00", "c03")

    assert became(at, "c00") == "ignored"


@pytest.mark.parametrize("merged", [True, False])
def test_what_one_contact_got_keeps_the_other_treatment_from_the_person(
    ruled: Ruled, merged: bool
) -> None:
    names = {
        "first_themes": (),
        "first_treatments": ("launch_mail",),
        "other_treatments": ("spring_mail",),
    }
    at = ruled(separations=(separation(**names),))
    touched(at.tower, "c03", treatment_id="launch_mail")
    if merged:
        merge(at.tower, "c00", "c03")

    assert (became(at, "c00") == "accepted") is not merged


@pytest.mark.parametrize("merged", [True, False])
def test_what_our_touches_of_a_merged_contact_took_is_taken_when_a_run_commits(
    post: Callable[..., Post], merged: bool
) -> None:
    at = post()
    at.intend("c03")
    with at.tower.write() as session:
        rows = worlds.holds("e-c03").with_columns(holder=pl.lit("c03"))
        reservations.hold(session, rows, "r1")
    touched(at.tower, "c06")
    if merged:
        merge(at.tower, "c00", "c03", "c06")

    pins = pins_of(at.tower, open_run(at.tower, "law", "one"))
    holders = other_touches(at.tower, pins).get_column("holder").to_list()

    assert holders.count("c00") == (2 if merged else 0)


def test_a_reply_is_the_persons_whoever_told_of_it(ruled: Ruled) -> None:
    """One reply was imported, the other told by a provider."""
    at = ruled(reply_pauses=(REPLY,))
    told(at.tower, "c03", "reply")
    tells_of_a_reply(at, "c06")
    merge(at.tower, "c00", "c03", "c06")

    replies = replies_at(at.tower, START)

    assert replies.height == 2
    assert whose(replies) == {"c00"}


def tells_of_a_reply(at: Post, contact: str) -> None:
    row = FeedbackRow(
        provider="twin",
        event_id="e1",
        kind="replied",
        contact_id=contact,
        at=START - DAY,
        received_at=START,
        state="applied",
        body="{}",
    )
    with at.tower.write() as session:
        session.add(row)


def test_asked_about_one_contact_what_the_others_of_the_person_got_is_read(ruled: Ruled) -> None:
    names = {"first_themes": (), "first_treatments": ("of_theirs",)}
    at = ruled(ignore_pauses=(IGNORE,), separations=(separation(**names),))
    for number in (1, 2, 3):
        touched(at.tower, "c03", number, at=START - (6 - number) * DAY)
    merge(at.tower, "c00", "c03")

    assert whose(ignored_at(at.tower, START, ["c00"])) == {"c00"}
    assert whose(given_at(at.tower, START, ["c00"])) == {"c00"}
