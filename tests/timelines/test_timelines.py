"""No random timeline breaks a limit, and the checker would see it if one did."""

from typing import get_args

import pytest

from evals.timelines.drawing import draw
from evals.timelines.living import Bug
from evals.timelines.report import run

SEEDS = (8, 9)
"""One under each set of rules."""


def test_a_sample_of_the_timelines_breaks_no_limit_and_meets_them_all() -> None:
    reports = [run(200, seed, batch=200) for seed in SEEDS]

    assert sum(one.violations.total() for one in reports) == 0
    assert all(one.allowed > 300 for one in reports)
    for reason in ("cap_reached", "spacing", "quiet_hours", "consent_withdrawn"):
        assert sum(one.refused[reason] for one in reports) > 0
    for reason in ("objected", "blackout_date", "reply_pause"):
        assert sum(one.refused[reason] for one in reports) > 0
    assert sum(one.refused["taken_meanwhile"] for one in reports) > 0


@pytest.mark.parametrize("bug", get_args(Bug))
def test_a_protection_less_is_noticed_by_the_checker(bug: Bug) -> None:
    found = run(200, 9, bug, 200).violations

    named = {"quiet": "quiet hours", "reserving": "cap", "door": "consent"}.get(bug, bug)
    assert any(kind.startswith(named) for kind in found)


def test_the_same_seed_draws_the_same() -> None:
    assert draw(40, 3).asks.equals(draw(40, 3).asks)
    assert not draw(40, 3).asks.equals(draw(40, 4).asks)
