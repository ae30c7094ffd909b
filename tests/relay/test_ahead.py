"""Judging ahead: many are judged together, each is delivered at its turn, and a change in between
is never missed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from app.initialising import import_into
from app.learning import Learner
from app.relay import ahead
from app.relay import relay as passing
from tests.relay.conftest import KEYED, Post
from tools import faultpoints
from tools.connectors.responses import EMPTY
from tools.ledger import consents, controls, doormark
from tools.ledger.database import Ledger

Build = Callable[..., Post]
CONTACTS = tuple(f"c{n:02d}" for n in range(8))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The effects of each judging, in turn."""
    found: list[list[str]] = []
    judge = passing.judge

    def note(tower: object, batch: pl.DataFrame, contacts: pl.DataFrame) -> object:
        found.append(batch.get_column("effect_id").to_list())
        return judge(tower, batch, contacts)  # type: ignore[arg-type]

    monkeypatch.setattr(passing, "judge", note)
    return found


def mark_of(ledger: Ledger) -> int:
    with ledger.read() as session:
        return doormark.mark(session)


def after_the_first_call(
    at: Post, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> None:
    def strike(point: str, _: str) -> None:
        if point == "relay.sent" and not done:
            done.append(point)
            act()

    done: list[str] = []
    monkeypatch.setattr(faultpoints, "strike", strike)


def test_a_provider_that_takes_one_at_a_time_has_its_queue_judged_once(
    post: Build, judged: list[list[str]]
) -> None:
    at = post(KEYED, batch=1)
    ids = at.intend(*CONTACTS)

    at.deliver()

    assert at.twin.calls == [[one] for one in ids]
    assert judged == [ids]


def test_no_more_are_judged_together_than_is_worth_it(
    post: Build, judged: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "TOGETHER", 3)
    at = post(KEYED, batch=1)
    ids = at.intend(*CONTACTS)

    at.deliver()

    assert judged == [ids[:3], ids[3:6], ids[6:]]
    assert set(at.states().values()) == {"accepted"}


def test_what_falls_due_within_the_minute_was_judged_with_what_is_due(
    post: Build, judged: list[list[str]]
) -> None:
    at = post()
    (now,) = at.intend("c00")
    (soon,) = at.intend("c01", slot_at=at.clock.at + MINUTE / 2)
    (later,) = at.intend("c02", slot_at=at.clock.at + 2 * MINUTE)

    at.deliver()
    at.deliver(MINUTE / 2)
    at.deliver(2 * MINUTE)

    assert judged == [[now, soon], [later]]
    assert set(at.states().values()) == {"accepted"}


def test_a_withdrawal_stops_an_effect_that_was_judged_ahead(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, batch=1)
    first, second, third = at.intend("c00", "c01", "c02")

    def withdraw() -> None:
        with at.tower.ledger.write() as session:
            consents.withdraw(session, "c01", "email", "marketing", at.clock.at, "link")

    after_the_first_call(at, monkeypatch, withdraw)
    at.deliver()

    assert at.twin.calls == [[first], [third]]
    assert at.row(second)["reason"] == "consent_withdrawn"


def test_a_pause_holds_effects_that_were_judged_ahead(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, batch=1)
    first, *rest = at.intend(*CONTACTS)

    def pause() -> None:
        with at.tower.ledger.write() as session:
            controls.pause(session, "channel", "email", "olga", "wait", at.clock.at)

    after_the_first_call(at, monkeypatch, pause)
    done = at.deliver()

    assert at.twin.calls == [[first]]
    assert done.waiting == len(rest)


def test_what_was_judged_ahead_is_judged_anew_after_a_minute(
    post: Build, judged: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, batch=1)
    first, second = at.intend("c00", "c01")

    def sleep() -> None:
        at.clock.at += timedelta(hours=9)

    after_the_first_call(at, monkeypatch, sleep)
    at.deliver()

    assert judged == [[first, second], [second]]


def test_a_clock_that_was_set_back_has_what_is_left_judged_anew(
    post: Build, judged: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, batch=1)
    first, second = at.intend("c00", "c01")

    def set_back() -> None:
        at.clock.at -= MINUTE / 4

    after_the_first_call(at, monkeypatch, set_back)
    at.deliver()

    assert judged == [[first, second], [second]]


def test_what_came_since_is_judged_before_it_goes(post: Build, judged: list[list[str]]) -> None:
    at = post()
    at.intend("c00")
    at.deliver()
    with at.tower.ledger.write() as session:
        consents.withdraw(session, "c01", "email", "marketing", at.clock.at, "link")
    (late,) = at.intend("c01")

    at.deliver(MINUTE / 4)

    assert judged[-1] == [late]
    assert at.row(late)["reason"] == "consent_withdrawn"


def test_what_was_not_clear_is_judged_anew_at_its_turn(
    post: Build, judged: list[list[str]]
) -> None:
    at = post()
    (key,) = at.intend("c00")
    with at.tower.ledger.write() as session:
        controls.pause(session, "channel", "email", "olga", "wait", at.clock.at)
    at.deliver()

    at.deliver(MINUTE / 4)

    assert judged == [[key], [key]]
    assert at.states() == {key: "intent"}


def test_an_import_raises_the_mark_of_the_door(post: Build, tmp_path: Path) -> None:
    at = post()
    before = mark_of(at.tower.ledger)
    file = tmp_path / "people.csv"
    file.write_text("person_id,name,role\nnora,Nora,ae\n")

    import_into(at.tower, "people", file)

    assert mark_of(at.tower.ledger) > before


def test_an_import_during_a_pass_is_known_to_what_is_judged_after_it(
    post: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Contacts are read once a pass: what was imported meanwhile raised the mark, and was judged
    anew by what had been known before."""
    at = post(KEYED, batch=1)
    first, second = at.intend("c00", "c01")
    file = tmp_path / "outcomes.csv"
    when = (at.clock.at - MINUTE).isoformat()
    file.write_text(f"outcome_id,contact_id,kind,at,source\no-1,c01,complaint,{when},service\n")

    def complain() -> None:
        import_into(at.tower, "outcomes", file)

    after_the_first_call(at, monkeypatch, complain)
    at.deliver()

    assert at.twin.calls == [[first]]
    assert at.row(second)["reason"] == "open_complaint"


def test_an_outcome_that_is_told_anew_as_another_raises_the_mark(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    marks = []
    for kind in ("click", "won", "won"):
        row = {"outcome_id": "o-1", "contact_id": "c01", "kind": kind, "at": at.clock.at}
        told = pl.DataFrame([{**row, "source": "twin"}], schema=EMPTY)
        monkeypatch.setattr(at.twin, "outcomes_until", lambda _, told=told: told)
        Learner(at.tower, at.twin).learn()
        marks.append(mark_of(at.tower.ledger))

    assert marks[0] < marks[1] == marks[2]
