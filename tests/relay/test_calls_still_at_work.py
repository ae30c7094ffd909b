"""A first call may be at work when a second one ends, and a look-up tells only of its past."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.initialising import import_into
from app.relay import relay as relay_module
from tests.relay.conftest import KEYED, Post
from tests.relay.test_budgets import see
from tests.relay.test_lost_answers import falls_silent
from tests.relay.twin import (
    acts_and_is_not_heard,
    does_nothing_and_is_not_heard,
    is_not_reached,
    refuses,
)
from tools import faultpoints
from tools.ledger import approvals, consents
from tools.ledger.leases import Keeper
from tools.ledger.models import ProviderRow

Build = Callable[..., Post]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def judging_takes(at: Post, seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = relay_module.judge

    def slow(*given: Any) -> Any:
        said = real(*given)
        at.clock.at += timedelta(seconds=seconds)
        return said

    monkeypatch.setattr(relay_module, "judge", slow)


def approvals_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on who approved may not approve any more."""
    real = approvals.standing

    def fell(*given: Any) -> Any:
        return real(*given).with_columns(stands=pl.lit(False), reason=pl.lit("role_lost"))

    monkeypatch.setattr(approvals, "standing", fell)


def test_a_first_call_that_may_still_be_running_is_not_called_off_after_a_second_one_ended(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fence 1 fell silent in its call. Fence 2 repeats under the key and hears nothing; then the
    door stops it. That the second call ended says nothing of the first."""
    at = post(KEYED)
    (key,) = at.intend("c00")
    falls_silent(at, monkeypatch)
    at.twin.modes = [does_nothing_and_is_not_heard]
    at.deliver(timedelta(minutes=1))
    assert at.row(key)["state"] == "unknown"
    assert at.twin.calls == [[key]]

    with at.tower.ledger.write() as session:
        consents.suppress(session, "c00", at.clock.at, "asked", "test")
    at.deliver(HOUR)

    assert (at.row(key)["state"], at.row(key)["parked"]) == ("unknown", True)


def test_a_refusal_is_not_final_while_the_first_call_may_still_be_running(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fence 1 fell silent in its call. Fence 2 finds nothing by look-up, repeats under the key and
    is refused: the first call may yet go through."""
    at = post(KEYED)
    (key,) = at.intend("c00")
    falls_silent(at, monkeypatch)
    at.twin.modes = [refuses]

    at.deliver(timedelta(minutes=1))

    assert at.row(key)["state"] == "unknown"


def test_a_look_up_that_was_too_early_does_not_settle_while_the_second_call_takes_its_time(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up was made a second after adopting; it would have shown the act after a minute.
    Until the refusal of the second call is recorded, that minute is over."""
    at = post(KEYED, settles_seconds=5.0)
    (key,) = at.intend("c00")
    at.dies_at("relay.sent", monkeypatch)
    monkeypatch.setattr(at.twin, "lookup", lambda _: {})

    def slow_refusal(twin: Any, batch: Any) -> Any:
        at.clock.at += timedelta(seconds=6)
        return refuses(twin, batch)

    at.twin.modes = [slow_refusal]
    at.deliver()

    assert at.twin.acts == {key: 1}
    assert at.row(key)["state"] == "unknown"


def test_a_look_up_that_was_too_early_does_not_settle_while_the_door_judges(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, settles_seconds=5.0)
    (key,) = at.intend("c00")
    at.dies_at("relay.sent", monkeypatch)
    monkeypatch.setattr(at.twin, "lookup", lambda _: {})
    with at.tower.ledger.write() as session:
        consents.suppress(session, "c00", at.clock.at, "asked", "test")
    judging_takes(at, 6, monkeypatch)
    at.deliver()

    assert at.twin.acts == {key: 1}
    assert at.row(key)["state"] == "unknown"


@pytest.mark.parametrize("lookup", [True, False])
def test_a_budget_that_was_set_is_not_called_stopped_while_its_platform_shows_the_old_one(
    post: Build, monkeypatch: pytest.MonkeyPatch, lookup: bool
) -> None:
    """The platform acted; the process died before it heard. For a minute the platform shows the
    old amount, and meanwhile the approval fell."""
    at = post(KEYED, settles_seconds=60.0, lookup=lookup)
    see(at, 100_000)
    key = at.intend_budget(120_000)
    at.dies_at("relay.sent", monkeypatch)
    at.twin.shows_late = [100_000]
    approvals_fall(monkeypatch)
    at.deliver(timedelta(seconds=1))

    assert at.twin.budgets["search_ads"] == 120_000
    assert at.row(key)["state"] != "skipped"


def test_a_budget_whose_call_may_still_be_running_is_not_called_off(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED)
    see(at, 100_000)
    key = at.intend_budget(120_000)
    falls_silent(at, monkeypatch)
    approvals_fall(monkeypatch)
    at.deliver(timedelta(minutes=1))

    assert (at.row(key)["state"], at.row(key)["parked"]) == ("unknown", True)


def test_a_key_is_not_used_again_where_it_is_forgotten_by_the_time_the_call_goes_out(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(KEYED, lookup=False, key_hours=24.0)
    at.twin.modes = [acts_and_is_not_heard]
    at.intend("c00")
    at.deliver()
    born = at.clock.at
    judging_takes(at, 3, monkeypatch)
    deliver = at.twin.deliver

    def told(batch: Any, *more: Any) -> Any:
        assert at.clock.at < born + timedelta(hours=24), "handed over under a forgotten key"
        return deliver(batch, *more)

    monkeypatch.setattr(at.twin, "deliver", told)
    at.deliver(timedelta(hours=24) - timedelta(seconds=1))


def test_a_holder_that_showed_life_while_we_waited_for_the_lock_is_not_silent(post: Build) -> None:
    """Its beat of second 29 was seen at second 30; at second 60 it has been silent for 31."""
    at = post()
    ledger = at.tower.ledger
    clock = {"now": 0.0}
    holder = Keeper(ledger, "x", 60.0, monotonic=lambda: clock["now"], holder="there/b/1/1")
    assert holder.take()

    def waits() -> float:
        """Asked the time at second 0, then the lock is waited for; the holder renews meanwhile."""
        if clock["now"] == 0.0:
            clock["now"] = 29.0
            assert holder.take()
            clock["now"] = 30.0
            return 0.0
        return clock["now"]

    taker = Keeper(ledger, "x", 60.0, monotonic=waits, holder="here/b/2/2")
    assert taker.take() is None
    clock["now"] = 60.0
    assert holder.fresh()
    assert taker.take() is None


def test_contacts_that_were_imported_before_the_mark_was_read_are_known_to_the_judge(
    post: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Contacts are read; an import commits and raises the mark; only then the mark is read."""
    at = post(KEYED)
    (key,) = at.intend("c01")
    file = tmp_path / "outcomes.csv"
    when = (at.clock.at - MINUTE).isoformat()
    file.write_text(f"outcome_id,contact_id,kind,at,source\no-1,c01,complaint,{when},service\n")
    real = relay_module.judge
    done: list[int] = []

    def judge(*given: Any) -> Any:
        if not done:
            done.append(1)
            import_into(at.tower, "outcomes", file)
        return real(*given)

    monkeypatch.setattr(relay_module, "judge", judge)
    at.deliver()

    assert at.twin.calls == []
    assert at.row(key)["reason"] == "open_complaint"


def test_what_the_guard_refuses_closes_no_circuit(
    post: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five calls were not reached, the circuit is open. When its time has come the permit runs out
    before the call: nobody was called, so nothing was learned of the provider."""
    at = post(KEYED)
    at.intend("c00")
    at.twin.modes = [is_not_reached] * 5
    for _ in range(5):
        at.deliver(11 * MINUTE)
    calls = len(at.twin.calls)
    assert calls == 5

    def failures() -> int:
        with at.tower.ledger.read() as session:
            row = session.get(ProviderRow, "twin")
            assert row is not None
            return row.failures

    assert failures() == 5

    def sleeps(point: str, _: str) -> None:
        if point == "relay.claimed":
            at.clock.at += 5 * MINUTE

    monkeypatch.setattr(faultpoints, "strike", sleeps)
    at.deliver(20 * MINUTE)

    assert len(at.twin.calls) == calls
    assert failures() == 5
