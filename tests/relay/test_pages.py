"""What is due is worked off in pages: nothing is left out, nothing comes twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from evals.faults.world import START
from tests.relay.conftest import Post
from tools.ledger import effects


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_pages_hold_everything_that_is_due_once_oldest_first(
    post: Callable[..., Post], page: int
) -> None:
    at = post()
    late = at.intend("c05", slot_at=START + timedelta(hours=1))
    early = at.intend("c02", "c00", "c01", slot_at=START - timedelta(hours=1))
    now = at.intend("c04", "c03")

    pages = [*effects.due(at.tower.ledger, START, page)]

    found = [key for rows in pages for key in rows["effect_id"]]
    assert found == sorted(early) + sorted(now)
    assert effects.count_due(at.tower.ledger, START) == 5
    assert late[0] not in found


def test_a_page_whose_effects_move_on_does_not_move_the_next(post: Callable[..., Post]) -> None:
    at = post()
    at.intend(*(f"c{n:02d}" for n in range(7)))
    found = []

    for rows in effects.due(at.tower.ledger, START, 2):
        found += rows["effect_id"].to_list()
        at.deliver()

    assert len(found) == 2
    assert set(at.states().values()) == {"accepted"}
