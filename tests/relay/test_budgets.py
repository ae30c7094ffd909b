"""Budgets: one change, read back; what somebody changed in the platform meanwhile is left alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.relay.conftest import KEYED, LOOKED_UP, NEITHER, Post
from tests.relay.twin import acts_and_is_not_heard, does_nothing_and_is_not_heard
from tools.connectors.protocols import Terms
from tools.ledger import budgets_seen
from tools.ledger.models import BudgetSeenRow

Build = Callable[..., Post]
HOUR = timedelta(hours=1)


def see(at: Post, amount: int, campaign: str = "search_ads") -> None:
    at.twin.budgets[campaign] = amount
    with at.tower.ledger.write() as session:
        budgets_seen.see(session, campaign, amount, at.clock.at)


@pytest.mark.parametrize("terms", [KEYED, LOOKED_UP, NEITHER], ids=["keys", "looks", "none"])
@pytest.mark.parametrize("point", ["relay.claimed", "relay.sent"])
def test_F12_killed_around_the_call_a_budget_is_set_once(
    post: Build, terms: Terms, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post(terms)
    see(at, 100_000)
    key = at.intend_budget(120_000)

    at.dies_at(point, monkeypatch)
    for _ in range(3):
        at.deliver(HOUR)

    assert at.twin.budgets["search_ads"] == 120_000
    assert at.twin.acts == {key: 1}
    assert at.states() == {key: "accepted"}


def test_F12_an_amount_that_is_there_already_is_not_set_again(post: Build) -> None:
    at = post()
    see(at, 120_000)
    key = at.intend_budget(120_000)

    at.deliver()

    assert at.states() == {key: "accepted"}
    assert at.twin.calls == []


def test_F13_an_old_value_shown_for_a_while_is_read_again_and_nothing_is_written_again(
    post: Build,
) -> None:
    at = post()
    see(at, 100_000)
    key = at.intend_budget(120_000)
    at.twin.shows_late = [100_000, 100_000, 100_000]

    at.deliver()

    assert at.states() == {key: "accepted"}
    assert at.twin.calls == [[key]]


def test_F13_shown_for_longer_it_is_looked_into_later_and_not_written_again(post: Build) -> None:
    at = post(KEYED, settles_seconds=30.0)
    see(at, 100_000)
    key = at.intend_budget(120_000)
    at.twin.shows_late = [100_000] * 4

    at.deliver()
    assert at.row(key)["reason"] == "reconciling"
    at.deliver(HOUR)

    assert at.states() == {key: "accepted"}
    assert at.twin.calls == [[key]]


def test_F14_what_somebody_changed_in_the_platform_is_left_alone(post: Build) -> None:
    at = post()
    see(at, 100_000)
    key = at.intend_budget(120_000)
    at.twin.budgets["search_ads"] = 90_000

    for _ in range(4):
        at.deliver(HOUR)

    assert (at.row(key)["state"], at.row(key)["reason"]) == ("failed", "changed_elsewhere")
    assert at.twin.budgets["search_ads"] == 90_000
    assert at.twin.calls == []
    with at.tower.ledger.read() as session:
        asked = select(BudgetSeenRow.amount).where(BudgetSeenRow.campaign_id == "search_ads")
        assert session.exec(asked).all() == [90_000]


def test_a_lost_answer_of_a_budget_is_read_from_the_platform(post: Build) -> None:
    at = post(NEITHER)
    see(at, 100_000)
    at.twin.modes = [acts_and_is_not_heard]
    key = at.intend_budget(120_000)

    at.deliver()
    at.deliver(HOUR)

    assert at.twin.acts == {key: 1}
    assert at.states() == {key: "accepted"}


def test_a_budget_whose_first_setting_did_nothing_is_set_once_more(post: Build) -> None:
    at = post(LOOKED_UP)
    see(at, 100_000)
    at.twin.modes = [does_nothing_and_is_not_heard]
    key = at.intend_budget(120_000)

    at.deliver()
    at.deliver(HOUR)

    assert at.states() == {key: "accepted"}
    assert at.twin.budgets["search_ads"] == 120_000


def test_a_platform_that_can_not_be_read_gets_nothing(post: Build) -> None:
    at = post()
    see(at, 100_000)
    key = at.intend_budget(120_000)
    at.twin.blind = True

    at.deliver()

    assert at.twin.calls == []
    assert at.states() == {key: "intent"}
