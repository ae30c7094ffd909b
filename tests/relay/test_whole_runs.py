"""A run and its deliveries: killed around its commit, and its budgets taken back."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import review_desk, running
from app.compose import House
from app.effect_desk import page, take_back
from app.learning import Learner
from evals.faults.world import SCHEDULE, SLOT, START, Ledgers, make_world, open_at
from tests.relay.conftest import KEYED, Hands, Killed, Post
from tests.relay.twin import Mode, Twin, refuses
from tools import faultpoints
from tools.ledger import effects


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is decided and about to be committed."""
    folder = tmp_path_factory.mktemp("ready")
    make_world(folder, Ledgers())
    return folder / "ready"


@pytest.fixture
def at(ready: Path, tmp_path: Path) -> Iterator[Post]:
    shutil.copytree(ready, tmp_path / "workspace")
    house = open_at(tmp_path / "workspace", Hands(START))
    assert isinstance(house.tower.clock, Hands)
    yield Post(house.tower, house.tower.clock, Twin(KEYED))
    house.tower.ledger.engine.dispose()


def house_of(at: Post) -> House:
    """The house as a new process opens it."""
    opened = open_at(at.tower.workspace.folder, at.clock)
    return replace(opened, relay=at.relay, learner=Learner(opened.tower, at.twin))


def run(at: Post) -> House:
    house = house_of(at)
    running.run(house, SCHEDULE, SLOT, at.words.append)
    return house


def approve_all(house: House) -> None:
    for shown in review_desk.waiting(house):
        for person in ("rita", "ravi", "rosa"):
            review_desk.decide(house, shown["packet_id"], "approve", person, None)


@pytest.mark.parametrize("point", ["run.committing", "run.committed"])
def test_F1_killed_around_the_commit_nothing_is_sent_before_and_each_thing_once_after(
    at: Post, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strike(reached: str, _: str) -> None:
        if reached == point:
            raise Killed(point)

    with monkeypatch.context() as patch:
        patch.setattr(faultpoints, "strike", strike)
        with pytest.raises(Killed):
            run(at)
    assert at.twin.calls == []

    house = run(at)
    approve_all(house)
    for _ in range(4):
        at.deliver(timedelta(hours=4))

    assert set(at.twin.acts.values()) == {1}
    done = effects.in_states(at.tower.ledger, ("accepted",)).get_column("effect_id")
    assert set(at.twin.acts) == set(done)
    assert done.len() > 3


def a_budget_set(at: Post) -> tuple[House, dict[str, Any]]:
    """A budget of the run that its platform accepted, with what it showed before."""
    at.twin.budgets = {"search_ads": 150_000, "social_ads": 150_000}
    at.relay.look()
    house = run(at)
    approve_all(house)
    at.deliver()
    return house, effects.budgets_set(at.tower.ledger).row(0, named=True)


def test_what_a_platform_shows_before_a_run_is_what_its_budgets_are_set_against(
    house: House, post: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = post()
    at.twin.budgets = {"search_ads": 150_000}
    monkeypatch.setattr(running, "decide", lambda *_: {})

    running.run(replace(house, relay=at.relay, learner=Learner(at.tower, at.twin)), "s", "1", print)
    key = at.intend_budget(120_000)

    assert at.row(key)["seen_amount"] == 150_000


def test_a_budget_is_taken_back_by_an_effect_of_its_own(at: Post) -> None:
    house, row = a_budget_set(at)
    campaign = row["campaign_id"]

    said = take_back(house, row["effect_id"], "rita")
    assert said["accepted"], said
    assert not take_back(house, row["effect_id"], "rita")["accepted"]
    at.deliver(timedelta(minutes=1))

    assert at.twin.budgets[campaign] == 150_000
    assert page(house, row["effect_id"])["taken_back_by"][0]["undone"] == "undone"


def test_F16_where_taking_back_fails_it_is_shown_as_not_undone_and_can_be_tried_again(
    at: Post,
) -> None:
    house, row = a_budget_set(at)
    take_back(house, row["effect_id"], "rita")
    modes: list[Mode] = [refuses]
    at.twin.modes = modes

    at.deliver(timedelta(minutes=1))

    shown = page(house, row["effect_id"])["taken_back_by"]
    assert [(one["undone"], one["state"]) for one in shown] == [("not undone", "failed")]
    assert take_back(house, row["effect_id"], "rita")["accepted"]
    at.deliver(timedelta(minutes=1))
    assert at.twin.budgets[row["campaign_id"]] == 150_000


def test_a_budget_that_somebody_changed_since_is_not_taken_back(at: Post) -> None:
    house, row = a_budget_set(at)
    take_back(house, row["effect_id"], "rita")
    at.twin.budgets[row["campaign_id"]] = 99_000

    for _ in range(4):
        at.deliver(timedelta(hours=1))

    assert at.twin.budgets[row["campaign_id"]] == 99_000
    assert page(house, row["effect_id"])["taken_back_by"][0]["undone"] == "not undone"
