"""No random timeline breaks a limit, and the checker would see it if one did."""

from typing import get_args

import polars as pl
import pytest

from domain.periods import DAYS
from evals.timelines.drawing import draw
from evals.timelines.report import run
from evals.timelines.ruling import Bug
from graph import facts, limits_at_commit

SEEDS = (8, 9)
"""One under each set of rules."""


def test_a_sample_of_the_timelines_breaks_no_limit_and_meets_them_all() -> None:
    reports = [run(200, seed, batch=200) for seed in SEEDS]

    assert sum(one.violations.total() for one in reports) == 0
    assert all(one.allowed > 300 for one in reports)
    for reason in ("cap_reached", "spacing", "quiet_hours", "consent_withdrawn"):
        assert sum(one.refused[reason] for one in reports) > 0
    for reason in ("objected", "blackout_date", "reply_pause", "ignored"):
        assert sum(one.refused[reason] for one in reports) > 0
    assert sum(one.refused["taken_meanwhile"] for one in reports) > 0


@pytest.mark.parametrize("bug", get_args(Bug))
def test_a_protection_less_is_noticed_by_the_checker(bug: Bug) -> None:
    found = run(200, 9, bug, 200).violations

    named = {"quiet": "quiet hours", "reserving": "cap", "door": "consent"}.get(bug, bug)
    assert any(kind.startswith(named) for kind in found)


def test_a_day_that_is_the_one_in_utc_is_noticed_by_the_checker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def in_utc(rows: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
        day = pl.col("at").dt.date()
        return rows.with_columns(day.alias(name) for name in DAYS)

    for module in (facts, limits_at_commit):
        monkeypatch.setattr(module, "with_days", in_utc)
    found = run(200, 9, None, 200).violations

    assert {kind.split()[0] for kind in found} == {"calendar"}


def test_the_same_seed_draws_the_same() -> None:
    assert draw(40, 3).asks.equals(draw(40, 3).asks)
    assert not draw(40, 3).asks.equals(draw(40, 4).asks)
