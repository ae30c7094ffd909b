"""Who did nothing about the last touches is left alone for a while; any reaction ends it."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reasons import findings_of
from domain.tables import INSTANT
from graph.ignoring import ignored
from policies.judging import judge
from policies.sense import problems
from policies.touch_limits import IgnorePause
from tests.graph_facts.guarding import CALL, against
from tests.policies.worlds import NOON, SAID, facts_of, sample_policy

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)


def pause(*channels: str, **change: Any) -> IgnorePause:
    """Three e-mails in 10 days without a reaction: a rest of 30 days."""
    said = {"name": "silence", "channels": channels or ("email",), "after": 3}
    return IgnorePause.model_validate(
        {**SAID, **said, "within_days": 10, "pause_days": 30, **change}
    )


POLICY = sample_policy(ignore_pauses=(pause(),))


def until(
    *touched: datetime, reacted: list[datetime] | None = None, rule: IgnorePause | None = None
) -> datetime | None:
    """Until when ada rests, who was sent e-mails at these instants."""
    touches = pl.DataFrame(
        [("ada", "email", at) for at in touched],
        schema={"contact_id": pl.String, "channel": pl.String, "at": INSTANT},
        orient="row",
    )
    reactions = pl.DataFrame(
        [("ada", at) for at in reacted or []],
        schema={"contact_id": pl.String, "at": INSTANT},
        orient="row",
    )
    found = ignored(rule or pause(), touches, reactions)
    return found.item(0, "until") if found.height else None


def days(*numbers: float) -> list[datetime]:
    return [NOON + number * DAY for number in numbers]


def test_the_third_touch_without_a_reaction_begins_a_rest_of_so_many_days() -> None:
    assert until(*days(0, 1)) is None
    assert until(*days(0, 1, 2)) == NOON + 32 * DAY
    assert until(*days(0, 1, 2, 5)) == NOON + 35 * DAY


def test_touches_further_apart_than_the_days_do_not_count_together() -> None:
    assert until(*days(0, 1, 10)) == NOON + 40 * DAY
    assert until(NOON, NOON + DAY, NOON + 10 * DAY + MOMENT) is None


def test_a_rest_that_began_does_not_end_since_a_later_touch_stands_alone() -> None:
    assert until(*days(0, 1, 2, 20)) == NOON + 32 * DAY


@pytest.mark.parametrize(
    ("reacted", "rests"),
    [(0.0, True), (0.1, False), (1.5, False), (9.0, False), (-1.0, True)],
)
def test_any_reaction_after_the_first_of_the_touches_lifts_it(reacted: float, rests: bool) -> None:
    assert (until(*days(0, 1, 2), reacted=days(reacted)) is not None) is rests


def test_after_a_reaction_three_more_touches_are_needed() -> None:
    assert until(*days(0, 1, 2, 4, 5), reacted=days(3)) is None
    assert until(*days(0, 1, 2, 4, 5, 6), reacted=days(3)) == NOON + 36 * DAY


def test_one_ignored_touch_is_enough_where_the_policy_says_so() -> None:
    assert until(NOON, rule=pause(after=1)) == NOON + 30 * DAY


def test_touches_on_other_channels_do_not_count() -> None:
    assert until(*days(0, 1, 2), rule=pause("call")) is None
    assert until(*days(0, 1, 2), rule=pause("call", "email")) == NOON + 32 * DAY


TIMES = st.lists(st.integers(0, 60), max_size=8)


@given(TIMES, TIMES, st.integers(1, 4), st.integers(1, 20))
def test_the_rest_is_that_of_a_count_by_hand(
    touched: list[int], reacted: list[int], after: int, within: int
) -> None:
    rule, ends = pause(after=after, within_days=within), []
    for place in range(after - 1, len(touched)):
        first, last = sorted(touched)[place - after + 1], sorted(touched)[place]
        if last - first <= within and not any(day > first for day in reacted):
            ends.append(NOON + (last + 30) * DAY)

    assert until(*days(*touched), reacted=days(*reacted), rule=rule) == max(ends, default=None)


def found(until: datetime | None, **cell: Any) -> set[str]:
    return against(cell, POLICY, ignored=[] if until is None else [("ada", "silence", until)])


def test_until_its_end_nothing_that_sells_goes_there_on_those_channels() -> None:
    assert found(None) == set()
    assert found(NOON + MOMENT) == {"ignored"}
    assert found(NOON) == set()
    assert found(NOON + DAY, at=NOON + DAY) == set()
    assert found(NOON + DAY, contact_id="bob") == set()
    assert found(NOON + DAY, **CALL) == set()


@pytest.mark.parametrize("spared", ["mandatory", "transactional", "inbound_response", "one_to_one"])
def test_what_does_not_sell_goes_on(spared: str) -> None:
    assert found(NOON + DAY, **{"class": spared}) == set()


def test_where_nobody_looked_nothing_that_sells_goes() -> None:
    unlooked = facts_of({})

    bits = judge(unlooked, POLICY, NOON)
    looked = judge(unlooked.with_columns(ignored_silence=pl.lit(False)), POLICY, NOON)

    assert set(findings_of(bits[0])) == {"ignored", "fact_missing"}
    assert looked[0] == 0


def test_a_pause_of_no_channel_is_refused() -> None:
    said = [
        one.said
        for rules in ((pause().model_copy(update={"channels": ()}),), (pause(),))
        for one in problems(sample_policy(ignore_pauses=rules))
    ]

    assert sum("names no channel, so it stops nothing" in one for one in said) == 1
